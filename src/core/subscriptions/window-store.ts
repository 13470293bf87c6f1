import type { Knex } from 'knex';
import type { Ctx } from '../database/index.ts';
import { groupBy } from '../group-by.ts';
import type { SubscriptionId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import { type PlanVersion, WINDOW_MS, WINDOW_SPANS, type WindowSpan } from '../plans/index.ts';
import { type EpochMs, epochMs } from '../time.ts';
import { type SubscriptionWindow, windowAt } from './window.ts';

interface WindowRow {
  readonly subscription_id: SubscriptionId;
  readonly span: WindowSpan;
  readonly started_at: number | null;
  readonly used_usd_micros: UsdMicros;
  readonly held_usd_micros: UsdMicros;
  readonly limit_5h_usd_micros: UsdMicros | null;
  readonly limit_1d_usd_micros: UsdMicros | null;
  readonly limit_7d_usd_micros: UsdMicros | null;
  readonly limit_30d_usd_micros: UsdMicros | null;
}

/** By subscription; one without limits has an empty list. Shortest span first. */
export type WindowsBySubscription = ReadonlyMap<SubscriptionId, readonly SubscriptionWindow[]>;

const CHUNK = 500;

/** One window for each span that the version limits; none is open. */
export async function insertWindows(ctx: Ctx, id: SubscriptionId, version: PlanVersion): Promise<void> {
  const spans = WINDOW_SPANS.filter((span) => version.windowLimits[span] !== null);
  if (spans.length === 0) return;
  await ctx.db('subscription_windows').insert(
    spans.map((span) => ({
      subscription_id: id,
      span,
      length_ms: WINDOW_MS[span],
      started_at: null,
      used_usd_micros: 0,
      late_usd_micros: 0,
      held_usd_micros: 0,
    })),
  );
}

/** The windows of subscriptions as they are at `now`. */
export async function readWindows(
  ctx: Ctx,
  ids: readonly SubscriptionId[],
  now: EpochMs,
): Promise<WindowsBySubscription> {
  return await readChunked(ctx, ids, now, (query) => query);
}

/**
 * The same inside of a transaction, and nobody else changes these windows until it ends. Rows are locked in the order of
 * subscription and span, as the trigger of the charges locks them; lock windows before balances, as the write queue does.
 */
export async function lockWindows(
  tx: Ctx,
  ids: readonly SubscriptionId[],
  now: EpochMs,
): Promise<WindowsBySubscription> {
  return await readChunked(tx, [...ids].sort(byText), now, (query) => query.forUpdate('w'));
}

/**
 * Opens the windows of these subscriptions that are not open at `now`: they are empty and last their whole length from
 * now on. Call it, with the windows locked, for what gets a lease; what is held stays held.
 */
export async function beginWindows(tx: Ctx, ids: readonly SubscriptionId[], now: EpochMs): Promise<void> {
  for (let start = 0; start < ids.length; start += CHUNK) {
    await tx
      .db('subscription_windows')
      .whereIn('subscription_id', ids.slice(start, start + CHUNK))
      .where((over) => over.whereNull('started_at').orWhere(tx.db.raw('started_at + length_ms'), '<=', now))
      .update({ started_at: now, used_usd_micros: 0, late_usd_micros: 0 });
  }
}

async function readChunked(
  ctx: Ctx,
  ids: readonly SubscriptionId[],
  now: EpochMs,
  finish: (query: Knex.QueryBuilder) => Knex.QueryBuilder,
): Promise<WindowsBySubscription> {
  const windows: SubscriptionWindow[] = [];
  for (let start = 0; start < ids.length; start += CHUNK) {
    const query = ctx
      .db('subscription_windows as w')
      .join('user_subscriptions as s', 's.id', 'w.subscription_id')
      .join('subscription_plan_versions as v', 'v.id', 's.plan_version_id')
      .whereIn('w.subscription_id', ids.slice(start, start + CHUNK))
      .orderBy(['w.subscription_id', 'w.span'])
      .select('w.*', ...WINDOW_SPANS.map((span) => `v.limit_${span}_usd_micros`));
    const rows: WindowRow[] = await finish(query);
    windows.push(...rows.flatMap((row) => windowFrom(row, now)));
  }
  const byId = groupBy(windows, (window) => window.subscriptionId);
  return new Map(ids.map((id) => [id, (byId.get(id) ?? []).sort(bySpan)]));
}

function windowFrom(row: WindowRow, now: EpochMs): SubscriptionWindow[] {
  const limitUsdMicros = row[`limit_${row.span}_usd_micros`];
  if (limitUsdMicros === null) return [];
  const window: SubscriptionWindow = {
    subscriptionId: row.subscription_id,
    span: row.span,
    limitUsdMicros,
    usedUsdMicros: row.used_usd_micros,
    heldUsdMicros: row.held_usd_micros,
    startedAt: row.started_at === null ? null : epochMs(row.started_at),
  };
  return [windowAt(window, now)];
}

function bySpan(a: SubscriptionWindow, b: SubscriptionWindow): number {
  return WINDOW_MS[a.span] - WINDOW_MS[b.span];
}

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
