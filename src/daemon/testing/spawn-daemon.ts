import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { envNameOf } from '../../core/config/index.ts';

const PROGRAM = join(import.meta.dirname, '../../../bin/realms.ts');
const READY = /realms serves (http:\/\/\S+)\/v1/;

/** The daemon as a process of its own, that can be killed. */
export interface SpawnedDaemon {
  readonly process: ChildProcess;
  readonly url: string;
  /** Ends it without warning and waits until it is gone. */
  kill(): Promise<void>;
}

/** Starts the program from its sources and waits until it serves. @throws with what it said when it ends instead. */
export async function spawnDaemon(config: Readonly<Record<string, string>>): Promise<SpawnedDaemon> {
  const env: NodeJS.ProcessEnv = { PATH: process.env['PATH'] };
  for (const [key, value] of Object.entries(config)) env[envNameOf(key)] = value;
  const args = ['--import', 'tsx', PROGRAM, 'serve'];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  while (!READY.test(said)) {
    await Promise.race([once(child.stderr, 'data'), once(child, 'close')]);
    if (child.exitCode !== null) throw new Error(`the daemon ended with ${child.exitCode}: ${said}`);
  }
  return {
    process: child,
    url: READY.exec(said)?.[1] ?? '',
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'close');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
