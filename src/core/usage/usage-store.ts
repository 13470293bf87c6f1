import type { Knex } from 'knex';
import { type Ctx, inTransaction, type QueuedTable, type SqlValue } from '../database/index.ts';
import type { CredentialId, KeyId, PriceId, RequestId, UpstreamId, UserId } from '../ids.ts';
import { firstIdAt } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import { cutPage, type Page, type PageRequest } from '../page.ts';
import { type EpochMs, epochMs } from '../time.ts';
import type { UsageSource } from './token-usage.ts';
import type { Outcome, PayerKind, UsageEvent } from './usage-event.ts';

/** The one row of usage_pruned. */
const PRUNED = 'usage_events';

export const USAGE_TABLE: QueuedTable = {
  table: 'usage_events',
  columns: [
    'id',
    'at',
    'user_id',
    'key_id',
    'endpoint',
    'model',
    'upstream_model',
    'served_model',
    'upstream_id',
    'credential_id',
    'group_name',
    'multiplier_ppm',
    'outcome',
    'status',
    'error_code',
    'stream',
    'attempts',
    'input_tokens',
    'cached_input_tokens',
    'cache_write_5m_tokens',
    'cache_write_1h_tokens',
    'output_tokens',
    'reasoning_tokens',
    'usage_source',
    'service_tier',
    'price_id',
    'cost_usd_micros',
    'payer_kind',
    'payer_id',
    'payer_multiplier_ppm',
    'reserved_usd_micros',
    'charged_usd_micros',
    'duration_ms',
    'first_output_ms',
    'request_bytes',
    'response_bytes',
  ],
  // The id is made once for each request; a batch that is written again after a lost answer changes nothing.
  onConflict: { columns: ['id'], update: 'ignore' },
};

export interface UsageRow {
  id: string;
  at: number;
  user_id: string;
  key_id: string;
  endpoint: string;
  model: string;
  upstream_model: string | null;
  served_model: string | null;
  upstream_id: string | null;
  credential_id: string | null;
  group_name: string | null;
  multiplier_ppm: number;
  outcome: string;
  status: number;
  error_code: string | null;
  stream: number;
  attempts: number;
  input_tokens: number | null;
  cached_input_tokens: number | null;
  cache_write_5m_tokens: number | null;
  cache_write_1h_tokens: number | null;
  output_tokens: number | null;
  reasoning_tokens: number | null;
  usage_source: string;
  service_tier: string | null;
  price_id: string | null;
  cost_usd_micros: number | null;
  payer_kind: string;
  payer_id: string | null;
  payer_multiplier_ppm: number;
  reserved_usd_micros: number | null;
  charged_usd_micros: number;
  duration_ms: number;
  first_output_ms: number | null;
  request_bytes: number;
  response_bytes: number;
}

export function usageRow(event: UsageEvent): readonly SqlValue[] {
  const { usage, payment } = event;
  return [
    event.id,
    event.at,
    event.userId,
    event.keyId,
    event.endpoint,
    event.model,
    event.upstreamModel,
    event.servedModel,
    event.upstreamId,
    event.credentialId,
    event.groupName,
    event.multiplierPpm,
    event.outcome,
    event.status,
    event.errorCode,
    event.stream ? 1 : 0,
    event.attempts,
    usage?.input ?? null,
    usage?.cachedInput ?? null,
    usage?.cacheWrite5m ?? null,
    usage?.cacheWrite1h ?? null,
    usage?.output ?? null,
    usage?.reasoning ?? null,
    event.usageSource,
    event.serviceTier,
    event.priceId,
    event.costUsdMicros,
    payment.payerKind,
    payment.payerId,
    payment.payerMultiplierPpm,
    payment.reservedUsdMicros,
    payment.chargedUsdMicros,
    event.durationMs,
    event.firstOutputMs,
    event.requestBytes,
    event.responseBytes,
  ];
}

/** What a list or a summary is about; every given condition must hold. `since` is inclusive, `until` exclusive. */
export interface UsageFilter {
  readonly userId?: UserId;
  readonly keyId?: KeyId;
  readonly model?: string;
  readonly upstreamId?: UpstreamId;
  readonly outcome?: Outcome;
  readonly since?: EpochMs;
  readonly until?: EpochMs;
}

/** Events, newest first. */
export async function listUsageEvents(ctx: Ctx, filter: UsageFilter, page: PageRequest): Promise<Page<UsageEvent>> {
  const query = narrow(ctx.db<UsageRow>('usage_events'), filter)
    .orderBy('id', 'desc')
    .limit(page.limit + 1);
  if (page.after !== undefined) query.where('id', '<', page.after);
  const rows: UsageRow[] = await query;
  return cutPage(rows.map(fromRow), page.limit);
}

export async function findUsageEvent(ctx: Ctx, id: RequestId): Promise<UsageEvent | null> {
  const row = await ctx.db<UsageRow>('usage_events').where('id', id).first();
  return row ? fromRow(row) : null;
}

/** Writes what became known of an event after it was booked; the rest of it stays. */
export async function setUsage(
  ctx: Ctx,
  id: RequestId,
  known: Pick<UsageEvent, 'usage' | 'usageSource' | 'servedModel' | 'serviceTier' | 'costUsdMicros'> & {
    readonly chargedUsdMicros: UsdMicros;
  },
): Promise<void> {
  const { usage } = known;
  await ctx
    .db<UsageRow>('usage_events')
    .where({ id })
    .update({
      input_tokens: usage?.input ?? null,
      cached_input_tokens: usage?.cachedInput ?? null,
      cache_write_5m_tokens: usage?.cacheWrite5m ?? null,
      cache_write_1h_tokens: usage?.cacheWrite1h ?? null,
      output_tokens: usage?.output ?? null,
      reasoning_tokens: usage?.reasoning ?? null,
      usage_source: known.usageSource,
      served_model: known.servedModel,
      service_tier: known.serviceTier,
      cost_usd_micros: known.costUsdMicros,
      charged_usd_micros: known.chargedUsdMicros,
    });
}

/**
 * Deletes events from before `before`, oldest first, at most `limit` of them. Returns how many. How far it went is
 * remembered: a charge without its event is only a fault when the event is not that old.
 */
export async function pruneUsageEvents(ctx: Ctx, before: EpochMs, limit: number): Promise<number> {
  return await inTransaction(ctx, async (tx) => {
    const old = tx.db('usage_events').where('id', '<', firstIdAt('req', before)).orderBy('id').limit(limit);
    const [oldest] = await tx.db(old.select('id').as('old')).max({ last: 'id' });
    const throughId: string | null = oldest?.['last'] ?? null;
    if (throughId === null) return 0;
    const reached = { id: PRUNED, through_id: throughId };
    await tx
      .db('usage_pruned')
      .insert(reached)
      .onConflict('id')
      .merge()
      .where('usage_pruned.through_id', '<', throughId);
    return await tx.db('usage_events').where('id', '<=', throughId).delete();
  });
}

/** The id up to which events may be gone; empty while none was ever deleted. */
export async function prunedThrough(ctx: Ctx): Promise<string> {
  const row: { through_id: string } | undefined = await ctx.db('usage_pruned').where({ id: PRUNED }).first();
  return row?.through_id ?? '';
}

/** Deletes the oldest `limit` rows of a table that is keyed by request id. */
export async function deleteOldest(ctx: Ctx, table: string, before: EpochMs, limit: number): Promise<number> {
  const oldest = ctx.db(table).select('id').where('id', '<', firstIdAt('req', before)).orderBy('id').limit(limit);
  return ctx.db(table).whereIn('id', oldest).delete();
}

/** Applies a filter to a query over usage_events; ids sort by time, so a time range is a range of the primary key. */
export function narrow<Q extends Knex.QueryBuilder>(query: Q, filter: UsageFilter): Q {
  if (filter.userId !== undefined) query.where('user_id', filter.userId);
  if (filter.keyId !== undefined) query.where('key_id', filter.keyId);
  if (filter.model !== undefined) query.where('model', filter.model);
  if (filter.upstreamId !== undefined) query.where('upstream_id', filter.upstreamId);
  if (filter.outcome !== undefined) query.where('outcome', filter.outcome);
  if (filter.since !== undefined) query.where('id', '>=', firstIdAt('req', filter.since));
  if (filter.until !== undefined) query.where('id', '<', firstIdAt('req', filter.until));
  return query;
}

function fromRow(row: UsageRow): UsageEvent {
  return {
    id: row.id as RequestId,
    at: epochMs(row.at),
    userId: row.user_id as UserId,
    keyId: row.key_id as KeyId,
    endpoint: row.endpoint,
    model: row.model,
    upstreamModel: row.upstream_model,
    servedModel: row.served_model,
    upstreamId: row.upstream_id as UpstreamId | null,
    credentialId: row.credential_id as CredentialId | null,
    groupName: row.group_name,
    multiplierPpm: row.multiplier_ppm,
    outcome: row.outcome as Outcome,
    status: row.status,
    errorCode: row.error_code,
    stream: row.stream === 1,
    attempts: row.attempts,
    usage: usageFrom(row),
    usageSource: row.usage_source as UsageSource,
    serviceTier: row.service_tier,
    priceId: row.price_id as PriceId | null,
    costUsdMicros: row.cost_usd_micros as UsdMicros | null,
    payment: {
      payerKind: row.payer_kind as PayerKind,
      payerId: row.payer_id,
      payerMultiplierPpm: row.payer_multiplier_ppm,
      reservedUsdMicros: row.reserved_usd_micros as UsdMicros | null,
      chargedUsdMicros: row.charged_usd_micros as UsdMicros,
    },
    durationMs: row.duration_ms,
    firstOutputMs: row.first_output_ms,
    requestBytes: row.request_bytes,
    responseBytes: row.response_bytes,
  };
}

function usageFrom(row: UsageRow): UsageEvent['usage'] {
  if (row.input_tokens === null) return null;
  return {
    input: row.input_tokens,
    cachedInput: row.cached_input_tokens ?? 0,
    cacheWrite5m: row.cache_write_5m_tokens ?? 0,
    cacheWrite1h: row.cache_write_1h_tokens ?? 0,
    output: row.output_tokens ?? 0,
    reasoning: row.reasoning_tokens ?? 0,
  };
}
