import { GatheredBytes } from './gathered-bytes.ts';
import { SseBoundaries } from './sse-boundaries.ts';
import { SseEvent } from './sse-event.ts';
import { SSE_EVENT_MAX_BYTES } from './sse-splitter.ts';

/** What the first bytes of an event tell: deliver it, forget it, or let the markers decide. */
export type HeadVerdict = 'deliver' | 'skip' | 'unsure';

export interface SseTailOptions {
  /** Called within observe, in order. An event within one chunk is a view of it: take what is needed, keep nothing. */
  readonly onEvent: (event: SseEvent) => void;
  /**
   * Judges an event by its first `headBytes` bytes (all of it when shorter), framing and comments included. It must say
   * `unsure` rather than `skip` unless the head alone is proof. Left out, every event is `unsure`.
   */
  readonly judge?: (head: Buffer) => HeadVerdict;
  /** An event that is `unsure` is delivered when its bytes, framing included, contain one of these. */
  readonly markers: readonly Buffer[];
  /** Default 512. */
  readonly headBytes?: number;
  /** Most bytes that an event in the making may hold; 64 MB by default. */
  readonly eventMaxBytes?: number;
}

/**
 * Watches a stream of server-sent events as it passes and picks out the few events that matter. The contract:
 *
 * - Which events are delivered depends on the bytes of the stream only, never on how it was cut into chunks.
 * - A delivered event is complete and delivered once. Markers may give false alarms (a marker within generated text),
 *   never misses: the receiver still reads the event's type.
 * - Events within one chunk cost no copy. Of an event that spans chunks, bytes are held from its first chunk until it
 *   is judged, and further only unless the verdict is `skip`: a marker may come last. A skipped event holds nothing.
 * - An event that outgrows `eventMaxBytes` and is not skipped is let go and counted in `outgrown`, for the stream itself
 *   is sound: the caller settles without it.
 * - An end in a bare CR is seen with the next byte or finish, since an LF may still belong to it.
 */
export class SseTail {
  /** Events that may have mattered and were too large to be kept. */
  outgrown = 0;
  readonly #onEvent: (event: SseEvent) => void;
  readonly #judge: ((head: Buffer) => HeadVerdict) | undefined;
  readonly #markers: readonly Buffer[];
  readonly #headBytes: number;
  readonly #maxBytes: number;
  readonly #boundaries = new SseBoundaries();
  readonly #partial = new GatheredBytes();
  readonly #hits: number[];
  #isFirst: boolean = true;
  #isDropping: boolean = false;
  #partialVerdict: HeadVerdict | undefined;

  constructor(options: SseTailOptions) {
    this.#onEvent = options.onEvent;
    this.#judge = options.judge;
    this.#markers = options.markers;
    this.#hits = options.markers.map(() => -1);
    this.#headBytes = options.headBytes ?? 512;
    this.#maxBytes = options.eventMaxBytes ?? SSE_EVENT_MAX_BYTES;
  }

  /** Looks at the next chunk; keeps no reference to it. */
  observe(chunk: Buffer): void {
    this.#boundaries.begin(chunk);
    this.#hits.fill(-1);
    let start = 0;
    for (let end = this.#boundaries.next(); end >= 0; end = this.#boundaries.next()) {
      if (this.#isDropping) this.#isDropping = false;
      else if (this.#partial.length > 0) this.#endPartial(chunk, start, end);
      else this.#inspect(chunk, start, end);
      this.#isFirst = false;
      start = end;
    }
    if (start < chunk.length && !this.#isDropping) this.#hold(chunk, start);
  }

  /** Ends the stream: an event without its blank line is judged like any other. */
  finish(): void {
    if (this.#partial.length > 0) this.#endPartial(EMPTY, 0, 0);
  }

  #inspect(chunk: Buffer, start: number, end: number): void {
    let verdict: HeadVerdict = 'unsure';
    if (this.#judge !== undefined) verdict = this.#judge(chunk.subarray(start, Math.min(end, start + this.#headBytes)));
    if (verdict === 'skip') return;
    if (end - start > this.#maxBytes) this.outgrown++;
    else if (verdict === 'deliver' || this.#hasMarker(chunk, start, end)) {
      this.#onEvent(new SseEvent(chunk.subarray(start, end), this.#isFirst));
    }
  }

  // One search for each marker serves all events of the chunk in which it does not occur.
  #hasMarker(chunk: Buffer, start: number, end: number): boolean {
    for (let i = 0; i < this.#markers.length; i++) {
      const marker = this.#markers[i] as Buffer;
      let hit = this.#hits[i] as number;
      if (hit < start) {
        hit = chunk.indexOf(marker, start);
        if (hit < 0) hit = chunk.length;
        this.#hits[i] = hit;
      }
      if (hit + marker.length <= end) return true;
    }
    return false;
  }

  #hold(chunk: Buffer, start: number): void {
    this.#partial.add(chunk, start, chunk.length);
    if (this.#partialVerdict === undefined && this.#partial.length >= this.#headBytes) {
      this.#partialVerdict = this.#judge?.(this.#partial.head(this.#headBytes)) ?? 'unsure';
    }
    if (this.#partialVerdict === 'skip') this.#drop();
    else if (this.#partial.length > this.#maxBytes) {
      this.outgrown++;
      this.#drop();
    }
  }

  #drop(): void {
    this.#partial.clear();
    this.#partialVerdict = undefined;
    this.#isDropping = true;
  }

  #endPartial(chunk: Buffer, start: number, end: number): void {
    this.#partial.add(chunk, start, end);
    const raw = this.#partial.take();
    const verdict = this.#partialVerdict ?? this.#judge?.(raw.subarray(0, this.#headBytes)) ?? 'unsure';
    this.#partialVerdict = undefined;
    if (verdict === 'skip') return;
    if (raw.length > this.#maxBytes) this.outgrown++;
    else if (verdict === 'deliver' || this.#markers.some((marker) => raw.includes(marker))) {
      this.#onEvent(new SseEvent(raw, this.#isFirst));
    }
  }
}

const EMPTY = Buffer.alloc(0);
