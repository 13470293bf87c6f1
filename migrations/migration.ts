import type { Knex } from 'knex';

/** One step of the schema, forward only. Once released, neither its name nor what it does may change. */
export interface Migration {
  /** `NNNN-<domain>-<what>`: the number orders, the name identifies. */
  readonly name: string;
  /** True when the Realms of before this step cannot run on the schema after it: a rolling downgrade is impossible. */
  readonly breaking?: boolean;
  /** Set it (2, 3, …) only to force a recheck of a step that was changed before any release held it; part of the checksum. */
  readonly revision?: number;
  /** Runs in a transaction; on SQLite with foreign keys off, which are checked afterwards. */
  up(knex: Knex): Promise<void>;
}
