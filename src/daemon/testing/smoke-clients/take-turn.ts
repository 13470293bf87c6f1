import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Client } from './client.ts';
import { FINAL_TEXT, type StageSet, TOOL_FILE, TOOL_TEXT } from './stages.ts';

export interface TurnResult {
  /** Usage events of it. */
  readonly calls: number;
  readonly seconds: number;
  /** What was not as it has to be. */
  readonly faults: readonly string[];
  /** What the client said, for people. */
  readonly said: string;
}

interface Turn {
  readonly client: Client;
  readonly model: string;
  readonly set: StageSet;
  readonly programs: string;
  /** For its home and the folder in which it works. */
  readonly folder: string;
}

const ASK = 'Run the command that you think of, then say that it is done.';
const TIMEOUT_MS = 120_000;
/** Nobody listens there: what would leave the machine fails at once. */
const NOWHERE = 'http://127.0.0.1:9';

/** Lets a client take one turn: the model asks for a command, the client runs it and shows the model's last words. */
export async function takeTurn({ client, model, set, programs, folder }: Turn): Promise<TurnResult> {
  const home = join(folder, 'home');
  const cwd = join(folder, 'work');
  await Promise.all([home, cwd].map((path) => mkdir(path, { recursive: true })));
  const { url } = set;
  const upgrade = client.name === 'codex' ? set.upgrade : null;
  const usesWebSocket = upgrade !== null;
  const key = await set.addKey(`${client.name} ${model}`);
  set.forget();
  const { program, args, env } = await client.prepare(
    { url, key: key.text, model, usesWebSocket, home, programs },
    ASK,
  );
  const started = performance.now();
  const ran = await execa(program, args, {
    cwd,
    env: { PATH: process.env['PATH'], HOME: home, ...env, ...PROXIES },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: TIMEOUT_MS,
  });
  const seconds = (performance.now() - started) / 1_000;
  const events = await set.events(key.id);
  const faults = [
    ran.exitCode === 0 ? null : `it ended with ${ran.exitCode ?? ran.signal}`,
    (await toolOutput(cwd)) === TOOL_TEXT ? null : 'the tool did not run',
    shows(client, ran.stdout) ? null : 'the final text is not shown',
    events.length >= 2 ? null : `${events.length} requests were booked`,
    ...events
      .filter(({ outcome }) => outcome !== 'completed')
      .map((event) => `a request was ${event.outcome}: ${event.error_code}`),
    isAnswered(upgrade, set.upgrades())
      ? null
      : `a WebSocket was answered by ${set.upgrades().join(', ') || 'nothing'}`,
    set.wasToolResultSeen() ? null : 'the model never saw what the tool said',
  ].filter((fault) => fault !== null);
  return { calls: events.length, seconds, faults, said: `${ran.stdout}\n${ran.stderr}`.trim() };
}

function isAnswered(upgrade: number | null, upgrades: readonly number[]): boolean {
  return upgrades.every((status) => status === upgrade) && upgrades.length > 0 === (upgrade !== null);
}

const PROXIES = {
  HTTP_PROXY: NOWHERE,
  HTTPS_PROXY: NOWHERE,
  http_proxy: NOWHERE,
  https_proxy: NOWHERE,
  NO_PROXY: '127.0.0.1,localhost',
  no_proxy: '127.0.0.1,localhost',
};

async function toolOutput(cwd: string): Promise<string | null> {
  return await readFile(join(cwd, TOOL_FILE), 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
}

function shows(client: Client, stdout: string): boolean {
  try {
    return client.finalText(stdout).includes(FINAL_TEXT);
  } catch {
    return false;
  }
}
