import { readdirSync, readFileSync, renameSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { invariant } from '../invariant.ts';
import type { Log } from '../log.ts';
import type { Database, SqlValue } from './database.ts';
import { type QueuedRow, type QueuedTable, writesOf } from './queued-row.ts';

const NAME = /^(\d{10})\.segment$/;
const NUMBER_DIGITS = 10;
/** Rows of one batch at the least; whole lines are added until there are as many. */
const BATCH_ROWS = 2_000;

export function segmentName(number: number): string {
  return `${String(number).padStart(NUMBER_DIGITS, '0')}.segment`;
}

export function nextSegmentNumber(folder: string): number {
  const last = segmentNames(folder).at(-1);
  return last === undefined ? 1 : Number.parseInt(last, 10) + 1;
}

/**
 * Writes what the segments of a folder hold to the database, in their order, and deletes them. A file with a line that
 * cannot be read, other than the torn last one that a kill leaves, is kept aside: what is in it is money.
 * @throws Failure database_failed when the database does not take a batch; the segment is then still there.
 */
export async function replaySegments(folder: string, database: Database, log: Log): Promise<void> {
  for (const name of segmentNames(folder)) {
    const path = join(folder, name);
    const { lines, damaged } = readSegment(readFileSync(path, 'utf8'));
    const rows = await replay(lines, database, log);
    if (damaged > 0) {
      log.error({ path, damaged, kept: `${path}.damaged` }, 'a journal file has lines that cannot be read');
      renameSync(path, `${path}.damaged`);
    } else unlinkSync(path);
    log.info({ path, rows }, 'rows of the last run are in the database');
  }
}

function segmentNames(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => NAME.test(name))
    .sort();
}

async function replay(lines: readonly (readonly QueuedRow[])[], database: Database, log: Log): Promise<number> {
  let total = 0;
  let batch: QueuedRow[] = [];
  for (const [index, line] of lines.entries()) {
    batch.push(...line);
    if (batch.length < BATCH_ROWS && index < lines.length - 1) continue;
    for (const rejected of await database.writeBatch(writesOf(batch))) {
      log.error({ table: rejected.table, id: rejected.row[0], reason: rejected.reason }, 'journaled row rejected');
    }
    total += batch.length;
    batch = [];
  }
  return total;
}

interface SegmentContent {
  /** The rows of each line. */
  readonly lines: readonly (readonly QueuedRow[])[];
  /** Lines before the last that are no lines of a journal. */
  readonly damaged: number;
}

function readSegment(text: string): SegmentContent {
  const tables: QueuedTable[] = [];
  const lines: (readonly QueuedRow[])[] = [];
  let damaged = 0;
  const written = text.split('\n');
  for (const [index, line] of written.entries()) {
    if (line === '') continue;
    try {
      const value = JSON.parse(line) as QueuedTable | readonly unknown[];
      if (Array.isArray(value)) lines.push(rowsOf(value, tables));
      else tables.push(value as QueuedTable);
    } catch {
      // Without a line end behind it, the line was cut off while it was written: whoever wrote it had not gone on.
      if (index < written.length - 1) damaged++;
    }
  }
  return { lines, damaged };
}

function rowsOf(line: readonly unknown[], tables: readonly QueuedTable[]): QueuedRow[] {
  const rows: QueuedRow[] = [];
  for (let at = 0; at < line.length; at += 2) {
    const table = tables[line[at] as number];
    const row = line[at + 1];
    invariant(table && Array.isArray(row), 'a row of a journal follows the number of its table');
    rows.push({ table, row: row as SqlValue[] });
  }
  return rows;
}
