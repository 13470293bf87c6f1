import type { UpstreamError } from '../../core/scheduling/index.ts';
import { type AnswerFacts, noFacts } from './dialects/index.ts';
import { type BodySink, type ExchangeResult, failedBehindStatus, isDrainTimeout } from './exchange.ts';
import type { SinkContext } from './sink-context.ts';
import { readTailUsage } from './tail-usage.ts';

/**
 * A whole answer is held at least up to this size, for its id, tier and encrypted items are read only from one that was
 * held. More than for a stream, because a client that asked for a whole answer waits for its end anyway.
 */
const HOLD_BYTES = 4 * 1024 * 1024;
const TAIL_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);
const CUT = { isWhole: false, objectIds: [] as readonly string[], lastBytes: 0 };
const WHOLE = { ...CUT, isWhole: true };

/** Takes a complete JSON answer: held while it is small, passed through while it is large. */
export function jsonSink(input: SinkContext): BodySink {
  return new JsonSink(input);
}

class JsonSink implements BodySink {
  readonly #input: SinkContext;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #tail: Buffer = NOTHING;
  #firstOutputMs: number | null = null;

  constructor(input: SinkContext) {
    this.#input = input;
  }

  data(chunk: Buffer): boolean {
    this.#bytes += chunk.length;
    const { answer, dialect } = this.#input;
    if (answer.isCommitted) return this.#pass(chunk);
    this.#chunks.push(chunk);
    if (this.#bytes <= Math.max(this.#input.holdMaxBytes, HOLD_BYTES)) return true;
    if (dialect.rewriteJson) return this.#tooLarge();
    answer.commit(this.#input.status, this.#input.headers);
    this.#firstOutputMs = this.#input.elapsedMs();
    const held = Buffer.concat(this.#chunks);
    this.#chunks = [];
    return this.#pass(held);
  }

  end(): void {
    const { answer, control, dialect, status } = this.#input;
    if (answer.isCommitted) {
      control.finish(this.#answered('completed', { ...noFacts(), usage: readTailUsage(this.#tail) }, WHOLE));
      return answer.end();
    }
    const body = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    const facts = dialect.readJson(body);
    if (!facts) {
      const error: UpstreamError = { kind: 'malformed', detail: `status ${status} with a body that is no JSON object` };
      return control.finish({ kind: 'failed', error, answer: null });
    }
    if (facts.failure && !this.#input.isOfObject) return control.finish(failedBehindStatus(facts.failure, body));
    const objectIds = this.#input.objectIdsIn(body, facts);
    this.#firstOutputMs = this.#input.elapsedMs();
    const outcome = answer.isGone ? 'client_gone' : 'completed';
    const sent = dialect.rewriteJson ? dialect.rewriteJson() : body;
    control.finish(this.#answered(outcome, facts, { isWhole: true, objectIds, lastBytes: sent.length }));
    answer.commit(status, [...this.#input.headers, 'content-length', String(sent.length)]);
    answer.end(sent);
  }

  broke(error: UpstreamError): void {
    const { answer, control } = this.#input;
    if (isDrainTimeout(error)) return control.finish(this.#answered('client_gone', noFacts()));
    if (!answer.isCommitted) return control.finish({ kind: 'failed', error, answer: null });
    // The length or the chunked framing tells the client that this is not the whole answer.
    answer.cut();
    control.finish(this.#answered('incomplete', noFacts()));
  }

  clientGone(): void {
    if (this.#input.mayDrain(noFacts())) return this.#input.onDrain();
    const { answer, control } = this.#input;
    if (answer.isCommitted) control.finish(this.#answered('client_gone', noFacts()));
    control.abort('client gone');
  }

  /** What has to be translated cannot pass in parts. */
  #tooLarge(): boolean {
    const { control } = this.#input;
    const detail = `an answer of more than ${HOLD_BYTES} bytes cannot be translated`;
    control.finish({ kind: 'failed', error: { kind: 'malformed', detail }, answer: null });
    control.abort(detail);
    return true;
  }

  #pass(chunk: Buffer): boolean {
    const joined = Buffer.concat([this.#tail, chunk]);
    this.#tail = joined.length > TAIL_BYTES ? Buffer.from(joined.subarray(-TAIL_BYTES)) : joined;
    if (this.#input.answer.write(chunk)) return true;
    this.#input.answer.onceDrained(() => this.#input.control.resume());
    return false;
  }

  #answered(
    outcome: 'completed' | 'incomplete' | 'client_gone',
    facts: AnswerFacts,
    { isWhole, objectIds, lastBytes } = CUT,
  ): ExchangeResult {
    return {
      kind: 'answered',
      outcome,
      status: this.#input.status,
      facts,
      isWhole,
      outputEvents: 0,
      firstOutputMs: this.#firstOutputMs,
      errorCode: null,
      objectIds,
      lastBytes,
    };
  }
}
