import type { CredentialId, RequestId } from '../ids.ts';
import type { Price } from '../models/index.ts';
import { type EpochMs, epochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from '../time.ts';

/** An answer that its provider is still making: the request is booked, and what it costs is not known yet. */
export interface StartedAnswer {
  /** The provider's id of the answer: one of its own, so only together with the credential does it name one answer. */
  readonly objectId: string;
  readonly requestId: RequestId;
  /** Where it is made. */
  readonly credentialId: CredentialId;
  /** In force when the request came; null: its model has none. */
  readonly price: Price | null;
  readonly createdAt: EpochMs;
}

export interface PendingAnswer extends StartedAnswer {
  /** When to ask for it next, and how often it was asked for. */
  readonly nextAt: EpochMs;
  readonly attempts: number;
}

const FIRST_LOOK_MS = 10 * SECOND_MS;
const LOOK_MAX_MS = 5 * MINUTE_MS;
/** Providers keep what they made in the background for less time than that, or make it available for good. */
const GIVE_UP_MS = 48 * HOUR_MS;

/** When to look at it after so many looks. */
export function nextLookAt(now: EpochMs, attempts: number): EpochMs {
  return epochMs(now + Math.min(FIRST_LOOK_MS * 2 ** Math.min(attempts, 10), LOOK_MAX_MS));
}

export function isGivenUp({ createdAt }: PendingAnswer, now: EpochMs): boolean {
  return now - createdAt >= GIVE_UP_MS;
}
