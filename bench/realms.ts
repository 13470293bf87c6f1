import { execFile } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AdminSocket } from './admin-socket.ts';
import { CHAT_ONLY_MODEL, MODEL } from './chat-text.ts';
import { startChild } from './child.ts';
import { freePort, waitForPort } from './free-port.ts';
import { addUsers, type Clientele } from './realms-users.ts';
import type { Target, TargetPlace } from './target.ts';

const runFile = promisify(execFile);

const KEY_VARIABLE = 'BENCH_UPSTREAM_KEY';
const PRICES = ['--input', '1.25', '--cached-input', '0.125', '--output', '10'];

/**
 * Realms as an operator runs it: the built program, a fresh folder, everything on, the log in a file. It is set up
 * through its own command line and its own admin API. Without the URL of a database it has SQLite.
 */
export async function startRealms(
  place: TargetPlace,
  clientele: Clientele,
  databaseUrl?: string,
): Promise<Omit<Target, 'name'>> {
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
    databaseUrl === undefined ? {} : { REALMS_DATABASE_URL: databaseUrl },
  );
  closeSync(log);
  await waitForPort(port, () => {
    if (child.process.exitCode !== null)
      throw new Error(`realms ended at its start:\n${readFileSync(logFile, 'utf8')}`);
  });
  const socket = join(dataFolder, 'admin.sock');
  await addModel(program, socket, place.mockPort);
  const admin = new AdminSocket(socket);
  const keys = await addUsers(admin, clientele);
  await admin.close();
  return { aim: { port, pid: child.pid, key: keys[0] ?? '' }, keys, inspectPort, stop: child.stop };
}

/** The mock as an upstream, and a model with prices that it serves. */
async function addModel(program: string, socket: string, mockPort: number): Promise<void> {
  const cli = async (...args: string[]) => {
    const env = { ...process.env, [KEY_VARIABLE]: 'sk-upstream-key-of-the-bench' };
    await runFile(process.execPath, [program, '--socket', socket, ...args], { env });
  };
  const mock = ['--kind', 'openai', '--base-url', `http://127.0.0.1:${mockPort}/v1`, '--allow-private'];
  await cli('upstream', 'add', 'mock', ...mock, '--key-env', KEY_VARIABLE);
  await cli('model', 'add', MODEL, '--upstream', 'mock', ...PRICES, '--max-output-tokens', '16384');
  await cli('upstream', 'add', 'chat-only', ...mock, '--wires', 'chat', '--key-env', KEY_VARIABLE);
  await cli('model', 'add', CHAT_ONLY_MODEL, '--upstream', 'chat-only', ...PRICES);
}
