type Phase = 'head' | 'fixed' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailer';

const HEAD_END = Buffer.from('\r\n\r\n');
const EMPTY = Buffer.alloc(0);

/** Reads HTTP/1.1 answers off one connection, one after the other, at little cost to the core it shares. */
export class AnswerReader {
  readonly #onBody: ((part: Buffer) => void) | null;
  readonly #onDone: (status: number) => void;
  #phase: Phase = 'head';
  #left = 0;
  #status = 0;
  #kept: Buffer = EMPTY;

  constructor(onBody: ((part: Buffer) => void) | null, onDone: (status: number) => void) {
    this.#onBody = onBody;
    this.#onDone = onDone;
  }

  feed(arrived: Buffer): void {
    const data = this.#kept.length > 0 ? Buffer.concat([this.#kept, arrived]) : arrived;
    this.#kept = EMPTY;
    let at = 0;
    while (at < data.length) {
      const next = this.#step(data, at);
      if (next === -1) {
        this.#kept = data.subarray(at);
        return;
      }
      at = next;
    }
  }

  /** Where the next step starts, or -1 when this one needs more bytes. */
  #step(data: Buffer, at: number): number {
    switch (this.#phase) {
      case 'head':
        return this.#readHead(data, at);
      case 'fixed':
      case 'chunk-data':
        return this.#readBody(data, at);
      case 'chunk-size':
        return this.#readChunkSize(data, at);
      case 'chunk-end':
        this.#phase = 'chunk-size';
        return skipLine(data, at);
      case 'trailer': {
        const next = skipLine(data, at);
        if (next !== -1) this.#done();
        return next;
      }
    }
  }

  #readHead(data: Buffer, at: number): number {
    const end = data.indexOf(HEAD_END, at);
    if (end === -1) return -1;
    const head = data.toString('latin1', at, end);
    this.#status = Number(head.slice(9, 12));
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    if (length) {
      this.#left = Number(length[1]);
      this.#phase = 'fixed';
      if (this.#left === 0) this.#done();
    } else if (/\r\ntransfer-encoding: *chunked/i.test(head)) {
      this.#phase = 'chunk-size';
    } else throw new Error(`an answer without a length: ${head}`);
    return end + 4;
  }

  #readBody(data: Buffer, at: number): number {
    const end = Math.min(data.length, at + this.#left);
    this.#onBody?.(data.subarray(at, end));
    this.#left -= end - at;
    if (this.#left > 0) return end;
    if (this.#phase === 'fixed') this.#done();
    else this.#phase = 'chunk-end';
    return end;
  }

  #readChunkSize(data: Buffer, at: number): number {
    const next = skipLine(data, at);
    if (next === -1) return -1;
    this.#left = Number.parseInt(data.toString('latin1', at, next - 2), 16);
    if (!Number.isInteger(this.#left)) throw new Error('an answer whose chunks cannot be read');
    this.#phase = this.#left === 0 ? 'trailer' : 'chunk-data';
    return next;
  }

  #done(): void {
    this.#phase = 'head';
    this.#onDone(this.#status);
  }
}

function skipLine(data: Buffer, at: number): number {
  const end = data.indexOf('\r\n', at);
  return end === -1 ? -1 : end + 2;
}
