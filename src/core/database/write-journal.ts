import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describeError, Failure } from '../failure.ts';
import type { Log } from '../log.ts';
import type { Database } from './database.ts';
import { claimFolder, releaseFolder } from './folder-claim.ts';
import { JournalSegment } from './journal-segment.ts';
import type { QueuedRow } from './queued-row.ts';
import { nextSegmentNumber, replaySegments, segmentName } from './replay-journal.ts';

/** A segment ends here; at a start, at most this much has to be written again that is in the database already. */
const SEGMENT_BYTES_MAX = 2 * 1_048_576;

/**
 * Makes the rows of finished work survive the process: they are appended to a file before anybody goes on, and the file
 * goes when the database has them. What is written twice changes nothing, because journaled rows carry a key of their own.
 *
 * Nothing is synced to the disk here: the kernel has the bytes when write(2) returns, which is enough for every end of
 * the process. Against a loss of power it is the database's commit that counts, a few milliseconds later.
 */
export class WriteJournal {
  readonly #folder: string;
  readonly #log: Log;
  #segment: JournalSegment | null = null;
  #next: number;
  #isFailing = false;

  private constructor(folder: string, next: number, log: Log) {
    this.#folder = folder;
    this.#next = next;
    this.#log = log;
  }

  /**
   * Claims the folder for this process and writes to the database what an earlier one left in it.
   * @throws Failure conflict when another process that runs has the folder; database_failed when the database does not
   *   take the rows, which then stay where they are.
   */
  static async open(folder: string, database: Database, log: Log): Promise<WriteJournal> {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      claimFolder(folder);
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw new Failure(
        'config_invalid',
        { message: `the journal ${folder} cannot be made`, param: 'data.dir' },
        error,
      );
    }
    await replaySegments(folder, database, log);
    return new WriteJournal(folder, nextSegmentNumber(folder), log);
  }

  /**
   * Appends rows as one line. Null when the disk does not take it: then they are only as safe as the queue that has
   * them too, and the log says so.
   */
  append(rows: readonly QueuedRow[]): JournalSegment | null {
    try {
      this.#segment ??= this.#begin();
      const segment = this.#segment;
      segment.write(rows);
      if (segment.bytes >= SEGMENT_BYTES_MAX) this.#end(segment);
      if (this.#isFailing) this.#log.info({ folder: this.#folder }, 'the journal can be written again');
      this.#isFailing = false;
      return segment;
    } catch (error) {
      this.#fail(error);
      return null;
    }
  }

  /** Tells that rows which `append` put into this segment are in the database. */
  committed(segment: JournalSegment): void {
    segment.open--;
    if (segment.isClosed && segment.open === 0) this.#remove(segment);
  }

  /** Lets go of the folder. What is not committed stays in it for the next process. */
  close(): void {
    if (this.#segment) this.#end(this.#segment);
    releaseFolder(this.#folder);
  }

  #begin(): JournalSegment {
    const segment = new JournalSegment(join(this.#folder, segmentName(this.#next)));
    this.#next++;
    return segment;
  }

  #end(segment: JournalSegment): void {
    this.#segment = null;
    segment.close();
    if (segment.open === 0) this.#remove(segment);
  }

  /** A line may be in the file in part, so nothing may follow it there. */
  #fail(error: unknown): void {
    const segment = this.#segment;
    // Once: with a full disk, every request would say the same.
    if (!this.#isFailing) {
      this.#log.error(
        { folder: this.#folder, error: describeError(error) },
        'the journal cannot be written: until it can, a crash loses what the database does not have yet',
      );
    }
    this.#isFailing = true;
    if (!segment) return;
    try {
      this.#end(segment);
    } catch (closeError) {
      this.#log.error({ path: segment.path, error: describeError(closeError) }, 'a journal file cannot be closed');
    }
  }

  #remove(segment: JournalSegment): void {
    try {
      segment.remove();
    } catch (error) {
      // Harmless: it is written again at the next start, and changes nothing.
      this.#log.warn({ path: segment.path, error: describeError(error) }, 'a journal file cannot be deleted');
    }
  }
}
