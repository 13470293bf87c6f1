import type { Outcome } from '../../core/usage/index.ts';
import type { Caller } from './authenticate.ts';
import type { ClientAnswer } from './client-answer.ts';
import type { Journey } from './journey.ts';
import type { RequestHead } from './read-request.ts';
import type { RelayHouse } from './relay-house.ts';
import { type Ending, settle } from './settle.ts';

/** One request while it is in the hands of the relay. */
export interface Turn {
  readonly house: RelayHouse;
  readonly head: RequestHead;
  readonly answer: ClientAnswer;
  caller: Caller | null;
  /** The journey whose books are open; null before it began and after it was settled. */
  open: Journey | null;
}

/** Settles the open journey, once: whatever is held is given back exactly one time. */
export function closeBooks(turn: Turn, ending: Ending): void {
  const journey = turn.open;
  turn.open = null;
  if (journey) settle(turn.house, journey, ending);
}

/** An ending with nothing special about it. */
export function closed(outcome: Outcome, status: number): Ending {
  return { outcome, status, errorCode: null, refusal: null, attempted: null };
}
