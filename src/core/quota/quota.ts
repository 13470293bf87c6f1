import type { KeyId, RequestId, UserId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import type { EpochMs } from '../time.ts';
import type { TokenUsage, UsageSource } from '../usage/index.ts';

/** What a request may cost, before it runs. */
export interface ReserveInput {
  readonly requestId: RequestId;
  readonly userId: UserId;
  readonly keyId: KeyId;
  readonly model: string;
  readonly estimatedUsdMicros: UsdMicros | null;
  readonly now: EpochMs;
}

/** Room held for one request. How it settles is written in it, never read from a switch again. */
export interface Reservation {
  readonly requestId: RequestId;
  readonly payer: 'free';
}

export type ReserveAnswer =
  | { readonly kind: 'reserved'; readonly reservation: Reservation }
  | {
      readonly kind: 'refused';
      readonly code: 'insufficient_balance' | 'plan_window_exhausted' | 'not_granted';
      readonly message: string;
      readonly resetsAt: EpochMs | null;
    };

export interface SettleInput {
  readonly costUsdMicros: UsdMicros | null;
  readonly usage: TokenUsage | null;
  readonly usageSource: UsageSource;
}

/** The quota step of the relay journey: reserve before the first attempt, then settle or release exactly once. */
export interface QuotaProvider {
  reserve(input: ReserveInput): ReserveAnswer | Promise<ReserveAnswer>;
  /** Returns what was done, for the decision record. */
  settle(reservation: Reservation, input: SettleInput): string;
  release(reservation: Reservation): string;
}
