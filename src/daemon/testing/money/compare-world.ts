import { expect } from 'vitest';
import { groupBy } from '../../../core/group-by.ts';
import { sumAccounts } from '../../../core/ledger/index.ts';
import { WINDOW_MS, type WindowSpan } from '../../../core/plans/index.ts';
import { standingOf } from '../../../core/subscriptions/index.ts';
import { epochMs } from '../../../core/time.ts';
import { ALL_CHECKS } from '../../admin/ledger-checks.ts';
import { limitsOf } from './model-spending.ts';
import type { MoneyWorld } from './money-world.ts';
import { lookAtPlans } from './spending-turns.ts';

interface BalanceRow {
  readonly user_id: string;
  readonly usd_micros: number;
  readonly held_usd_micros: number;
}

interface LeaseRow {
  readonly id: string;
  readonly granted_usd_micros: number;
  readonly spent_usd_micros: number;
}

interface WindowRow {
  readonly subscription_id: string;
  readonly span: WindowSpan;
  readonly started_at: number | null;
  readonly used_usd_micros: number;
  readonly held_usd_micros: number;
}

interface GrantRow {
  readonly source: string;
  readonly subscription_id: string;
  readonly plan_version_id: string;
  readonly starts_at: number;
  readonly ends_at: number;
  readonly revoked_at: number | null;
  readonly taken_ms: number;
}

/** Whether the books break no rule and say what the model says. */
export async function compareWorld(world: MoneyWorld): Promise<void> {
  for (const { queue } of world.daemons) await queue.flush();
  await lookAtPlans(world);
  expect(await violationsOf(world)).toEqual([]);
  expect(await shownByDatabase(world)).toEqual(shownByModel(world));
  await compareGrants(world);
  await compareHeld(world);
  await compareLeases(world);
  await compareWindows(world);
  compareTold(world);
  world.touched.clear();
}

async function violationsOf({ ctx }: MoneyWorld): Promise<string[]> {
  const results = await Promise.all(
    ALL_CHECKS.map(async (check) => (await check.find(ctx)).map((found) => ({ name: check.name, ...found }))),
  );
  return results.flat().map(({ name, subject, detail }) => `${name}: ${subject} ${detail}`);
}

async function shownByDatabase({ ctx, users, scene }: MoneyWorld): Promise<unknown> {
  const knex = ctx.db;
  const accounts = await sumAccounts(ctx);
  const orders = [
    ...(await knex('topup_orders').select('id', 'state')),
    ...(await knex('subscription_orders').select('id', 'state')),
  ];
  const arrivals: { id: string }[] = await knex('ledger_transfers').where({ kind: 'order' }).select('id');
  const payments = await knex('payments').select('*');
  const refunds = await knex('refunds').orderBy('id').select('payment_id', 'amount_minor', 'state');
  const balances = await Promise.all(users.map(async (user) => [user, (await scene.balance(user)).usdMicros]));
  return {
    accounts: withoutNothing(
      accounts
        .filter(({ account }) => account !== 'users')
        .map(({ account, creditUsdMicros, debitUsdMicros }) => [account, Number(creditUsdMicros - debitUsdMicros)]),
    ),
    balances: Object.fromEntries(balances),
    orders: Object.fromEntries(orders.map(({ id, state }) => [id, state])),
    arrivals: new Set(arrivals.map(({ id }) => id)),
    payments: Object.fromEntries(
      payments.map((row) => [
        row.id,
        `${row.credit_account} refunded ${row.refunded_minor} dispute ${row.dispute_state} ${row.disputed_minor}` +
          ` returned ${row.returned_usd_micros} withheld ${row.disputed_usd_micros}`,
      ]),
    ),
    refunds: byPayment(refunds.map((row) => [row.payment_id, `${row.amount_minor} ${row.state}`])),
  };
}

function shownByModel({ books, users }: MoneyWorld): unknown {
  return {
    accounts: withoutNothing([...books.accounts].filter(([account]) => !account.startsWith('user:'))),
    balances: Object.fromEntries(users.map((user) => [user, books.balanceOf(user)])),
    orders: Object.fromEntries(books.sales.map(({ id, state }) => [id, state])),
    arrivals: books.arrivals,
    payments: Object.fromEntries(
      books.attempts.map((each) => [
        each.id,
        `${each.holder} refunded ${each.refunded} dispute ${each.dispute} ${each.disputed}` +
          ` returned ${each.returned} withheld ${each.withheld}`,
      ]),
    ),
    refunds: byPayment(books.refunds.map(({ attempt, amountMinor, state }) => [attempt.id, `${amountMinor} ${state}`])),
  };
}

/** Each source gave what it had to, to whom it had to, for as long as it had to; and is taken back or not. */
async function compareGrants({ ctx, books, spending, canceled }: MoneyWorld): Promise<void> {
  const rows: GrantRow[] = await ctx.db('subscription_grants').select('*');
  const users = new Map(spending.subscriptions.map(({ id, userId }) => [id as string, userId]));
  const shown = rows.map((row) => {
    const { user, versionId, isRevoked } = {
      user: users.get(row.subscription_id),
      versionId: row.plan_version_id,
      isRevoked: row.revoked_at !== null,
    };
    return [row.source, `${versionId} to ${user}${isRevoked ? ', taken back' : ''}`];
  });
  const expected = [...books.grants].map(([source, { user, versionId, isRevoked }]) => [
    source,
    `${versionId} to ${user}${isRevoked ? ', taken back' : ''}`,
  ]);
  expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(expected));
  for (const row of rows) {
    const { lastsMs, wasBack } = books.grants.get(row.source) as NonNullable<ReturnType<typeof books.grants.get>>;
    const timeMs = row.ends_at - row.starts_at + row.taken_ms;
    if (wasBack) expect(timeMs).toBeLessThanOrEqual(lastsMs);
    else expect([row.source, timeMs]).toEqual([row.source, lastsMs]);
  }
  for (const { id, state } of spending.subscriptions) {
    const own = rows.filter((row) => row.subscription_id === id);
    const kept = canceled.has(id) ? 'canceled' : 'active';
    expect([id, state]).toEqual([id, own.every((row) => row.revoked_at !== null) ? 'revoked' : kept]);
  }
}

/** What requests hold is held, and nobody holds what is not there unless it was taken away under them. */
async function compareHeld({ ctx, books, spending, users }: MoneyWorld): Promise<void> {
  const rows: BalanceRow[] = await ctx.db('user_balances').select('*');
  for (const user of users) {
    const row = rows.find((each) => each.user_id === user);
    const held = row?.held_usd_micros ?? 0;
    const needed = spending.heldOf(user);
    expect(held, `held of ${user}`).toBeGreaterThanOrEqual(needed);
    if (held === 0) books.robbed.delete(user);
    if (!books.robbed.has(user) && held > 0) expect(books.balanceOf(user)).toBeGreaterThanOrEqual(held);
  }
}

/** What daemons believe to have leased is what the database gave them, unless they were taken for dead. */
async function compareLeases({ ctx, daemons }: MoneyWorld): Promise<void> {
  const rows: LeaseRow[] = await ctx.db('quota_leases').select('id', 'granted_usd_micros', 'spent_usd_micros');
  const known = new Map(rows.map(({ id, ...row }) => [id, row]));
  for (const { lease } of daemons.flatMap(({ desk }) => [...desk.accounts])) {
    const row = lease && known.get(lease.id);
    if (!row) continue;
    const { grantedUsdMicros, spentUsdMicros, freeUsdMicros } = lease;
    expect(row).toEqual({ granted_usd_micros: grantedUsdMicros, spent_usd_micros: spentUsdMicros });
    expect(freeUsdMicros).toBeGreaterThanOrEqual(0);
  }
}

async function compareWindows(world: MoneyWorld): Promise<void> {
  const { ctx, spending } = world;
  const rows: WindowRow[] = await ctx.db('subscription_windows').select('*');
  for (const row of rows) {
    const { subscription_id: id, span, started_at: startedAt, held_usd_micros: held } = row;
    followStart(world, row);
    const used = startedAt === null ? 0 : spending.chargedSince(id, startedAt);
    expect([id, span, row.used_usd_micros]).toEqual([id, span, used]);
    expect(held).toBeGreaterThanOrEqual(spending.heldOf(id));
    if (held === 0) spending.robbed.delete(id);
    if (spending.robbed.has(id) || held === 0) continue;
    const subscription = spending.subscriptions.find((each) => each.id === id);
    const limit = new Map(subscription ? limitsOf(subscription) : []).get(span) ?? 0;
    const usedNow = spending.usedOf(id, span, world.now);
    expect(usedNow + held, `${id} ${span} of ${limit}`).toBeLessThanOrEqual(limit);
  }
}

/** A window begins with a use after the one before has ended, and at no other time. */
function followStart(
  { spending, touched }: MoneyWorld,
  { subscription_id: id, span, started_at: now }: WindowRow,
): void {
  const key = `${id} ${span}`;
  const before = spending.begun.get(key) ?? null;
  const moments = touched.get(id) ?? [];
  if (now !== before) {
    expect([key, moments]).toEqual([key, expect.arrayContaining([now])]);
    if (before !== null) expect(now).toBeGreaterThanOrEqual(before + WINDOW_MS[span]);
  }
  const charged = (spending.charges.get(id) ?? []).filter(({ at }) => moments.includes(at));
  for (const { at } of charged) {
    expect(now).not.toBeNull();
    expect(at).toBeGreaterThanOrEqual(now ?? 0);
    expect(at).toBeLessThan((now ?? 0) + WINDOW_MS[span]);
  }
  if (now !== null) spending.begun.set(key, now);
}

/** What the bank has told is what is known of a payment, without asking it. */
function compareTold({ bank, books }: MoneyWorld): void {
  for (const { ref, isTold, mustBeAsked, refunded, dispute, disputed } of bank.payments) {
    const attempt = books.paid.find((each) => each.ref === ref);
    if (!attempt) continue;
    if (!isTold || mustBeAsked) continue;
    expect([ref, attempt.refunded, attempt.dispute, attempt.disputed]).toEqual([ref, refunded, dispute, disputed]);
  }
}

/** Nothing is held of anybody, and the bank agrees on every payment that it knows. */
export async function expectQuiet({ bank, books, ctx, daemons, users, scene, spending }: MoneyWorld): Promise<void> {
  for (const user of users) expect((await scene.balance(user)).heldUsdMicros).toBe(0);
  for (const { quota } of daemons) expect(quota.held()).toEqual([]);
  expect(await ctx.db('quota_leases').select('*')).toEqual([]);
  const running = spending.subscriptions.filter((each) => standingOf(each, epochMs(ctx.clock.now())) === 'active');
  for (const { id } of running) expect(spending.heldOf(id)).toBe(0);
  for (const payment of bank.payments) {
    const attempt = books.attempts.find(({ ref }) => ref === payment.ref);
    if (!attempt) continue;
    const { refunded, dispute, disputed } = attempt;
    expect({ refunded, dispute, disputed }).toEqual({
      refunded: payment.refunded,
      dispute: payment.dispute,
      disputed: payment.disputed,
    });
  }
}

function withoutNothing(entries: readonly (readonly (string | number)[])[]): unknown {
  return Object.fromEntries(entries.filter(([, amount]) => amount !== 0));
}

/** In the order in which they were asked for. */
function byPayment(refunds: readonly (readonly [string, string])[]): unknown {
  return Object.fromEntries(
    [...groupBy(refunds, ([id]) => id)].map(([id, own]) => [id, own.map(([, shown]) => shown)]),
  );
}
