import type { UpstreamError } from '../../core/scheduling/index.ts';
import { type SseEvent, SseSplitter, SseTail } from '../wire/index.ts';
import type { StreamReader } from './dialects/index.ts';
import { type BodySink, type ExchangeResult, failedBehindStatus, isDrainTimeout } from './exchange.ts';
import type { SinkContext } from './sink-context.ts';

export interface SseLimits {
  readonly holdMaxMs: number;
  readonly eventMaxBytes: number;
  readonly keepaliveMs: number;
}

/**
 * Takes a stream of events. Until the commit point events are held with the status unsent, so that a stream that fails
 * at once can still be had elsewhere, or show its real status. After it, bytes pass as they come and are only watched.
 */
export function sseSink(input: SinkContext, reader: StreamReader, limits: SseLimits): BodySink {
  return new SseSink(input, reader, limits);
}

class SseSink implements BodySink {
  readonly #input: SinkContext;
  readonly #reader: StreamReader;
  readonly #limits: SseLimits;
  /** Gone once events are only watched: a stream may be open for long, and thousands of them at once. */
  #splitter: SseSplitter | null;
  #tail: SseTail | null = null;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #pending: Buffer[] = [];
  #outputEvents = 0;
  #firstOutputMs: number | null = null;
  #lastChunkMs: number;
  #objectIds: readonly string[] = [];
  #isOver = false;
  #isDraining = false;
  #endsWithEvent = true;
  #isConclusive = false;
  readonly #openedMs: number;

  constructor(input: SinkContext, reader: StreamReader, limits: SseLimits) {
    this.#input = input;
    this.#reader = reader;
    this.#limits = limits;
    this.#openedMs = input.elapsedMs();
    this.#lastChunkMs = this.#openedMs;
    this.#splitter = new SseSplitter({
      onEvent: (event) => this.#onEvent(event),
      eventMaxBytes: limits.eventMaxBytes,
    });
  }

  data(chunk: Buffer): boolean {
    this.#lastChunkMs = this.#input.elapsedMs();
    if (this.#tail) {
      this.#outputEvents++;
      this.#tail.observe(chunk);
      if (this.#isConclusive) this.#conclude(chunk.length);
      return this.#write(chunk);
    }
    try {
      this.#splitter?.push(chunk);
    } catch (error) {
      this.broke({ kind: 'malformed', detail: error instanceof Error ? error.message : 'unreadable stream' });
      this.#input.control.abort('stream cannot be read');
      return true;
    }
    const { rewrite, watch } = this.#reader;
    if (this.#input.answer.isCommitted && !rewrite && watch) this.#onlyWatch(watch);
    return this.#flushPending();
  }

  end(): void {
    this.#tail?.finish();
    const rest = this.#splitter?.finish();
    if (rest) this.#onEvent(rest);
    if (this.#isOver) return;
    this.#close();
    if (!this.#input.answer.isCommitted) return this.#reader.failure ? this.#failUncommitted() : this.#endUncommitted();
    this.#flushPending();
    if (!this.#reader.isEnded && !this.#reader.failure) {
      this.#writeError('stream_incomplete', 'The upstream ended the stream early.');
    }
    this.#finish(this.#reader.isEnded ? 'completed' : 'incomplete');
    this.#input.answer.end();
  }

  broke(error: UpstreamError): void {
    if (this.#isOver) return;
    const { answer, control } = this.#input;
    const reader = this.#reader;
    if (isDrainTimeout(error)) return this.#finish(reader.isEnded ? 'completed' : 'client_gone');
    if (!answer.isCommitted) {
      this.#isOver = true;
      return control.finish({ kind: 'failed', error, answer: null });
    }
    this.#flushPending();
    // Everything that matters was said: what happens to the connection afterwards changes nothing.
    if (!reader.isEnded && !reader.failure) {
      const message = error.kind === 'malformed' ? error.detail : 'The connection to the upstream broke.';
      this.#writeError('upstream_stream_broken', message);
    }
    answer.end();
    this.#finish(reader.isEnded ? 'completed' : 'incomplete');
  }

  tick(): void {
    const { answer } = this.#input;
    const { keepaliveMs } = this.#limits;
    if (this.#isOver || answer.isGone) return;
    const elapsedMs = this.#input.elapsedMs();
    if (!answer.isCommitted) {
      // An upstream that stays silent must not leave the client without a status until its own timer runs out.
      if (elapsedMs - this.#openedMs >= this.#limits.holdMaxMs) this.#commit();
      this.#flushPending();
    } else if (keepaliveMs > 0 && elapsedMs - this.#lastChunkMs >= keepaliveMs && this.#endsWithEvent) {
      this.#lastChunkMs = elapsedMs;
      answer.write(this.#input.dialect.keepalive);
    }
  }

  clientGone(): void {
    if (this.#isOver) return;
    const { control, answer } = this.#input;
    const reader = this.#reader;
    // Codex CLI closes right after the terminal event: that is success. In chat, usage may still come behind the end.
    if (reader.isEnded && reader.facts.usage) {
      this.#finish('completed');
      control.abort('client closed after the terminal event');
    } else if (this.#input.mayDrain(reader.facts)) {
      this.#isDraining = !reader.isEnded;
      this.#input.onDrain();
    } else {
      if (answer.isCommitted) this.#finish(reader.isEnded ? 'completed' : 'client_gone');
      control.abort('client gone');
    }
  }

  #onEvent(event: SseEvent): void {
    if (this.#isOver) return;
    const { answer } = this.#input;
    const reader = this.#reader;
    if (answer.isCommitted && reader.isPlain(event)) {
      this.#outputEvents++;
      return this.#hold(event, true);
    }
    const verdict = this.#read(event);
    if (verdict === 'failed' && !answer.isCommitted) return this.#failUncommitted();
    if (verdict === 'output') this.#outputEvents++;
    this.#hold(event, false);
    if (answer.isCommitted) return;
    if (verdict !== 'preamble' || this.#heldBytes > this.#input.holdMaxBytes) this.#commit(verdict !== 'preamble');
  }

  #hold(event: SseEvent, isPlain: boolean): void {
    this.#keep(this.#reader.rewrite ? this.#reader.rewrite(event, isPlain) : event.raw);
  }

  /** The end itself may tell how the answer ended, in wires without an event for it. */
  #close(): void {
    const bytes = this.#reader.close?.() ?? null;
    this.#keep(bytes);
    if (bytes && this.#reader.isEnded && !this.#input.answer.isCommitted) this.#commit(true);
    if (this.#reader.isEnded) this.#isConclusive = true;
  }

  #keep(bytes: Buffer | null): void {
    if (!bytes) return;
    if (this.#input.answer.isCommitted) this.#pending.push(bytes);
    else {
      this.#held.push(bytes);
      this.#heldBytes += bytes.length;
    }
  }

  #commit(hasOutput = false): void {
    if (hasOutput) this.#firstOutputMs = this.#input.elapsedMs();
    this.#input.answer.commit(this.#input.status, this.#input.headers);
    this.#pending = this.#held;
    this.#held = [];
  }

  /** From here on nothing is edited: chunks pass whole, and only the events that matter are looked at. */
  #onlyWatch(watch: NonNullable<StreamReader['watch']>): void {
    const { eventMaxBytes } = this.#limits;
    this.#tail = new SseTail({ onEvent: (event) => void this.#read(event), eventMaxBytes, ...watch });
    const begun = this.#splitter?.finish();
    this.#splitter = null;
    if (!begun) return;
    this.#pending.push(begun.raw);
    this.#tail.observe(begun.raw);
  }

  /** Reads an event that may matter, and notes when nothing that is still to come can change the books. */
  #read(event: SseEvent): ReturnType<StreamReader['read']> {
    const reader = this.#reader;
    const wasEnded = reader.isEnded;
    const verdict = reader.read(event);
    if (verdict === 'ended') this.#objectIds = this.#input.objectIdsIn(event.data(), reader.facts);
    // A chat stream has its finish reason first, then its usage, then its end, if its provider sends one.
    if (verdict === 'ended' || (wasEnded && reader.facts.usage)) this.#isConclusive = true;
    return verdict;
  }

  /** Writes what one chunk released in one piece. */
  #flushPending(): boolean {
    const pending = this.#pending;
    if (pending.length === 0) return true;
    this.#pending = [];
    const bytes = pending.length === 1 ? (pending[0] as Buffer) : Buffer.concat(pending);
    if (this.#isConclusive) this.#conclude(bytes.length);
    return this.#write(bytes);
  }

  #write(chunk: Buffer): boolean {
    this.#endsWithEvent = endsWithBlankLine(chunk);
    if (this.#input.answer.write(chunk)) return true;
    this.#input.answer.onceDrained(() => this.#input.control.resume());
    return false;
  }

  /** Ends what is broken off, so that the error is an event of its own. */
  #writeError(code: string, message: string): void {
    const { answer, dialect } = this.#input;
    const event = dialect.errorEvent(code, message);
    answer.write(this.#endsWithEvent ? event : Buffer.concat([BLANK_LINE, event]));
  }

  #endUncommitted(): void {
    const error: UpstreamError = { kind: 'malformed', detail: 'the stream ended before any output' };
    this.#isOver = true;
    this.#input.control.finish({ kind: 'failed', error, answer: null });
  }

  #failUncommitted(): void {
    const failure = this.#reader.failure;
    this.#isOver = true;
    const body = Buffer.from(
      JSON.stringify({
        error: { message: failure?.message, type: failure?.code, param: null, code: failure?.code },
      }),
    );
    this.#input.control.finish(failedBehindStatus(failure, body));
    this.#input.control.abort('the stream failed before any output');
  }

  /** Whoever has the end of a stream in hand must find it in the books: they are closed before these bytes leave. */
  #conclude(lastBytes: number): void {
    if (!this.#isOver) this.#input.control.conclude(this.#result('completed', lastBytes));
  }

  #finish(outcome: 'completed' | 'incomplete' | 'client_gone'): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#input.control.finish(this.#result(outcome, 0));
  }

  #result(outcome: 'completed' | 'incomplete' | 'client_gone', lastBytes: number): ExchangeResult {
    const { answer, status } = this.#input;
    const reader = this.#reader;
    return {
      kind: 'answered',
      outcome: this.#isDraining || (outcome === 'incomplete' && answer.isGone) ? 'client_gone' : outcome,
      status,
      facts: reader.facts,
      isWhole: reader.isEnded,
      outputEvents: this.#outputEvents,
      firstOutputMs: this.#firstOutputMs,
      errorCode: reader.failure?.code ?? null,
      objectIds: this.#objectIds,
      lastBytes,
    };
  }
}

const BLANK_LINE = Buffer.from('\n\n');
const LF = 0x0a;
const CR = 0x0d;

/** Whether a keep-alive may follow; a chunk too short to tell may not be the end of an event. */
function endsWithBlankLine(chunk: Buffer): boolean {
  const end = chunk.length;
  if (chunk[end - 1] !== LF) return false;
  return chunk[end - 2] === LF || (chunk[end - 2] === CR && chunk[end - 3] === LF);
}
