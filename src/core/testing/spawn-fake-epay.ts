import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { CONTROL_PATH, type ControlAnswer } from './fake-epay/server.ts';
import type { FakeEpay, FakeEpayOptions, FakeEpayVerbs } from './fake-epay.ts';

/** The same gateway in a process of its own, which outlives whatever is killed beside it. */
export interface SpawnedFakeEpay extends FakeEpayVerbs, Pick<FakeEpay, 'url' | 'pid' | 'key' | 'close'> {
  secretsV2(): Promise<FakeEpay['secretsV2']>;
}

const PROGRAM = fileURLToPath(new URL('./fake-epay-process.ts', import.meta.url));

/** Starts it and waits until it serves. @throws with what it said when it ends instead. */
export async function spawnFakeEpay(options: Omit<FakeEpayOptions, 'clock'> = {}): Promise<SpawnedFakeEpay> {
  const command = ['--import', 'tsx', PROGRAM, JSON.stringify(options)];
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done) throw new Error(`the fake gateway did not start: ${complaint}`);
  const { url, pid, key } = JSON.parse(first.value) as Pick<FakeEpay, 'url' | 'pid' | 'key'>;
  const tell = async (verb: string, args: readonly unknown[]): Promise<unknown> => {
    const answer = await fetch(new URL(CONTROL_PATH + verb, url), { method: 'POST', body: JSON.stringify(args) });
    const given = (await answer.json()) as ControlAnswer;
    if ('error' in given) throw new Error(given.error);
    return given.result;
  };
  const own = {
    url,
    pid,
    key,
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'close');
      child.kill('SIGKILL');
      await gone;
    },
  };
  // Every other name is a verb over there. A promise has `then`, this has not.
  return new Proxy(own, {
    get(target, name) {
      if (name in target) return target[name as keyof typeof target];
      if (typeof name !== 'string' || name === 'then') return undefined;
      return async (...given: readonly unknown[]) => await tell(name, given);
    },
  }) as unknown as SpawnedFakeEpay;
}
