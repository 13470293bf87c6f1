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
  /** Null when the model has no price. */
  readonly costUsdMicros: UsdMicros | null;
  readonly durationMs: number;
  /** Until the first output-bearing event reached the client; null when none did. */
  readonly firstOutputMs: number | null;
  readonly requestBytes: number;
  readonly responseBytes: number;
}
