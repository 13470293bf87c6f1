import { z } from 'zod';
import type { Ctx } from '../../core/database/index.ts';
import type { UserId } from '../../core/ids.ts';
import { readBalance } from '../../core/ledger/index.ts';
import { type LiveSubscription, readWindows, runningAt, windowLeft } from '../../core/subscriptions/index.ts';
import { DAY_MS, type EpochMs, epochMs } from '../../core/time.ts';
import { summariseUsage, type UsageSummaryRow } from '../../core/usage/index.ts';
import type { AccountAnswer, AccountInput, AccountRoute } from './account-route.ts';
import { json } from './answers.ts';
import { readQuery } from './read-fields.ts';
import { withKey } from './require-user.ts';

/**
 * What chat clients and dashboards ask to show "spent" and "left", in the shape that the OpenAI API once had and that
 * relays such as new-api answer: they subtract `total_usage` (hundredths of a dollar) from `hard_limit_usd`.
 */
export const dashboardRoutes: readonly AccountRoute[] = [
  { method: 'GET', path: '/v1/dashboard/billing/subscription', owner: 'billing', answer: showSubscription },
  { method: 'GET', path: '/v1/dashboard/billing/usage', owner: 'billing', answer: showUsage },
];

/** Stands for "no limit", as the clients know it. */
const UNLIMITED_USD = 100_000_000;
const RANGE_DEFAULT_MS = 30 * DAY_MS;

const day = z.iso.date({ error: 'must be a day such as 2026-11-20' });
/** Clients send fields of their own; what they mean is not known here and changes nothing. */
const usageQuery = z.object({ start_date: day.optional(), end_date: day.optional() });

async function showSubscription(input: AccountInput): Promise<AccountAnswer> {
  return await withKey(input, async ({ user }) => {
    const { ctx, live, queue } = input.house;
    await queue.flush();
    const running = runningAt(live.state.subscriptions.of(user.id), ctx.clock.now());
    const left = await leftOf(ctx, user.id, running);
    const limit = left === null ? UNLIMITED_USD : shownUsd((await usedBy(ctx, user.id)) + left);
    const ends = Math.max(0, ...running.map(({ endsAt }) => endsAt));
    return json(200, {
      object: 'billing_subscription',
      has_payment_method: true,
      soft_limit_usd: limit,
      hard_limit_usd: limit,
      system_hard_limit_usd: limit,
      access_until: Math.floor(ends / 1000),
    });
  });
}

/** `total_usage` is everything that was ever used, whatever days are asked for: only then is what is left right. */
async function showUsage(input: AccountInput): Promise<AccountAnswer> {
  return await withKey(input, async ({ user }) => {
    const { ctx, queue } = input.house;
    const range = rangeOf(readQuery(input, usageQuery), ctx.clock.now());
    await queue.flush();
    const days = await summariseUsage(ctx, { by: 'day', userId: user.id, ...range });
    const total = await usedBy(ctx, user.id);
    return json(200, { object: 'list', daily_costs: days.map(viewDay), total_usage: shownCents(total) });
  });
}

/** In micro-dollars; null: a plan that runs has no limit. */
async function leftOf(ctx: Ctx, userId: UserId, running: readonly LiveSubscription[]): Promise<number | null> {
  const windows = await readWindows(
    ctx,
    running.map(({ id }) => id),
    ctx.clock.now(),
  );
  let left = Math.max(0, (await readBalance(ctx, userId)).usdMicros);
  for (const spans of windows.values()) {
    if (spans.length === 0) return null;
    // What is leased to daemons is not used yet.
    left += Math.min(...spans.map((span) => windowLeft(span) + span.heldUsdMicros));
  }
  return left;
}

async function usedBy(ctx: Ctx, userId: UserId): Promise<number> {
  const rows = await summariseUsage(ctx, { by: 'user', userId });
  return rows.reduce((sum, row) => sum + row.chargedUsdMicros, 0);
}

function rangeOf(
  query: z.output<typeof usageQuery>,
  now: EpochMs,
): { readonly since: EpochMs; readonly until: EpochMs } {
  const since = query.start_date === undefined ? now - RANGE_DEFAULT_MS : Date.parse(query.start_date);
  const until = query.end_date === undefined ? now + DAY_MS : Date.parse(query.end_date) + DAY_MS;
  return { since: epochMs(since), until: epochMs(until) };
}

function viewDay(row: UsageSummaryRow): object {
  const cost = shownCents(row.chargedUsdMicros);
  return { timestamp: Date.parse(row.group) / 1000, line_items: [{ name: 'usage', cost }] };
}

/** Dollars as a JSON number, because this shape has nothing else; only ever shown. */
function shownUsd(micros: number): number {
  return micros / 1_000_000;
}

function shownCents(micros: number): number {
  return micros / 10_000;
}
