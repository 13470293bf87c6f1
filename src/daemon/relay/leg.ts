import type { Config } from '../../core/config/index.ts';
import { describeError } from '../../core/failure.ts';
import { type Candidate, CLASS_POLICIES, classify, type LimitHold, type Pick } from '../../core/scheduling/index.ts';
import type { EpochMs } from '../../core/time.ts';
import { closeBooks } from './books.ts';
import type { ClientAnswer } from './client-answer.ts';
import type { AnswerFacts, Dialect } from './dialects/index.ts';
import { errorSink } from './error-sink.ts';
import { type BodySink, DRAIN_TIMEOUT, Exchange, type ExchangeHooks, type ExchangeResult } from './exchange.ts';
import { foldSink } from './fold-sink.ts';
import { headerIn, headersDown, translatedHeaders } from './header-lists.ts';
import type { Journey } from './journey.ts';
import { jsonSink } from './json-sink.ts';
import { isBackground } from './meter.ts';
import type { RelayHouse } from './relay-house.ts';
import { makesSealedItems } from './relay-request.ts';
import { sseSink } from './sse-sink.ts';
import { encryptedMarks } from './sticky-signs.ts';
import { traceOf } from './trace.ts';
import { unsendable } from './unsendable.ts';
import type { UpstreamCall } from './upstream-call.ts';
import { NOT_WATCHED, type Watched } from './watch.ts';

/**
 * One call to one candidate while it lasts: its limits of time, what the sinks want to know of the request around it, and
 * the books that it keeps open: load, room in the credential's limits, and, once it has an answer, those of the journey.
 */
export class Leg implements Watched, ExchangeHooks {
  readonly answer: ClientAnswer;
  readonly dialect: Dialect;
  readonly holdMaxBytes: number;
  readonly isOfObject: boolean;
  readonly outlivesClient: boolean;
  readonly control: Exchange;
  readonly picked: Pick;
  /** Monotonic. */
  readonly startedMs: number;
  status = 0;
  headers: string[] = [];
  deadlineMs: number;
  watchSlot = NOT_WATCHED;
  readonly #house: RelayHouse;
  readonly #journey: Journey;
  readonly #candidate: Candidate;
  readonly #call: UpstreamCall;
  readonly #hold: LimitHold | null;
  readonly #sentAt: EpochMs;
  #areBooksOpen = true;
  #isDraining = false;
  #heardMs: number;

  /** Opens the books of the call. Use `run` at once, and `abandon` whatever happens. */
  constructor(house: RelayHouse, journey: Journey, candidate: Candidate, picked: Pick, call: UpstreamCall) {
    const { request, answer } = journey;
    const config = house.live.state.settings.effective;
    this.#house = house;
    this.#journey = journey;
    this.#candidate = candidate;
    this.picked = picked;
    this.#call = call;
    this.answer = answer;
    this.dialect = call.dialect;
    this.isOfObject = request.route.onObject;
    this.outlivesClient = isBackground(request);
    this.holdMaxBytes = config['relay.hold_max_bytes'];
    this.deadlineMs = request.startedMs + config['relay.total_timeout_ms'];
    this.startedMs = house.ctx.clock.monotonicMs();
    this.#heardMs = this.startedMs;
    this.#sentAt = house.ctx.clock.now();
    this.control = new Exchange(this);
    house.health.began(candidate.name);
    const { limited } = candidate;
    this.#hold = limited.length > 0 ? house.limits.take(limited, journey.estimatedTokens, this.#sentAt) : null;
  }

  run(): Promise<ExchangeResult> {
    if (this.answer.isGone) {
      this.control.finish({ kind: 'abandoned', why: 'client gone before the call' });
      return this.control.result;
    }
    const { origin, path, method, headers, body } = this.#call;
    const { credential, upstream } = this.#candidate;
    this.answer.follow(this.control);
    this.#house.watch.add(this);
    try {
      this.#house.egress
        .senderFor({ origin, allowPrivate: upstream.allowPrivate, proxyUrl: credential.proxyUrl })
        .send({ path, method, headers, body }, this.control);
    } catch (error) {
      this.control.finish(unsendable(error));
    }
    return this.control.result;
  }

  /** Closes the books of the call and, with an answer in hand, those of the journey: nothing after this can change them. */
  concluded(result: ExchangeResult): void {
    this.#closeBooks(result);
    if (result.kind !== 'answered') return;
    try {
      this.#settle(result);
    } catch (error) {
      // Thrown into the transport it would take the answer with it, which is in hand and paid for.
      const { id } = this.#journey.request;
      this.#house.ctx.log.error({ request: id, error: describeError(error) }, 'the books were not closed');
    }
  }

  #settle(result: Extract<ExchangeResult, { kind: 'answered' }>): void {
    const { clock } = this.#house.ctx;
    // A rest that began after this call had left is not refuted by it.
    if (result.outcome === 'completed') {
      this.#house.cooldowns.reportSuccess(this.#candidate, clock.now(), this.#sentAt);
    }
    const trace = traceOf(this.#journey, {
      picked: this.picked,
      startedMs: this.startedMs,
      endedMs: clock.monotonicMs(),
    });
    trace.status = result.status;
    trace.verdict = result.outcome;
    trace.errorCode = result.errorCode;
    this.#journey.attempts.push(trace);
    const { outcome, status, errorCode } = result;
    const attempted = { kind: 'served' as const, candidate: this.#candidate, result };
    closeBooks(this.#house, this.#journey, { outcome, status, errorCode, refusal: null, attempted });
  }

  /** After a defect: whatever is still open of the call's own books is closed. */
  abandon(): void {
    this.#closeBooks({ kind: 'abandoned', why: 'a defect' });
  }

  #closeBooks(result: ExchangeResult): void {
    if (!this.#areBooksOpen) return;
    this.#areBooksOpen = false;
    const { limits, health, stats, ctx } = this.#house;
    const { name, upstream } = this.#candidate;
    const answered = result.kind === 'answered' ? result : null;
    const usage = answered?.facts.usage;
    const hold = this.#hold;
    if (hold) limits.release(hold, usage ? usage.input + usage.output : hold.tokens, ctx.clock.now());
    if (result.kind === 'abandoned') health.left(name);
    else health.ended(name, { failed: isTransientFailure(result), firstOutputMs: answered?.firstOutputMs ?? null });
    stats.countAttempt(upstream.name, answered ? answered.outcome : result.kind);
  }

  finished(): void {
    this.#house.watch.delete(this);
    this.answer.follow(null);
    if (this.#isDraining) this.#house.stats.draining--;
  }

  /**
   * Watches the upstream's silence. undici has timers for it too, but makes new ones for every request when the two
   * limits differ, and keeps them for a second: most of the garbage of a busy relay.
   */
  tick(nowMs: number): void {
    const exchange = this.control;
    if (exchange.wasHeard || exchange.isPaused) {
      exchange.wasHeard = false;
      this.#heardMs = nowMs;
    }
    const config = this.#house.live.state.settings.effective;
    const limitMs = config[exchange.hasHeaders ? 'relay.stream_idle_timeout_ms' : 'relay.response_header_timeout_ms'];
    if (nowMs - this.#heardMs >= limitMs) exchange.timeOut(exchange.hasHeaders ? 'IDLE_TIMEOUT' : 'HEADERS_TIMEOUT');
    else exchange.tick(nowMs);
  }

  timeOut(): void {
    this.control.timeOut(this.#isDraining ? DRAIN_TIMEOUT : 'TOTAL_TIMEOUT');
  }

  openSink(status: number, raw: readonly string[]): BodySink {
    const config = this.#house.live.state.settings.effective;
    this.#call.onHeaders?.(raw);
    if (status >= 300) {
      const limits = { maxBytes: config['relay.error_body_max_bytes'], clock: this.#house.ctx.clock };
      return errorSink(status, raw, this.control, limits);
    }
    const sink = this.#answerSink(status, raw, config);
    // It left before there was a sink that could be told.
    if (this.answer.isGone) sink.clientGone();
    return sink;
  }

  #answerSink(status: number, raw: readonly string[], config: Config): BodySink {
    this.status = status;
    this.headers = headersDown(raw);
    if (config['relay.expose_upstream_headers']) {
      const attempt = this.#journey.attempts.length + 1;
      this.headers.push('x-realms-upstream', this.#candidate.name, 'x-realms-attempts', String(attempt));
    }
    const { openStream, openFold } = this.dialect;
    const { stream, incoming } = this.#journey.request;
    const isEvents = headerIn(this.headers, 'content-type').startsWith('text/event-stream');
    // Google's clients that do not ask for events get their stream as one JSON array.
    const wantsEvents = stream && incoming.gemini?.isSse !== false;
    if (this.#call.isTranslated) this.headers = translatedHeaders(this.headers, wantsEvents);
    if (!openStream || !isEvents) return jsonSink(this);
    if (!stream && openFold) {
      this.headers = translatedHeaders(this.headers, stream);
      return foldSink(this, openFold(), { eventMaxBytes: config['relay.sse_event_max_bytes'] });
    }
    this.headers.push('cache-control', 'no-cache', 'x-accel-buffering', 'no');
    return sseSink(this, openStream({ usageInjected: this.#call.usageInjected }), {
      holdMaxMs: config['relay.hold_max_ms'],
      eventMaxBytes: config['relay.sse_event_max_bytes'],
      keepaliveMs: config['relay.keepalive_interval_ms'],
    });
  }

  elapsedMs(): number {
    return this.#house.ctx.clock.monotonicMs() - this.#journey.request.startedMs;
  }

  mayDrain(facts: AnswerFacts): boolean {
    // Until its id is known, nobody could ever ask what it cost.
    if (this.outlivesClient && facts.objectId === null) return true;
    const config = this.#house.live.state.settings.effective;
    const policy = this.#journey.caller.key.disconnectPolicy ?? config['relay.disconnect_policy'];
    return policy === 'drain' && this.#house.stats.draining < config['relay.drain_max_streams'];
  }

  onDrain(): void {
    const config = this.#house.live.state.settings.effective;
    this.#house.stats.draining++;
    this.#isDraining = true;
    this.deadlineMs = Math.min(this.deadlineMs, this.#house.ctx.clock.monotonicMs() + config['relay.drain_max_ms']);
  }

  objectIdsIn(data: Buffer, facts: AnswerFacts): readonly string[] {
    return this.#call.isTranslated ? [] : objectIds(this.#journey, data, facts);
  }
}

function isTransientFailure(result: ExchangeResult): boolean {
  if (result.kind === 'answered') return result.outcome === 'incomplete';
  return result.kind === 'failed' && CLASS_POLICIES[classify(result.error)].transient;
}

/** What in an answer ties later requests to the account that gave it. */
function objectIds(journey: Journey, data: Buffer, facts: AnswerFacts): readonly string[] {
  const { route, scan } = journey.request;
  if (!makesSealedItems(route)) return [];
  const isStored =
    route.endpoint === '/v1/responses' && facts.objectId !== null && scan?.get('store')?.kind !== 'false';
  return [...(isStored && facts.objectId ? [facts.objectId] : []), ...encryptedMarks(data)];
}
