import { describeError } from '../../core/failure.ts';
import type { Candidate } from '../../core/scheduling/index.ts';
import type { ClientAnswer } from './client-answer.ts';
import { type AnswerFacts, type Dialect, openaiErrorJson } from './dialects/index.ts';
import { ADDRESS_DENIED } from './egress.ts';
import { errorSink } from './error-sink.ts';
import {
  type BodySink,
  DRAIN_TIMEOUT,
  Exchange,
  type ExchangeHooks,
  type ExchangeResult,
  networkError,
} from './exchange.ts';
import { headerIn, headersDown } from './header-lists.ts';
import type { Journey } from './journey.ts';
import { jsonSink } from './json-sink.ts';
import type { RelayHouse } from './relay-house.ts';
import { sseSink } from './sse-sink.ts';
import { encryptedMarks } from './sticky-signs.ts';
import { buildCall, type UpstreamCall } from './upstream-call.ts';
import { NOT_WATCHED, type Watched } from './watch.ts';

/** Makes one call to one candidate and takes its answer, as far as the client. */
export function send(house: RelayHouse, journey: Journey, candidate: Candidate): Promise<ExchangeResult> {
  return new Leg(house, journey, candidate).run();
}

/** One call while it lasts: its limits of time, and what the sinks want to know of the request around it. */
class Leg implements Watched, ExchangeHooks {
  readonly answer: ClientAnswer;
  readonly dialect: Dialect;
  readonly holdMaxBytes: number;
  readonly isOfObject: boolean;
  readonly control: Exchange;
  status = 0;
  headers: string[] = [];
  deadlineMs: number;
  watchSlot = NOT_WATCHED;
  readonly #house: RelayHouse;
  readonly #journey: Journey;
  readonly #candidate: Candidate;
  readonly #call: UpstreamCall;
  #isDraining = false;
  #heardMs = 0;

  constructor(house: RelayHouse, journey: Journey, candidate: Candidate) {
    const { request, answer } = journey;
    const config = house.live.state.settings.effective;
    this.#house = house;
    this.#journey = journey;
    this.#candidate = candidate;
    this.#call = buildCall(request, candidate);
    this.answer = answer;
    this.dialect = request.route.dialect;
    this.isOfObject = request.route.onObject;
    this.holdMaxBytes = config['relay.hold_max_bytes'];
    this.deadlineMs = request.startedMs + config['relay.total_timeout_ms'];
    this.control = new Exchange(this);
  }

  run(): Promise<ExchangeResult> {
    if (this.answer.isGone) return Promise.resolve({ kind: 'abandoned', why: 'client gone before the call' });
    const { origin, path, method, headers, body } = this.#call;
    const { credential, upstream } = this.#candidate;
    this.answer.follow(this.control);
    this.#heardMs = this.#house.ctx.clock.monotonicMs();
    this.#house.watch.add(this);
    try {
      this.#house.egress
        .dispatcherFor({ origin, allowPrivate: upstream.allowPrivate, proxyUrl: credential.proxyUrl })
        .dispatch({ origin, path, method, headers: headers as string[], body }, this.control);
    } catch (error) {
      this.control.finish(unsendable(error));
    }
    return this.control.result;
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

  openSink(status: number, raw: readonly Buffer[]): BodySink {
    const config = this.#house.live.state.settings.effective;
    if (status >= 300) {
      const limits = { maxBytes: config['relay.error_body_max_bytes'], clock: this.#house.ctx.clock };
      return errorSink(status, raw, this.control, limits);
    }
    this.status = status;
    this.headers = headersDown(raw);
    if (config['relay.expose_upstream_headers']) {
      const attempt = this.#journey.attempts.length + 1;
      this.headers.push('x-realms-upstream', this.#candidate.name, 'x-realms-attempts', String(attempt));
    }
    const { openStream } = this.dialect;
    if (!openStream || !headerIn(this.headers, 'content-type').startsWith('text/event-stream')) return jsonSink(this);
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

  mayDrain(): boolean {
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
    return objectIds(this.#journey, data, facts);
  }
}

/** undici refuses a header value that no HTTP message can carry; that is the client's doing. */
function unsendable(error: unknown): ExchangeResult {
  if (error instanceof Error && 'code' in error && error.code === ADDRESS_DENIED) {
    return { kind: 'failed', error: networkError(error), answer: null };
  }
  const message = `The request cannot be sent on: ${describeError(error)}.`;
  const body = Buffer.from(openaiErrorJson('invalid_request', message, 'invalid_request_error'));
  return {
    kind: 'failed',
    error: {
      kind: 'answer',
      status: 400,
      contentType: 'application/json',
      code: 'invalid_request',
      message,
      retryAfterMs: null,
      bodyResetMs: null,
    },
    answer: { status: 400, headers: ['content-type', 'application/json'], body },
  };
}

/** What in an answer ties later requests to the account that gave it. */
function objectIds(journey: Journey, data: Buffer, facts: AnswerFacts): readonly string[] {
  const { route, scan } = journey.request;
  if (route.endpoint !== '/v1/responses') return [];
  const isStored = facts.objectId !== null && scan?.get('store')?.kind !== 'false';
  return [...(isStored && facts.objectId ? [facts.objectId] : []), ...encryptedMarks(data)];
}
