import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import type { QueuedRow, QueuedTable } from './queued-row.ts';

/** Room for the line of a usual request; a longer one gets a buffer of its own. */
const LINE_BYTES = 65_536;
const UTF8_BYTES_PER_UNIT = 3;

/**
 * One file of the journal. Each line is JSON: an object describes a table, under a number, before its first row; an
 * array `[number, row, number, row, …]` is what one call of `addAll` handed over. Columns are in the file and not in
 * each line, so that a line is hardly longer than its values and can be read by a later version of Realms.
 */
export class JournalSegment {
  readonly path: string;
  /** Lines whose rows are not committed yet. */
  open = 0;
  bytes = 0;
  #descriptor: number | null;
  readonly #line = Buffer.allocUnsafe(LINE_BYTES);
  readonly #tables = new Map<QueuedTable, number>();

  /** @throws when the file cannot be made, or is there. */
  constructor(path: string) {
    this.path = path;
    this.#descriptor = openSync(path, 'ax', 0o600);
  }

  get isClosed(): boolean {
    return this.#descriptor === null;
  }

  /**
   * Appends one line with one system call.
   * @throws when the disk does not take it whole. The file then ends within a line, and must not be written to again.
   */
  write(rows: readonly QueuedRow[]): void {
    if (this.#descriptor === null) throw new Error('the segment is closed');
    let descriptions = '';
    const line: unknown[] = [];
    for (const { table, row } of rows) {
      let number = this.#tables.get(table);
      if (number === undefined) {
        number = this.#tables.size;
        this.#tables.set(table, number);
        descriptions += `${JSON.stringify(table)}\n`;
      }
      line.push(number, row);
    }
    this.#append(this.#descriptor, `${descriptions}${JSON.stringify(line)}\n`);
    this.open++;
  }

  #append(descriptor: number, text: string): void {
    const room = text.length * UTF8_BYTES_PER_UNIT;
    const buffer = room <= LINE_BYTES ? this.#line : Buffer.allocUnsafe(room);
    const length = buffer.write(text);
    const written = writeSync(descriptor, buffer, 0, length);
    this.bytes += written;
    if (written < length) throw new Error(`the disk took ${written} of ${length} bytes`);
  }

  /** Nothing is appended any more. */
  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  remove(): void {
    unlinkSync(this.path);
  }
}
