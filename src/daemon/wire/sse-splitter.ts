import { Failure } from '../../core/failure.ts';
import { GatheredBytes } from './gathered-bytes.ts';
import { SseBoundaries } from './sse-boundaries.ts';
import { SseEvent } from './sse-event.ts';

export const SSE_EVENT_MAX_BYTES = 64 * 1024 * 1024;

export interface SseSplitterOptions {
  /** Called within push, in order. The event may keep a view of the chunk. */
  readonly onEvent: (event: SseEvent) => void;
  /** Bytes of one event with its framing; 64 MB by default. */
  readonly eventMaxBytes?: number;
}

/**
 * Cuts a stream of server-sent events into events. Every byte comes out in exactly one event: comments and stray blank
 * lines are events without data. An event within one chunk is a view of it; one that spans chunks is copied once over.
 * An event that ends in a bare CR comes with the next byte or finish, since an LF may still belong to it.
 */
export class SseSplitter {
  readonly #onEvent: (event: SseEvent) => void;
  readonly #maxBytes: number;
  readonly #boundaries = new SseBoundaries();
  readonly #partial = new GatheredBytes();
  #isFirst: boolean = true;

  constructor(options: SseSplitterOptions) {
    this.#onEvent = options.onEvent;
    this.#maxBytes = options.eventMaxBytes ?? SSE_EVENT_MAX_BYTES;
  }

  /** @throws Failure too_large when an event outgrows its limit; the splitter is of no use after that. */
  push(chunk: Buffer): void {
    this.#boundaries.begin(chunk);
    let start = 0;
    for (let end = this.#boundaries.next(); end >= 0; end = this.#boundaries.next()) {
      this.#check(end - start);
      let raw: Buffer;
      if (this.#partial.length > 0) {
        this.#partial.add(chunk, start, end);
        raw = this.#partial.take();
      } else raw = start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end);
      start = end;
      const isFirst = this.#isFirst;
      this.#isFirst = false;
      this.#onEvent(new SseEvent(raw, isFirst));
    }
    if (start === chunk.length) return;
    this.#check(chunk.length - start);
    this.#partial.add(chunk, start, chunk.length);
  }

  /** Ends the stream: the event that was begun and had no blank line, if any. Clients discard such an event. */
  finish(): SseEvent | undefined {
    return this.#partial.length > 0 ? new SseEvent(this.#partial.take(), this.#isFirst) : undefined;
  }

  #check(moreBytes: number): void {
    if (this.#partial.length + moreBytes <= this.#maxBytes) return;
    this.#partial.clear();
    throw new Failure('too_large', `an event of the stream is larger than ${this.#maxBytes} bytes`);
  }
}
