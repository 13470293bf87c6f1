import { epochMs } from '../../core/time.ts';
import type { Env } from '../io.ts';
import { runCli, type ServeFlags } from '../program.ts';
import { type MemoryIoOptions, memoryIo } from './memory-io.ts';

export interface RunOptions extends MemoryIoOptions {
  readonly env?: Env;
  /** The daemon that REALMS_SOCKET names. */
  readonly socket?: string;
}

export interface RunResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly served: readonly ServeFlags[];
}

const NOW = epochMs(Date.parse('2026-11-20T12:00:00.000Z'));

/** Runs one command line with streams in memory and a clock that stands still. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const io = memoryIo(options);
  const served: ServeFlags[] = [];
  const socket = options.socket === undefined ? {} : { REALMS_SOCKET: options.socket };
  const code = await runCli({
    argv,
    env: { ...socket, ...options.env },
    io,
    clock: { now: () => NOW, monotonicMs: () => 0 },
    serve: async (flags) => {
      served.push(flags);
      return 0;
    },
    migrations: async () => [
      { name: '0001-test-things', up: (knex) => knex.schema.createTable('things', (t) => void t.text('id')) },
    ],
  });
  return { code, out: io.out(), err: io.err(), served };
}
