import type { Caller } from './authenticate.ts';
import type { ClientAnswer } from './client-answer.ts';
import type { FirstClaim } from './idempotency.ts';
import type { Journey } from './journey.ts';
import type { RequestHead } from './read-request.ts';
import type { RelayHouse } from './relay-house.ts';

/** One request while it is in the hands of the relay. */
export interface Turn {
  readonly house: RelayHouse;
  readonly head: RequestHead;
  readonly answer: ClientAnswer;
  caller: Caller | null;
  /** Once room is held for it; its books are open until they are closed. */
  journey: Journey | null;
  /** It is the first under its Idempotency-Key; given back whatever happens, so that those that wait for it go on. */
  claim: FirstClaim | null;
}
