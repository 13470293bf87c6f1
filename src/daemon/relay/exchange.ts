import { describeError } from '../../core/failure.ts';
import type { UpstreamError } from '../../core/scheduling/index.ts';
import type { UpstreamHandler } from '../transport/index.ts';
import type { AnswerFacts, StreamFailure } from './dialects/index.ts';

/** What the provider sent instead of an answer; shown to the client when nothing better can be had. */
export interface UpstreamRefusal {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** How one call to an upstream ended. Only `failed` leaves the client untouched, so only it may be tried elsewhere. */
export type ExchangeResult =
  | {
      readonly kind: 'answered';
      readonly outcome: 'completed' | 'incomplete' | 'client_gone';
      readonly status: number;
      readonly facts: AnswerFacts;
      /** The provider's answer came to its end, whoever was still there to read it. */
      readonly isWhole: boolean;
      /** Output-bearing events that arrived; for estimates when usage never came. */
      readonly outputEvents: number;
      readonly firstOutputMs: number | null;
      /** What the provider said when it failed within a committed stream. */
      readonly errorCode: string | null;
      /** Marks and ids in the answer that pin later requests to this account. */
      readonly objectIds: readonly string[];
      /** Bytes of the answer that the client gets only when the books are closed. */
      readonly lastBytes: number;
    }
  | { readonly kind: 'failed'; readonly error: UpstreamError; readonly answer: UpstreamRefusal | null }
  | { readonly kind: 'abandoned'; readonly why: string };

/** Takes the body of one answer, whatever its form. */
export interface BodySink {
  /** False: pause until `resume` is called. */
  data(chunk: Buffer): boolean;
  end(): void;
  /** The connection broke, or a limit of time ran out. */
  broke(error: UpstreamError): void;
  /** Called about four times a second while the exchange lasts. */
  tick?(nowMs: number): void;
  /** The client went away after the upstream's headers came. */
  clientGone(): void;
}

export interface ExchangeHooks {
  /** What the call begins at the upstream goes on without the client, so its answer is waited for. */
  readonly outlivesClient: boolean;
  /** Chooses how the body is taken, once status and headers are known. */
  openSink(status: number, headers: readonly string[], control: ExchangeControl): BodySink;
  /** How the call ends is known; called once, before the client gets the last bytes of its answer. */
  concluded(result: ExchangeResult): void;
  /** The exchange is over; called once, before its result is known to anybody else. */
  finished(): void;
}

export interface ExchangeControl {
  resume(): void;
  abort(why: string): void;
  /** Says how the call ends while it still has bytes to pass; what comes later changes nothing about that. */
  conclude(result: ExchangeResult): void;
  /** Ends the call, with this result unless it was concluded before. */
  finish(result: ExchangeResult): void;
}

/** A failure that the provider stated behind a good status, as if it had answered with the status that fits. */
export function failedBehindStatus(failure: StreamFailure | null, body: Buffer): ExchangeResult {
  const { status, code, message } = failure ?? { status: 502, code: '', message: '' };
  return {
    kind: 'failed',
    error: {
      kind: 'answer',
      status,
      contentType: 'application/json',
      code,
      message,
      retryAfterMs: null,
      bodyResetMs: null,
    },
    answer: { status, headers: ['content-type', 'application/json'], body },
  };
}

/** The code of a call that was read on for a client that left, and ran out of time. */
export const DRAIN_TIMEOUT = 'DRAIN_TIMEOUT';

export function isDrainTimeout(error: UpstreamError): boolean {
  return error.kind === 'network' && error.code === DRAIN_TIMEOUT;
}

/** Why Realms itself ended a call; told apart from errors of the network by this class. */
class ExchangeAborted extends Error {}

const TIMEOUT_CODES = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);

/** One call to one upstream: no streams and no promises for each chunk. */
export class Exchange implements UpstreamHandler, ExchangeControl {
  readonly result: Promise<ExchangeResult>;
  /** True once status and headers have come. */
  hasHeaders = false;
  /** True while the client is slower than the upstream. */
  isPaused = false;
  /** Set with everything that comes from the upstream; whoever watches its silence clears it. */
  wasHeard = false;
  readonly #hooks: ExchangeHooks;
  #settle: ((result: ExchangeResult) => void) | null = null;
  #abort: ((reason: Error) => void) | null = null;
  #abortedWhy: string | null = null;
  #concluded: ExchangeResult | null = null;
  #resume: () => void = () => {};
  #sink: BodySink | null = null;

  constructor(hooks: ExchangeHooks) {
    this.#hooks = hooks;
    this.result = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** The client left. Before the upstream answered, the call is given up if it may be; afterwards the sink decides. */
  clientGone(): void {
    if (this.#sink) this.#sink.clientGone();
    else if (!this.#hooks.outlivesClient) this.abort('client gone before the upstream answered');
  }

  tick(nowMs: number): void {
    this.#sink?.tick?.(nowMs);
  }

  abort(why: string): void {
    this.#abortedWhy ??= why;
    if (this.#abort) this.#abort(new ExchangeAborted(why));
    else this.finish({ kind: 'abandoned', why });
  }

  /** A limit of time that Realms keeps itself; the sink decides what the client sees. */
  timeOut(code: string): void {
    const error: UpstreamError = { kind: 'network', code, timedOut: true };
    const sink = this.#sink;
    if (sink) sink.broke(error);
    else this.finish({ kind: 'failed', error, answer: null });
    this.abort(code);
  }

  onConnect(abort: (reason: Error) => void): void {
    this.#abort = abort;
    if (this.#abortedWhy !== null) abort(new ExchangeAborted(this.#abortedWhy));
  }

  onHeaders(status: number, headers: readonly string[], resume: () => void): void {
    this.hasHeaders = true;
    this.wasHeard = true;
    this.#resume = resume;
    this.#sink = this.#hooks.openSink(status, headers, this);
  }

  onData(chunk: Buffer): boolean {
    this.wasHeard = true;
    if (this.#settle === null || !this.#sink) return true;
    const goesOn = this.#sink.data(chunk);
    this.isPaused = !goesOn;
    return goesOn;
  }

  resume(): void {
    this.isPaused = false;
    this.wasHeard = true;
    this.#resume();
  }

  onComplete(): void {
    if (this.#settle !== null) this.#sink?.end();
  }

  onError(cause: Error): void {
    if (this.#settle === null) return;
    if (cause instanceof ExchangeAborted) return this.finish({ kind: 'abandoned', why: cause.message });
    const error = networkError(cause);
    if (this.#sink) this.#sink.broke(error);
    else this.finish({ kind: 'failed', error, answer: null });
  }

  conclude(result: ExchangeResult): void {
    if (this.#concluded !== null) return;
    this.#concluded = result;
    this.#hooks.concluded(result);
  }

  finish(result: ExchangeResult): void {
    const settle = this.#settle;
    if (settle === null) return;
    this.#settle = null;
    this.conclude(result);
    this.#hooks.finished();
    settle(this.#concluded ?? result);
  }
}

/** Reads an error of a transport or the system into the words of the scheduler. */
export function networkError(cause: Error): UpstreamError {
  const inner = 'code' in cause ? cause : cause.cause;
  const code = inner instanceof Error && 'code' in inner ? String(inner.code) : describeError(cause).slice(0, 80);
  return { kind: 'network', code, timedOut: TIMEOUT_CODES.has(code) };
}
