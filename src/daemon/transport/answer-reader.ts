import { OddAnswer, type ReadAnswerHead, readAnswerHead } from './answer-head.ts';

/** Who gets what is read. */
export interface AnswerSink {
  head(head: ReadAnswerHead): void;
  data(chunk: Buffer): void;
  end(): void;
}

const HEAD_MAX_BYTES = 64 * 1024;
const TRAILERS_MAX_BYTES = 16 * 1024;
const SIZE_DIGITS_MAX = 12;
const HEAD_END = '\r\n\r\n';
const CR = 0x0d;
const LF = 0x0a;
const SEMICOLON = 0x3b;
const SPACE = 0x20;
const TAB = 0x09;

type Place =
  | 'idle'
  | 'head'
  | 'length'
  | 'close'
  | 'size'
  | 'extension'
  | 'sizeEnd'
  | 'chunk'
  | 'chunkCr'
  | 'chunkLf'
  | 'trailer'
  | 'trailerLine'
  | 'lastLf';

/** Reads one answer after the other from the bytes of a connection, cut in any way. */
export class AnswerReader {
  readonly #sink: AnswerSink;
  #place: Place = 'idle';
  #left = 0;
  #digits = 0;
  #trailerBytes = 0;
  /** The beginning of a head that did not come whole. */
  #kept: Buffer | null = null;

  constructor(sink: AnswerSink) {
    this.#sink = sink;
  }

  get isIdle(): boolean {
    return this.#place === 'idle';
  }

  /** A request was sent: the next bytes are its answer. */
  expect(): void {
    this.#place = 'head';
  }

  /** @throws OddAnswer; nothing can be read from the connection after that. */
  feed(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      switch (this.#place) {
        case 'idle':
          throw new OddAnswer('bytes came that nobody asked for');
        case 'head':
          at = this.#readHead(chunk, at);
          break;
        case 'length':
        case 'chunk':
          at = this.#readData(chunk, at);
          break;
        case 'close':
          this.#sink.data(at === 0 ? chunk : chunk.subarray(at));
          return;
        default:
          this.#readFraming(chunk[at++] as number);
      }
    }
  }

  /** The connection has ended. True when that is how an answer ends. */
  ended(): boolean {
    if (this.#place !== 'close') return false;
    this.#finish();
    return true;
  }

  #readHead(chunk: Buffer, at: number): number {
    const kept = this.#kept;
    const bytes = kept ? Buffer.concat([kept, chunk.subarray(at)]) : chunk;
    const start = kept ? 0 : at;
    const end = bytes.indexOf(HEAD_END, start, 'latin1');
    if (end < 0) {
      if (bytes.length - start > HEAD_MAX_BYTES) throw new OddAnswer('the head of the answer is too long');
      this.#kept = Buffer.from(bytes.subarray(start));
      return chunk.length;
    }
    this.#kept = null;
    const head = readAnswerHead(bytes.toString('latin1', start, end));
    if (head.status === 101) throw new OddAnswer('the upstream changes to another protocol');
    // An interim answer has no body, and the real one follows.
    if (head.status >= 200) this.#begin(head);
    // The head ends in this chunk, so what is left of it is what is left of both.
    return chunk.length - (bytes.length - end - HEAD_END.length);
  }

  #begin(head: ReadAnswerHead): void {
    const { framing } = head;
    this.#left = typeof framing === 'number' ? framing : 0;
    if (framing === 'chunked') this.#expectSize();
    else this.#place = framing === 'close' ? 'close' : 'length';
    this.#sink.head(head);
    if (framing === 'none' || framing === 0) this.#finish();
  }

  #readData(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#left);
    this.#left -= end - at;
    const isWhole = this.#left === 0;
    const isLength = this.#place === 'length';
    if (isWhole && !isLength) this.#place = 'chunkCr';
    this.#sink.data(at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end));
    if (isWhole && isLength) this.#finish();
    return end;
  }

  #readFraming(byte: number): void {
    switch (this.#place) {
      case 'size':
        return this.#readSize(byte);
      case 'extension':
        if (byte === LF) throw new OddAnswer('a line of the framing ends without its CR');
        if (byte === CR) this.#place = 'sizeEnd';
        return;
      case 'sizeEnd':
        this.#expectByte(byte, LF, this.#left === 0 ? 'trailer' : 'chunk');
        return;
      case 'chunkCr':
        this.#expectByte(byte, CR, 'chunkLf');
        return;
      case 'chunkLf':
        if (byte !== LF) throw new OddAnswer('a chunk is longer than it says');
        return this.#expectSize();
      case 'lastLf':
        if (byte !== LF) throw new OddAnswer('the answer does not end where it should');
        return this.#finish();
      default:
        this.#readTrailer(byte);
    }
  }

  #readSize(byte: number): void {
    const digit = hexValue(byte);
    if (digit >= 0) {
      this.#digits++;
      if (this.#digits > SIZE_DIGITS_MAX) throw new OddAnswer('a chunk is too large');
      this.#left = this.#left * 16 + digit;
    } else if (this.#digits === 0) throw new OddAnswer('a chunk has no size');
    else if (byte === CR) this.#place = 'sizeEnd';
    else if (byte === SEMICOLON || byte === SPACE || byte === TAB) this.#place = 'extension';
    else throw new OddAnswer('the size of a chunk is no number');
  }

  /** Trailers are read over: nothing that the relay passes stands there. */
  #readTrailer(byte: number): void {
    if (++this.#trailerBytes > TRAILERS_MAX_BYTES) throw new OddAnswer('the trailers are too long');
    if (this.#place === 'trailerLine') {
      if (byte === LF) this.#place = 'trailer';
    } else this.#place = byte === CR ? 'lastLf' : 'trailerLine';
  }

  #expectByte(byte: number, wanted: number, next: Place): void {
    if (byte !== wanted) throw new OddAnswer('the framing of the answer is broken');
    this.#place = next;
  }

  #expectSize(): void {
    this.#place = 'size';
    this.#left = 0;
    this.#digits = 0;
    this.#trailerBytes = 0;
  }

  #finish(): void {
    this.#place = 'idle';
    this.#sink.end();
  }
}

function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
