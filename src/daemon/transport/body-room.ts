/** What a client only says that it will send is not given room at once. */
const FIRST_ROOM_BYTES = 1024 * 1024;
const GROWTH = 4;

/** Gathers a body whose length was said before, in one piece. */
export class BodyRoom {
  readonly #length: number;
  #bytes: Buffer;
  #filled = 0;

  constructor(length: number) {
    this.#length = length;
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(length, FIRST_ROOM_BYTES));
  }

  get missing(): number {
    return this.#length - this.#filled;
  }

  /** Takes as many bytes as are missing; the caller keeps the others. */
  add(chunk: Buffer): void {
    const end = Math.min(this.#length, this.#filled + chunk.length);
    if (end > this.#bytes.length) this.#grow(end);
    this.#filled += chunk.copy(this.#bytes, this.#filled, 0, end - this.#filled);
  }

  /** The whole body, once nothing is missing. */
  get whole(): Buffer {
    return this.#bytes;
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.min(this.#length, Math.max(needed, this.#bytes.length * GROWTH)));
    this.#bytes.copy(grown, 0, 0, this.#filled);
    this.#bytes = grown;
  }
}
