import type { z } from 'zod';
import type { usageEventView } from '../../core/contract/index.ts';
import type { KeyId, UpstreamId, UserId } from '../../core/ids.ts';
import { formatUsd } from '../../core/money.ts';
import { toRfc3339 } from '../../core/time.ts';
import type { UsageEvent } from '../../core/usage/index.ts';
import type { AdminLive } from './admin-deps.ts';
import { multiplierText } from './formats.ts';

type State = AdminLive['state'];
type UsageEventView = z.output<typeof usageEventView>;

/** Names of what events remember by id, as far as it still exists. */
export interface UsageNames {
  user(id: UserId): string | null;
  key(id: KeyId): string | null;
  upstream(id: UpstreamId): string | null;
}

export function usageNames({ identity, topology }: State): UsageNames {
  const keys = new Map([...identity.keyByHash.values()].map(({ key }) => [key.id, key.name]));
  return {
    user: (id) => identity.userById.get(id)?.name ?? null,
    key: (id) => keys.get(id) ?? null,
    upstream: (id) => topology.upstreams.get(id)?.name ?? null,
  };
}

export function viewUsageEvent(event: UsageEvent, names: UsageNames): UsageEventView {
  return {
    id: event.id,
    at: toRfc3339(event.at),
    user_id: event.userId,
    user: names.user(event.userId),
    key_id: event.keyId,
    key: names.key(event.keyId),
    endpoint: event.endpoint,
    model: event.model,
    upstream_model: event.upstreamModel,
    served_model: event.servedModel,
    upstream_id: event.upstreamId,
    upstream: event.upstreamId && names.upstream(event.upstreamId),
    credential_id: event.credentialId,
    group: event.groupName,
    multiplier: multiplierText(event.multiplierPpm),
    outcome: event.outcome,
    status: event.status,
    error_code: event.errorCode,
    stream: event.stream,
    attempts: event.attempts,
    usage: event.usage && viewTokens(event.usage),
    usage_source: event.usageSource,
    service_tier: event.serviceTier,
    price_id: event.priceId,
    cost_usd: event.costUsdMicros === null ? null : formatUsd(event.costUsdMicros),
    cost_usd_micros: event.costUsdMicros,
    ...viewPayment(event.payment),
    duration_ms: event.durationMs,
    first_output_ms: event.firstOutputMs,
    request_bytes: event.requestBytes,
    response_bytes: event.responseBytes,
  };
}

function viewPayment(payment: UsageEvent['payment']) {
  const { payerKind, payerId, payerMultiplierPpm, reservedUsdMicros, chargedUsdMicros } = payment;
  return {
    payer: payerKind,
    payer_id: payerId,
    payer_multiplier: multiplierText(payerMultiplierPpm),
    reserved_usd: reservedUsdMicros === null ? null : formatUsd(reservedUsdMicros),
    charged_usd: formatUsd(chargedUsdMicros),
    charged_usd_micros: chargedUsdMicros,
  };
}

function viewTokens(usage: NonNullable<UsageEvent['usage']>): NonNullable<UsageEventView['usage']> {
  return {
    input_tokens: usage.input,
    cached_input_tokens: usage.cachedInput,
    cache_write_5m_tokens: usage.cacheWrite5m,
    cache_write_1h_tokens: usage.cacheWrite1h,
    output_tokens: usage.output,
    reasoning_tokens: usage.reasoning,
  };
}
