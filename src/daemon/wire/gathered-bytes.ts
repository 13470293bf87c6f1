/** Bytes that arrive in pieces, copied into one growing buffer: linear in their number however small the pieces are. */
export class GatheredBytes {
  #buffer: Buffer = EMPTY;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Copies `chunk[start, end)`, so that the chunk itself can be freed. */
  add(chunk: Buffer, start: number, end: number): void {
    const needed = this.#length + end - start;
    if (needed > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(MIN_BYTES, needed * 2));
      this.#buffer.copy(grown, 0, 0, this.#length);
      this.#buffer = grown;
    }
    chunk.copy(this.#buffer, this.#length, start, end);
    this.#length = needed;
  }

  /** The first bytes, at most `bytes` of them; valid until the next call. */
  head(bytes: number): Buffer {
    return this.#buffer.subarray(0, Math.min(bytes, this.#length));
  }

  /** Hands the bytes out for good and begins anew. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#length);
    this.clear();
    return taken;
  }

  clear(): void {
    this.#buffer = EMPTY;
    this.#length = 0;
  }
}

const EMPTY: Buffer = Buffer.alloc(0);
const MIN_BYTES = 1024;
