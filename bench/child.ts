import { type ChildProcess, type StdioOptions, spawn, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { cpus, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';

/** The relay under test has a core to itself; whatever makes the load shares the other. */
export type Core = 'relay' | 'load';

/** The program that binds another to a core. */
const PIN = 'taskset';
const canPin = cpus().length >= 2 && spawnSync(PIN, ['-c', '0,1', 'true']).status === 0;
const CORE_NUMBER: Record<Core, string> = { relay: '0', load: '1' };

export const pinning = canPin ? 'relay on core 0, mock and load on core 1' : 'processes are not pinned to cores';

/** Whatever else this process starts, a database server among it, leaves the core of the relay alone. */
export function leaveRelayCore(): void {
  if (canPin) spawnSync(PIN, ['-a', '-p', '-c', CORE_NUMBER.load, String(process.pid)]);
}

/** What every child from now on is started with. */
export const childSettings = { priority: 0 };

export interface Child {
  readonly pid: number;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** Starts a program on its core. taskset becomes the program, so the pid is the program's own. */
export function startChild(
  core: Core,
  command: readonly string[],
  stdio: StdioOptions,
  env: Readonly<Record<string, string>> = {},
): Child {
  const [program = '', ...args] = canPin ? [PIN, '-c', CORE_NUMBER[core], ...command] : command;
  const isFirst = childSettings.priority > 0;
  const child = spawn(program, args, { stdio, detached: isFirst, env: { ...process.env, ...env } });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} cannot be started`);
  if (isFirst) raisePriority(pid);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await ended;
    clearTimeout(timer);
  };
  started.add(stop);
  child.once('exit', () => started.delete(stop));
  return { pid, process: child, stop };
}

/** Linux may weigh sessions first and processes only within theirs: the child leads a session (detached), weigh that. */
function raisePriority(pid: number): void {
  setPriority(pid, -childSettings.priority);
  const session = `/proc/${pid}/autogroup`;
  if (existsSync(session)) writeFileSync(session, String(-childSettings.priority));
}

const STOP_DEADLINE_MS = 40_000;
const started = new Set<() => Promise<void>>();

export async function stopAllChildren(): Promise<void> {
  await Promise.all([...started].map((stop) => stop()));
}

export interface BenchChild extends Child {
  readonly port: number;
}

/** Starts one of the bench's own programs and waits until it says that it is ready. */
export async function startBenchProgram(
  core: Core,
  file: URL,
  args: readonly string[] = [],
  nodeFlags: readonly string[] = [],
): Promise<BenchChild> {
  const command = [process.execPath, ...nodeFlags, '--import', 'tsx', fileURLToPath(file), ...args];
  const child = startChild(core, command, ['ignore', 'inherit', 'pipe', 'ipc']);
  child.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (!DEBUGGER_TALK.test(text)) process.stderr.write(text);
  });
  const { port } = (await nextMessage(child.process)) as { port: number };
  return { ...child, port };
}

const DEBUGGER_TALK = /^(Debugger |For help, see: .*inspector)/;

export function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error('a program of the bench ended before it answered'));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.off('exit', onExit);
      resolve(message);
    });
  });
}
