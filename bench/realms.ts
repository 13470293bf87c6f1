import { execFile } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MODEL } from './chat-text.ts';
import { startChild } from './child.ts';
import { freePort, waitForPort } from './free-port.ts';
import type { Target, TargetPlace } from './target.ts';

const runFile = promisify(execFile);

/** Limits that nothing reaches, so that the limiter does its work and refuses nobody. */
const LIMITS = ['--rpm', '1000000000', '--tpm', '1000000000', '--concurrency', '1000000'];
const KEY_VARIABLE = 'BENCH_UPSTREAM_KEY';
const PRICES = ['--input', '1.25', '--cached-input', '0.125', '--output', '10'];

/**
 * Realms as an operator runs it: the built program, a fresh SQLite folder, everything on, the log in a file. It is set
 * up through its own command line.
 */
export async function startRealms(place: TargetPlace): Promise<Omit<Target, 'name'>> {
  const [port, inspectPort] = [await freePort(), await freePort()];
  const logFile = join(place.folder, 'realms.log');
  const dataFolder = join(place.folder, 'data');
  const log = openSync(logFile, 'w');
  const program = join(place.realmsRoot, 'bin', 'realms');
  const serve = ['serve', '--data', dataFolder, '--listen', `127.0.0.1:${port}`];
  const child = startChild(
    'relay',
    [process.execPath, `--inspect-port=${inspectPort}`, ...place.realmsNodeFlags, program, ...serve],
    ['ignore', log, log],
  );
  closeSync(log);
  await waitForPort(port, () => {
    if (child.process.exitCode !== null)
      throw new Error(`realms ended at its start:\n${readFileSync(logFile, 'utf8')}`);
  });
  const cli = async (...args: string[]) => {
    const socket = ['--socket', join(dataFolder, 'admin.sock')];
    const env = { ...process.env, [KEY_VARIABLE]: 'sk-upstream-key-of-the-bench' };
    return (await runFile(process.execPath, [program, ...socket, ...args], { env })).stdout;
  };
  const mock = ['--kind', 'openai', '--base-url', `http://127.0.0.1:${place.mockPort}/v1`, '--allow-private'];
  await cli('upstream', 'add', 'mock', ...mock, '--key-env', KEY_VARIABLE);
  await cli('model', 'add', MODEL, '--upstream', 'mock', ...PRICES, '--max-output-tokens', '16384');
  await cli('user', 'add', 'bench', ...LIMITS);
  const created = await cli('key', 'create', '--user', 'bench', '--name', 'bench', ...LIMITS, '-o', 'json');
  return {
    aim: { port, pid: child.pid, key: (JSON.parse(created) as { key: string }).key },
    inspectPort,
    stop: child.stop,
  };
}
