// biome-ignore-all lint/style/noRestrictedGlobals: the queue's only timers gather rows and space retries; both are bounded here.
import { describeError } from '../failure.ts';
import type { Log } from '../log.ts';
import type { Database, SqlValue } from './database.ts';
import type { JournalSegment } from './journal-segment.ts';
import { type QueuedRow, type QueuedTable, writesOf } from './queued-row.ts';
import type { WriteJournal } from './write-journal.ts';

export interface WriteQueueOptions {
  /** How long rows are gathered before a commit, in milliseconds. */
  readonly flushIntervalMs: number;
  /** Rows that may wait; beyond it `isFull` asks the doors to take no new work. */
  readonly maxRows: number;
}

/** Rows that are committed together, and where the journal has them. */
class Group {
  readonly rows: readonly QueuedRow[];
  readonly segment: JournalSegment | null;

  constructor(rows: readonly QueuedRow[], segment: JournalSegment | null) {
    this.rows = rows;
    this.segment = segment;
  }
}

const BATCH_ROWS_MAX = 4_000;
const RETRY_FIRST_MS = 50;
const RETRY_MAX_MS = 2_000;

/**
 * Gathers rows that nobody waits for (usage, charges, decisions, cooldowns, bindings) and commits them in groups, in the
 * order in which they came. A database that is slow or away only makes the queue longer: nothing is dropped and no caller
 * blocks. What bounds the queue is that the doors refuse new requests while `isFull`.
 */
export class WriteQueue {
  readonly #database: Database;
  readonly #log: Log;
  readonly #options: WriteQueueOptions;
  readonly #journal: WriteJournal | null;
  readonly #waiting: (QueuedRow | Group)[] = [];
  #waitingRows = 0;
  #committingRows = 0;
  /** Rows ever committed. */
  #committedRows = 0;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #retryMs = RETRY_FIRST_MS;
  #closing = false;

  constructor(database: Database, options: WriteQueueOptions, log: Log, journal: WriteJournal | null = null) {
    this.#database = database;
    this.#options = options;
    this.#log = log;
    this.#journal = journal;
  }

  /** Takes a row; never blocks and never fails. */
  add(table: QueuedTable, row: readonly SqlValue[]): void {
    this.#waiting.push({ table, row });
    this.#waitingRows++;
    if (!this.#timer && !this.#running) this.#schedule(this.#options.flushIntervalMs);
  }

  /**
   * Takes rows that are committed together or not at all; never fails. With `durable` they are in the journal when this
   * returns: whatever ends the process then, they are committed by the next one that opens the journal.
   */
  addAll(rows: readonly QueuedRow[], { durable = false }: { readonly durable?: boolean } = {}): void {
    if (rows.length === 0) return;
    this.#waiting.push(new Group(rows, durable && this.#journal ? this.#journal.append(rows) : null));
    this.#waitingRows += rows.length;
    if (!this.#timer && !this.#running) this.#schedule(this.#options.flushIntervalMs);
  }

  /** Rows not yet committed. */
  get depth(): number {
    return this.#waitingRows + this.#committingRows;
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

  /**
   * Commits what is left; `deadlineMs` bounds the wait for a database that does not answer. Returns the rows left over:
   * durable ones among them stay in the journal.
   */
  async close(deadlineMs: number): Promise<number> {
    let giveUp: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      giveUp = setTimeout(resolve, deadlineMs);
    });
    await Promise.race([this.flush(), deadline]);
    clearTimeout(giveUp);
    this.#closing = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#journal?.close();
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
    const taken = this.#take();
    const rows = this.#committingRows;
    if (rows === 0) return;
    const writes = writesOf(rowsOf(taken));
    while (!this.#closing) {
      try {
        for (const rejected of await this.#database.writeBatch(writes)) {
          this.#log.error({ table: rejected.table, id: rejected.row[0], reason: rejected.reason }, 'row rejected');
        }
        this.#committingRows = 0;
        this.#committedRows += rows;
        this.#retryMs = RETRY_FIRST_MS;
        for (const item of taken) if (item instanceof Group && item.segment) this.#journal?.committed(item.segment);
        return;
      } catch (error) {
        this.#log.error({ rows, error: describeError(error), retryMs: this.#retryMs }, 'batch not written, will retry');
        await new Promise((resolve) => setTimeout(resolve, this.#retryMs));
        this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS);
      }
    }
  }

  /** The next rows in order, a batch full of them; a group is never cut in two. */
  #take(): readonly (QueuedRow | Group)[] {
    let rows = 0;
    let items = 0;
    for (const item of this.#waiting) {
      const size = item instanceof Group ? item.rows.length : 1;
      if (rows > 0 && rows + size > BATCH_ROWS_MAX) break;
      rows += size;
      items++;
    }
    this.#waitingRows -= rows;
    this.#committingRows = rows;
    return this.#waiting.splice(0, items);
  }
}

function* rowsOf(items: readonly (QueuedRow | Group)[]): Generator<QueuedRow> {
  for (const item of items) {
    if (item instanceof Group) yield* item.rows;
    else yield item;
  }
}
