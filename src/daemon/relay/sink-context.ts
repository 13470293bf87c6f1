import type { ClientAnswer } from './client-answer.ts';
import type { AnswerFacts, Dialect } from './dialects/index.ts';
import type { ExchangeControl } from './exchange.ts';

/** What a sink knows of the call whose answer it takes. */
export interface SinkContext {
  readonly status: number;
  /** For the client, flat: name, value, name, value … */
  readonly headers: readonly string[];
  readonly dialect: Dialect;
  readonly answer: ClientAnswer;
  readonly control: ExchangeControl;
  /** Up to this size an answer is held before it is committed, so that a broken one can still be had elsewhere. */
  readonly holdMaxBytes: number;
  /** Whether the answer is the state of an object, which may well be that it failed. */
  readonly isOfObject: boolean;
  /** Since the request came. */
  elapsedMs(): number;
  /** Whether a call is read on although the client left, which has told so much until then; asked when it leaves. */
  mayDrain(facts: AnswerFacts): boolean;
  /** The call goes on although nobody listens any more; from now on its time is bounded anew. */
  onDrain(): void;
  /** Ids and marks in a whole answer that tie later requests to the account that gave it. */
  objectIdsIn(data: Buffer, facts: AnswerFacts): readonly string[];
}
