// biome-ignore-all lint/style/noRestrictedGlobals: the queue's only timers gather rows and space retries; both are bounded here.
import { describeError } from '../failure.ts';
import { groupBy } from '../group-by.ts';
import type { Log } from '../log.ts';
import type { BatchWrite, Database, SqlValue } from './database.ts';

/** A table that is written through the queue. */
export interface QueuedTable {
  readonly table: string;
  readonly columns: readonly string[];
  readonly onConflict?: NonNullable<BatchWrite['onConflict']>;
}

export interface WriteQueueOptions {
  /** How long rows are gathered before a commit, in milliseconds. */
  readonly flushIntervalMs: number;
  /** Rows that may wait; beyond it `isFull` asks the doors to take no new work. */
  readonly maxRows: number;
}

interface WaitingRow {
  readonly table: QueuedTable;
  readonly row: readonly SqlValue[];
}

const BATCH_ROWS_MAX = 4_000;
const RETRY_FIRST_MS = 50;
const RETRY_MAX_MS = 2_000;

/**
 * Gathers rows that nobody waits for (usage, decisions, cooldowns, bindings) and commits them in groups, in the order
 * in which they came. A database that is slow or away only makes the queue longer: nothing is dropped and no caller
 * blocks. What bounds the queue is that the doors refuse new requests while `isFull`.
 */
export class WriteQueue {
  readonly #database: Database;
  readonly #log: Log;
  readonly #options: WriteQueueOptions;
  readonly #waiting: WaitingRow[] = [];
  #committingRows = 0;
  /** Rows ever committed. */
  #committedRows = 0;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #retryMs = RETRY_FIRST_MS;
  #closing = false;

  constructor(database: Database, options: WriteQueueOptions, log: Log) {
    this.#database = database;
    this.#options = options;
    this.#log = log;
  }

  /** Takes a row; never blocks and never fails. */
  add(table: QueuedTable, row: readonly SqlValue[]): void {
    this.#waiting.push({ table, row });
    if (!this.#timer && !this.#running) this.#schedule(this.#options.flushIntervalMs);
  }

  /** Rows not yet committed. */
  get depth(): number {
    return this.#waiting.length + this.#committingRows;
  }

  get isFull(): boolean {
    return this.depth >= this.#options.maxRows;
  }

  /** Resolves when every row added so far is committed; waits as long as the database takes. */
  async flush(): Promise<void> {
    // Rows are committed in the order in which they came, so those that are added from now on need not be waited for.
    const target = this.#committedRows + this.depth;
    while (this.#committedRows < target && !this.#closing) {
      await this.#start();
    }
  }

  /** Commits what is left; `deadlineMs` bounds the wait for a database that does not answer. Returns the rows left over. */
  async close(deadlineMs: number): Promise<number> {
    let giveUp: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      giveUp = setTimeout(resolve, deadlineMs);
    });
    await Promise.race([this.flush(), deadline]);
    clearTimeout(giveUp);
    this.#closing = true;
    if (this.#timer) clearTimeout(this.#timer);
    return this.depth;
  }

  #schedule(delayMs: number): void {
    if (this.#closing) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#start();
    }, delayMs);
  }

  /** One commit at a time: rows that come while it is under way wait for the next. */
  #start(): Promise<void> {
    if (this.#running !== null) return this.#running;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const commit = Promise.resolve().then(() => this.#commit());
    this.#running = commit.finally(() => {
      this.#running = null;
      if (this.#waiting.length > 0 && !this.#timer) this.#schedule(this.#options.flushIntervalMs);
    });
    return this.#running;
  }

  async #commit(): Promise<void> {
    const taken = this.#waiting.splice(0, BATCH_ROWS_MAX);
    if (taken.length === 0) return;
    const rows = taken.length;
    const writes = writesOf(taken);
    this.#committingRows = rows;
    while (!this.#closing) {
      try {
        for (const rejected of await this.#database.writeBatch(writes)) {
          this.#log.error({ table: rejected.table, id: rejected.row[0], reason: rejected.reason }, 'row rejected');
        }
        this.#committingRows = 0;
        this.#committedRows += rows;
        this.#retryMs = RETRY_FIRST_MS;
        return;
      } catch (error) {
        this.#log.error({ rows, error: describeError(error), retryMs: this.#retryMs }, 'batch not written, will retry');
        await new Promise((resolve) => setTimeout(resolve, this.#retryMs));
        this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS);
      }
    }
  }
}

/** One write for each table, in the order in which the tables first come. */
function writesOf(taken: readonly WaitingRow[]): BatchWrite[] {
  const byTable = groupBy(taken, ({ table }) => table);
  return [...byTable].map(([table, waiting]) => ({
    ...table,
    rows: latestByKey(
      table,
      waiting.map(({ row }) => row),
    ),
  }));
}

/** One statement cannot touch the same row twice on PostgreSQL, so an upsert keeps only the last row of each key. */
function latestByKey(table: QueuedTable, rows: (readonly SqlValue[])[]): readonly (readonly SqlValue[])[] {
  if (!table.onConflict || table.onConflict.update === 'ignore' || rows.length < 2) return rows;
  const keyAt = table.onConflict.columns.map((column) => table.columns.indexOf(column));
  const latest = new Map(rows.map((row) => [keyAt.map((at) => row[at]).join('\u0000'), row]));
  return [...latest.values()];
}
