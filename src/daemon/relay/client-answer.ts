import type { AnswerListener, AnswerWriter } from '../transport/index.ts';

/** What was sent to the client, kept for a replay under the same Idempotency-Key. */
export interface AnswerCopy {
  readonly status: number;
  readonly headers: readonly string[];
  readonly chunks: readonly Buffer[];
  /** False when the answer grew past what is kept. */
  readonly isWhole: boolean;
}

/**
 * The client's side of a request. Once `commit` was called the status is out and there is no way back; before it
 * nothing has been sent at all.
 */
export class ClientAnswer implements AnswerListener {
  isCommitted = false;
  status = 0;
  bodyBytes = 0;
  readonly #writer: AnswerWriter;
  readonly #requestId: string;
  #isGone = false;
  #follower: { clientGone(): void } | null = null;
  #onDrained: (() => void) | null = null;
  #copyMaxBytes = 0;
  #copy: { headers: readonly string[]; chunks: Buffer[]; bytes: number; isWhole: boolean } | null = null;

  constructor(writer: AnswerWriter, requestId: string) {
    this.#writer = writer;
    this.#requestId = requestId;
    writer.listen(this);
  }

  clientLeft(): void {
    this.#isGone = true;
    this.#follower?.clientGone();
    // Whoever waits for a slow client would wait for ever for one that is gone.
    this.drained();
  }

  drained(): void {
    const listener = this.#onDrained;
    this.#onDrained = null;
    listener?.();
  }

  /** True once the connection closed before the whole answer was handed over. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Who is told when the client goes away; null when nobody has to be. */
  follow(follower: { clientGone(): void } | null): void {
    this.#follower = follower;
  }

  /** Keeps a copy of up to `maxBytes` of the answer from now on. */
  keepCopy(maxBytes: number): void {
    this.#copyMaxBytes = maxBytes;
  }

  get copy(): AnswerCopy | null {
    return this.#copy ? { status: this.status, ...this.#copy } : null;
  }

  /** Sends status and headers with the next bytes. `headers` is flat: name, value, name, value … */
  commit(status: number, headers: readonly string[]): void {
    this.isCommitted = true;
    this.status = status;
    if (this.#copyMaxBytes > 0) this.#copy = { headers, chunks: [], bytes: 0, isWhole: true };
    if (!this.#isGone) this.#writer.writeHead(status, [...headers, 'x-request-id', this.#requestId]);
  }

  /** False when the client is slower than the upstream: wait for `onceDrained`. A client that is gone is never slow. */
  write(chunk: Buffer): boolean {
    this.#count(chunk);
    return this.#isGone ? true : this.#writer.write(chunk);
  }

  end(chunk?: Buffer): void {
    if (chunk) this.#count(chunk);
    if (!this.#isGone) this.#writer.end(chunk);
  }

  /** Cuts the connection, so that the client sees that the answer is not whole. */
  cut(): void {
    this.#writer.destroy();
  }

  /** Calls back when the client has taken what was written, or is gone. */
  onceDrained(listener: () => void): void {
    this.#onDrained = listener;
  }

  #count(chunk: Buffer): void {
    this.bodyBytes += chunk.length;
    const copy = this.#copy;
    if (!copy?.isWhole) return;
    copy.bytes += chunk.length;
    if (copy.bytes <= this.#copyMaxBytes) copy.chunks.push(chunk);
    else {
      copy.isWhole = false;
      copy.chunks.length = 0;
    }
  }
}
