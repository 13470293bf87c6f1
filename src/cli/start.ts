import type { Migration } from '../core/database/index.ts';
import type { Clock } from '../core/time.ts';
import type { Env, Io } from './io.ts';

export interface ServeFlags {
  readonly config?: string;
  readonly data?: string;
  readonly listen?: string;
  readonly demo?: boolean;
  readonly logLevel?: string;
}

/** What the program is started with: the machine around it, and the parts that it must not import itself. */
export interface Start {
  /** Without `node` and the script. */
  readonly argv: readonly string[];
  readonly env: Env;
  readonly io: Io;
  readonly clock: Clock;
  /** Runs the daemon until it ends; resolves to its exit code. */
  readonly serve: (flags: ServeFlags) => Promise<number>;
  readonly migrations: () => Promise<readonly Migration[]>;
}
