import type { CredentialId, KeyId, PriceId, RequestId, UpstreamId, UserId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import type { EpochMs } from '../time.ts';
import type { TokenUsage, UsageSource } from './token-usage.ts';

/**
 * How a relayed request ended: `completed`; `incomplete` (stream ended without its terminal event or was cut);
 * `client_gone`; `failed` (the upstream said no and no other could serve); `refused` (Realms said no before any attempt).
 */
export const OUTCOMES = ['completed', 'incomplete', 'client_gone', 'failed', 'refused'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const PAYER_KINDS = ['free', 'balance', 'subscription'] as const;
export type PayerKind = (typeof PAYER_KINDS)[number];

/** Who paid for a request, and how much. */
export interface UsagePayment {
  readonly payerKind: PayerKind;
  /** The user whose balance paid, or the subscription; null when nobody had to. */
  readonly payerId: string | null;
  /** Factor that the payer puts on the price, beside the group's. */
  readonly payerMultiplierPpm: number;
  /** What was held before it ran; null when nothing had to be. */
  readonly reservedUsdMicros: UsdMicros | null;
  /** Zero in free mode, whatever it cost. */
  readonly chargedUsdMicros: UsdMicros;
}

export const UNPAID: UsagePayment = {
  payerKind: 'free',
  payerId: null,
  payerMultiplierPpm: 1_000_000,
  reservedUsdMicros: null,
  chargedUsdMicros: 0 as UsdMicros,
};

/** One row for each relayed request, written in free mode too. */
export interface UsageEvent {
  readonly id: RequestId;
  readonly at: EpochMs;
  readonly userId: UserId;
  readonly keyId: KeyId;
  readonly endpoint: string;
  readonly model: string;
  readonly upstreamModel: string | null;
  /** What the provider says it served. */
  readonly servedModel: string | null;
  readonly upstreamId: UpstreamId | null;
  readonly credentialId: CredentialId | null;
  readonly groupName: string | null;
  readonly multiplierPpm: number;
  readonly outcome: Outcome;
  readonly status: number;
  readonly errorCode: string | null;
  readonly stream: boolean;
  readonly attempts: number;
  readonly usage: TokenUsage | null;
  readonly usageSource: UsageSource;
  readonly serviceTier: string | null;
  readonly priceId: PriceId | null;
  /** With the multipliers of group and payer. Null when the model has no price. */
  readonly costUsdMicros: UsdMicros | null;
  readonly payment: UsagePayment;
  readonly durationMs: number;
  /** Until the first output-bearing event reached the client; null when none did. */
  readonly firstOutputMs: number | null;
  readonly requestBytes: number;
  readonly responseBytes: number;
}
