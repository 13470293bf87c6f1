import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { envNameOf } from '../../core/config/index.ts';

const BIN = join(import.meta.dirname, '../../../bin');
const READY = /realms serves (http:\/\/\S+)\/v1/;
/** From the sources it is never out of date; the built one starts in a fraction of the time. */
const PROGRAMS = { sources: ['--import', 'tsx', join(BIN, 'realms.ts')], built: [join(BIN, 'realms')] } as const;

export interface SpawnOptions {
  /** `sources` unless said. */
  readonly program?: keyof typeof PROGRAMS;
}

/** The daemon as a process of its own, that can be killed. */
export interface SpawnedDaemon {
  readonly process: ChildProcess;
  readonly url: string;
  /** Lines of its log that tell of an error. */
  readonly errors: readonly string[];
  /** Ends it without warning and waits until it is gone. */
  kill(): Promise<void>;
  /** Asks it to end, and resolves to its exit code. */
  stop(): Promise<number | null>;
}

/** Starts the program and waits until it serves. @throws with what it said when it ends instead. */
export async function spawnDaemon(
  config: Readonly<Record<string, string>>,
  options: SpawnOptions = {},
): Promise<SpawnedDaemon> {
  const child = spawnServe(config, options);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const errors: string[] = [];
  createInterface(child.stdout).on('line', (line) => {
    if (line.startsWith('{"level":"error"')) errors.push(line);
  });
  while (!READY.test(said)) {
    await Promise.race([once(child.stderr, 'data'), once(child, 'close')]);
    if (child.exitCode !== null) {
      throw new Error(`the daemon ended with ${child.exitCode}: ${[said, ...errors].join('\n')}`);
    }
  }
  return {
    process: child,
    url: READY.exec(said)?.[1] ?? '',
    errors,
    kill: () => end(child, 'SIGKILL'),
    async stop() {
      await end(child, 'SIGTERM');
      return child.exitCode;
    },
  };
}

/** Starts the program and ends it without warning after a while, wherever it is by then. @throws when it ended itself. */
export async function killWhileStarting(
  config: Readonly<Record<string, string>>,
  afterMs: number,
  options: SpawnOptions = {},
): Promise<void> {
  const child = spawnServe(config, options);
  child.stdout.resume();
  child.stderr.resume();
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  await end(child, 'SIGKILL');
  if (child.exitCode !== null) throw new Error(`the daemon ended with ${child.exitCode} while it started`);
}

/** With nothing of this process's own environment but the way to programs. */
function spawnServe(config: Readonly<Record<string, string>>, { program = 'sources' }: SpawnOptions) {
  const env: NodeJS.ProcessEnv = { PATH: process.env['PATH'] };
  for (const [key, value] of Object.entries(config)) env[envNameOf(key)] = value;
  return spawn(process.execPath, [...PROGRAMS[program], 'serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'close');
  child.kill(signal);
  await gone;
}
