import type { Knex } from 'knex';
import type { Log } from '../log.ts';
import type { Random } from '../random.ts';
import type { Clock } from '../time.ts';

export type SqlValue = string | number | null;

/** Rows for one table, written as part of a batch. Every row has one value for each column, in their order. */
export interface BatchWrite {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlValue[])[];
  /** What a row does whose key is there already. Absent: it is an error of that row. */
  readonly onConflict?: { readonly columns: readonly string[]; readonly update: 'ignore' | readonly string[] };
  /** The key of rows that are only changed: where one is there it gets the other columns, else nothing happens. */
  readonly updateBy?: readonly string[];
}

/** A row that the database refused; the rest of the batch is committed. */
export interface RejectedRow {
  readonly table: string;
  readonly row: readonly SqlValue[];
  readonly reason: string;
}

export interface Database {
  readonly dialect: 'sqlite' | 'postgres';
  /** For everything but the hot path. Statements run one at a time on SQLite: never hold it while waiting for anything else. */
  readonly knex: Knex;
  /**
   * Commits all writes in one durable transaction (group commit). A row that breaks a constraint is left out and
   * reported, never the reason that others are lost. Rejects only when the database cannot be reached or written;
   * then nothing of the batch is committed.
   */
  writeBatch(writes: readonly BatchWrite[]): Promise<readonly RejectedRow[]>;
  /** Versions and durability settings for `doctor`. */
  describe(): Promise<{ readonly version: string; readonly settings: Readonly<Record<string, string>> }>;
  close(): Promise<void>;
}

/** What every store and verb gets. `db` is the root handle or a transaction; stores use nothing else. */
export interface Ctx {
  readonly db: Knex;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}
