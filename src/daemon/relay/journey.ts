import type { CredentialId } from '../../core/ids.ts';
import type { Price } from '../../core/models/index.ts';
import type { Reservation } from '../../core/quota/index.ts';
import type { LimitHold } from '../../core/scheduling/index.ts';
import type { AttemptTrace, StickyTrace } from '../../core/usage/index.ts';
import type { Caller } from './authenticate.ts';
import type { ClientAnswer } from './client-answer.ts';
import type { RelayRequest } from './relay-request.ts';
import type { ModelRoute } from './route-table.ts';

/** Where stickiness points, as decided before the first pick. */
export interface Sticky {
  readonly pinned: CredentialId | null;
  readonly preferred: CredentialId | null;
  /** Under which the conversation is bound after success; null when nothing names it. */
  readonly sessionKey: string | null;
  readonly seed: number;
  readonly trace: StickyTrace | null;
}

/** A request on its way, with everything that the steps behind it have found. Each step adds, none takes away. */
export interface Journey {
  readonly request: RelayRequest;
  readonly answer: ClientAnswer;
  readonly caller: Caller;
  readonly route: ModelRoute;
  /** In force when the request came; what it costs follows from it, whatever changes meanwhile. Null: it has none. */
  readonly price: Price | null;
  readonly sticky: Sticky;
  readonly reservation: Reservation;
  readonly hold: LimitHold | null;
  readonly estimatedTokens: number;
  readonly attempts: AttemptTrace[];
  /** True once its books are settled. */
  isClosed: boolean;
}
