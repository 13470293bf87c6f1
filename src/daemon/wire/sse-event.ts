import { invariant } from '../../core/invariant.ts';

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const SPACE = 0x20;
const EMPTY: Buffer = Buffer.alloc(0);
const NEWLINE = Buffer.from('\n');
const DATA = 'data';
const EVENT = 'event';

/** One server-sent event as it stood in the stream; its fields are read when asked for. */
export class SseEvent {
  /** All bytes of the event with its blank line (a byte order mark too): the raws of a stream join to the stream. */
  readonly raw: Buffer;
  readonly #isFirst: boolean;
  #isRead: boolean = false;
  #name = '';
  #data: Buffer = EMPTY;

  /** `isFirst`: the event begins the stream, where a byte order mark is not part of it. */
  constructor(raw: Buffer, isFirst: boolean) {
    this.raw = raw;
    this.#isFirst = isFirst;
  }

  /** The last `event` field, '' when there is none. */
  eventName(): string {
    if (!this.#isRead) this.#read();
    return this.#name;
  }

  /** The `data` lines joined by LF: a view of `raw` when there is one line, empty when there is none. */
  data(): Buffer {
    if (!this.#isRead) this.#read();
    return this.#data;
  }

  #read(): void {
    this.#isRead = true;
    const raw = this.raw;
    const lines: Buffer[] = [];
    let start = this.#isFirst && raw[0] === 0xef && raw[1] === 0xbb && raw[2] === 0xbf ? 3 : 0;
    let nextCr = -1;
    while (start < raw.length) {
      const lf = findByte(raw, LF, start);
      if (nextCr < start) nextCr = findByte(raw, CR, start);
      const end = Math.min(lf, nextCr);
      if (isField(raw, start, end, DATA)) {
        const value = raw.subarray(valueStart(raw, start + DATA.length, end), end);
        if (lines.length > 0) lines.push(NEWLINE);
        lines.push(value);
      } else if (isField(raw, start, end, EVENT)) {
        this.#name = raw.toString('utf8', valueStart(raw, start + EVENT.length, end), end);
      }
      start = end + 1;
    }
    this.#data = lines.length === 1 ? (lines[0] ?? EMPTY) : Buffer.concat(lines);
  }
}

/**
 * Writes one event, LF-framed; a line break within `data` makes another data line.
 * The name is the daemon's own or an upstream's field, so it never holds a line break.
 */
export function encodeEvent(event: string | undefined, data: string): Buffer {
  invariant(event === undefined || !/[\r\n]/.test(event), 'an event name is one line');
  const lines = /[\r\n]/.test(data) ? data.split(/\r\n|\r|\n/).join('\ndata: ') : data;
  return Buffer.from(`${event === undefined ? '' : `event: ${event}\n`}data: ${lines}\n\n`);
}

function isField(raw: Buffer, start: number, end: number, name: string): boolean {
  const nameEnd = start + name.length;
  if (nameEnd > end || (nameEnd < end && raw[nameEnd] !== COLON)) return false;
  for (let i = 0; i < name.length; i++) if (raw[start + i] !== name.charCodeAt(i)) return false;
  return true;
}

// From the colon (or the end of the line) to the value: one space is framing.
function valueStart(raw: Buffer, colon: number, end: number): number {
  if (colon >= end) return end;
  return colon + 1 < end && raw[colon + 1] === SPACE ? colon + 2 : colon + 1;
}

function findByte(raw: Buffer, byte: number, from: number): number {
  const found = raw.indexOf(byte, from);
  return found < 0 ? raw.length : found;
}
