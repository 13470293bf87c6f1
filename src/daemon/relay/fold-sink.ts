import type { UpstreamError } from '../../core/scheduling/index.ts';
import { type SseEvent, SseSplitter } from '../wire/index.ts';
import { type AnswerFold, noFacts, openaiErrorJson } from './dialects/index.ts';
import { type BodySink, type ExchangeResult, failedBehindStatus, isDrainTimeout } from './exchange.ts';
import type { SinkContext } from './sink-context.ts';

/** Takes a stream for a client that did not ask for one: read to its end, then answered whole. */
export function foldSink(input: SinkContext, fold: AnswerFold, limits: { readonly eventMaxBytes: number }): BodySink {
  return new FoldSink(input, fold, limits);
}

class FoldSink implements BodySink {
  readonly #input: SinkContext;
  readonly #fold: AnswerFold;
  readonly #splitter: SseSplitter;
  #outputEvents = 0;
  #firstOutputMs: number | null = null;
  #objectIds: readonly string[] = [];
  #isOver = false;

  constructor(input: SinkContext, fold: AnswerFold, { eventMaxBytes }: { readonly eventMaxBytes: number }) {
    this.#input = input;
    this.#fold = fold;
    this.#splitter = new SseSplitter({ onEvent: (event) => this.#onEvent(event), eventMaxBytes });
  }

  data(chunk: Buffer): boolean {
    if (this.#isOver) return true;
    try {
      this.#splitter.push(chunk);
    } catch (error) {
      this.broke({ kind: 'malformed', detail: error instanceof Error ? error.message : 'unreadable stream' });
      this.#input.control.abort('stream cannot be read');
    }
    return true;
  }

  end(): void {
    const rest = this.#splitter.finish();
    if (rest) this.#onEvent(rest);
    if (this.#isOver) return;
    const { reader } = this.#fold;
    reader.close?.();
    if (reader.failure) return this.#fail();
    if (!reader.isEnded) return this.broke({ kind: 'malformed', detail: 'the stream ended early' });
    this.#answer();
  }

  broke(error: UpstreamError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { control, answer } = this.#input;
    if (isDrainTimeout(error)) return control.finish(this.#answered('client_gone'));
    // What arrived is of no use to a client that waits for the whole, and nothing of it was sent.
    if (!answer.isGone) control.finish({ kind: 'failed', error, answer: null });
    else control.finish(this.#answered('client_gone'));
  }

  clientGone(): void {
    if (this.#isOver) return;
    if (this.#input.mayDrain(this.#fold.reader.facts)) return this.#input.onDrain();
    this.#isOver = true;
    if (this.#outputEvents > 0) this.#input.control.finish(this.#answered('client_gone'));
    this.#input.control.abort('client gone');
  }

  #onEvent(event: SseEvent): void {
    if (this.#isOver) return;
    const { reader } = this.#fold;
    this.#fold.take?.(event);
    const verdict = reader.read(event);
    if (verdict === 'failed') return this.#fail();
    if (verdict === 'output') {
      this.#outputEvents++;
      this.#firstOutputMs ??= this.#input.elapsedMs();
    }
    if (verdict === 'ended') this.#objectIds = this.#input.objectIdsIn(event.data(), reader.facts);
  }

  #fail(): void {
    this.#isOver = true;
    const { control } = this.#input;
    const { failure } = this.#fold.reader;
    const body = Buffer.from(openaiErrorJson(failure?.code ?? '', failure?.message ?? ''));
    control.finish(failedBehindStatus(failure, body));
    control.abort('the stream failed');
  }

  #answer(): void {
    this.#isOver = true;
    const { answer, control, status, headers } = this.#input;
    const body = this.#fold.body();
    const result = this.#answered(answer.isGone ? 'client_gone' : 'completed', body.length);
    control.finish(result);
    answer.commit(status, [...headers, 'content-length', String(body.length)]);
    answer.end(body);
  }

  #answered(outcome: 'completed' | 'client_gone', lastBytes = 0): ExchangeResult {
    const { reader } = this.#fold;
    return {
      kind: 'answered',
      outcome,
      status: this.#input.status,
      facts: reader.isEnded ? reader.facts : { ...noFacts(), usage: reader.facts.usage },
      isWhole: reader.isEnded,
      outputEvents: this.#outputEvents,
      firstOutputMs: this.#firstOutputMs,
      errorCode: null,
      objectIds: this.#objectIds,
      lastBytes,
    };
  }
}
