const LF = 0x0a;
const CR = 0x0d;
const EMPTY: Buffer = Buffer.alloc(0);
const BOM = [0xef, 0xbb, 0xbf] as const;

/**
 * Finds where events end in a stream of server-sent events that comes in chunks. Lines end in LF, CRLF or CR, also
 * mixed (HTML standard, 9.2.6); an event ends behind its blank line. A CR that may be half of a CRLF is left open until
 * the next byte or the end of the stream, so the answer never depends on how the stream was cut.
 */
export class SseBoundaries {
  #chunk: Buffer = EMPTY;
  #at = 0;
  #nextLf = 0;
  #nextCr = 0;
  #isLineEmpty: boolean = true;
  #isBehindCr: boolean = false;
  #isBlankByCr: boolean = false;
  #bomBytes = 0;

  /** Begins the next chunk; the one before must have been searched to its end. */
  begin(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#at = 0;
    this.#nextLf = -1;
    this.#nextCr = -1;
    if (this.#bomBytes < BOM.length) this.#skipBom();
  }

  /**
   * The offset in the chunk behind the next event, or -1 when the chunk has no more ends. It is 0 when a chunk before
   * had the whole event and only its last CR was in doubt.
   */
  next(): number {
    const chunk = this.#chunk;
    const length = chunk.length;
    for (;;) {
      if (this.#at >= length) return this.#finishChunk();
      if (this.#isBehindCr) {
        this.#isBehindCr = false;
        if (chunk[this.#at] === LF) this.#at++;
        if (this.#isBlankByCr) return this.#at;
      }
      if (this.#nextLf < this.#at) this.#nextLf = findByte(chunk, LF, this.#at);
      if (this.#nextCr < this.#at) this.#nextCr = findByte(chunk, CR, this.#at);
      const end = Math.min(this.#nextLf, this.#nextCr);
      if (end === length) {
        if (this.#at < length) this.#isLineEmpty = false;
        return this.#finishChunk();
      }
      const isBlank = this.#isLineEmpty && end === this.#at;
      this.#isLineEmpty = true;
      this.#at = end + 1;
      if (end === this.#nextCr) {
        this.#isBehindCr = true;
        this.#isBlankByCr = isBlank;
      } else if (isBlank) return this.#at;
      else if (chunk[end + 1] === LF) {
        this.#at = end + 2; // the usual end, without another search
        return this.#at;
      }
    }
  }

  // Lets go of the chunk: between chunks a stream must not hold memory that the collector would have to carry along.
  #finishChunk(): -1 {
    this.#chunk = EMPTY;
    this.#at = 0;
    return -1;
  }

  // The mark may be cut as well. Bytes that only began like it are part of the first line.
  #skipBom(): void {
    while (this.#bomBytes < BOM.length && this.#at < this.#chunk.length) {
      if (this.#chunk[this.#at] !== BOM[this.#bomBytes]) {
        if (this.#bomBytes > 0) this.#isLineEmpty = false;
        this.#bomBytes = BOM.length;
        return;
      }
      this.#bomBytes++;
      this.#at++;
    }
  }
}

function findByte(chunk: Buffer, byte: number, from: number): number {
  const found = chunk.indexOf(byte, from);
  return found < 0 ? chunk.length : found;
}
