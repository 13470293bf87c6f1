import type { CredentialId, KeyId, PriceId, UpstreamId, UserId } from '../../ids.ts';
import { newId } from '../../ids.ts';
import type { UsdMicros } from '../../money.ts';
import { seededRandom } from '../../testing/seeded-random.ts';
import { type EpochMs, epochMs } from '../../time.ts';
import type { UsageEvent } from '../usage-event.ts';

const random = seededRandom(77);
const DEFAULT_AT = epochMs(Date.UTC(2026, 0, 1));

/** A completed, priced chat request with an id of its time. */
export function sampleEvent(parts: Partial<UsageEvent> = {}): UsageEvent {
  const at: EpochMs = parts.at ?? DEFAULT_AT;
  return {
    id: newId('req', at, random),
    at,
    userId: 'usr_1' as UserId,
    keyId: 'key_1' as KeyId,
    endpoint: '/v1/chat/completions',
    model: 'gpt-x',
    upstreamModel: 'gpt-x-2026',
    servedModel: 'gpt-x-2026-01',
    upstreamId: 'up_1' as UpstreamId,
    credentialId: 'cred_1' as CredentialId,
    groupName: 'cheap',
    multiplierPpm: 1_500_000,
    outcome: 'completed',
    status: 200,
    errorCode: null,
    stream: true,
    attempts: 2,
    usage: { input: 1_000, cachedInput: 200, cacheWrite5m: 30, cacheWrite1h: 4, output: 500, reasoning: 60 },
    usageSource: 'upstream',
    serviceTier: 'priority',
    priceId: 'prc_1' as PriceId,
    costUsdMicros: 1_234 as UsdMicros,
    payment: {
      payerKind: 'subscription',
      payerId: 'sub_1',
      payerMultiplierPpm: 800_000,
      reservedUsdMicros: 9_000 as UsdMicros,
      chargedUsdMicros: 1_234 as UsdMicros,
    },
    durationMs: 4_321,
    firstOutputMs: 210,
    requestBytes: 9_000,
    responseBytes: 80_000,
    ...parts,
  };
}
