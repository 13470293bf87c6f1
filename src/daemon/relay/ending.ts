import type { Decision, Outcome } from '../../core/usage/index.ts';
import type { AttemptsResult } from './attempts-result.ts';

/** How a journey ended, for the books. */
export interface Ending {
  readonly outcome: Outcome;
  readonly status: number;
  readonly errorCode: string | null;
  readonly refusal: Decision['refusal'];
  readonly attempted: AttemptsResult | null;
}

/** An ending with nothing special about it. */
export function closed(outcome: Outcome, status: number): Ending {
  return { outcome, status, errorCode: null, refusal: null, attempted: null };
}
