/** The bytes are no sound Zstandard; the message says what was found. */
export class ZstdFault extends Error {}

/**
 * Reads a bit stream from its end towards its start (RFC 8878, 4.1): the last byte's highest set bit only marks the
 * end. `left` is the number of bits not yet read; below zero, bits before the start were asked for and read as zeros.
 */
export class BackwardBits {
  left = 0;
  #bytes: Uint8Array = EMPTY;
  #start = 0;

  /** Begins at the end of `bytes[start, end)`. */
  begin(bytes: Uint8Array, start: number, end: number): void {
    const last = end > start ? (bytes[end - 1] as number) : 0;
    if (last === 0) throw new ZstdFault('a bit stream has no end mark');
    this.#bytes = bytes;
    this.#start = start;
    this.left = (end - start - 1) * 8 + highBit(last);
  }

  /** Takes up to 24 bits. */
  read(count: number): number {
    this.left -= count;
    return this.#bitsAt(this.left, count);
  }

  #bitsAt(position: number, count: number): number {
    if (position < 0) {
      const missing = -position;
      return missing >= count ? 0 : this.#bitsAt(0, count - missing) << missing;
    }
    const bytes = this.#bytes;
    const at = this.#start + (position >> 3);
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    return (word >>> (position & 7)) & ((1 << count) - 1);
  }
}

/** The place of the highest set bit of a positive integer: 0 for 1, 3 for 8 to 15. */
export function highBit(value: number): number {
  return 31 - Math.clz32(value);
}

const EMPTY = new Uint8Array(0);
