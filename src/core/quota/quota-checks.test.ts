import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RequestId, SubscriptionId, UserId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import { testDialect } from '../testing/test-database.ts';
import { DAY_MS, epochMs } from '../time.ts';
import { pruneUsageEvents } from '../usage/index.ts';
import { QuotaScene, type SceneDaemon, UNIT } from './testing/quota-scene.ts';

let scene: QuotaScene;
let daemon: SceneDaemon;
let alice: UserId;
let plan: SubscriptionId;
/** A request that the balance paid, and one that the plan paid. */
let paid: { balance: RequestId; plan: RequestId };

beforeEach(async () => {
  scene = await QuotaScene.open();
  daemon = await scene.daemon();
  alice = await scene.user(100 * UNIT);
  const byBalance = await daemon.reserved(alice);
  plan = await scene.subscribe(alice, { windowLimits: { '5h': (10 * UNIT) as UsdMicros } });
  const byPlan = await daemon.reserved(alice);
  paid = { balance: byBalance.requestId, plan: byPlan.requestId };
  daemon.settle(byBalance, 700);
  daemon.settle(byPlan, 800);
  await daemon.queue.flush();
});
afterEach(async () => await scene.close());

const db = () => scene.database.knex;

/** The violations as `check: subject`. */
async function found(): Promise<string[]> {
  const texts = (await scene.violations()).map((text) => text.split(' ').slice(0, 2).join(' '));
  return texts.sort((a, b) => (a < b ? -1 : 1));
}

test('books that nobody touched break no rule, with leases open', async () => {
  expect(await db()('quota_leases')).toHaveLength(2);
  expect(await scene.violations()).toEqual([]);
});

test('what is held has to be what leases have left', async () => {
  await db()('user_balances').where({ user_id: alice }).increment('held_usd_micros', 1);
  await db()('subscription_windows').update({ held_usd_micros: 0 });
  expect(await found()).toEqual([`balances-held-equal-leases: ${alice}`, `windows-held-equal-leases: ${plan}`]);
  const [text = ''] = await scene.violations();
  expect(text).toMatch(/holds \$[\d.]+, its leases have \$[\d.]+ left/);
});

test('a lease of a user without a balance is found', async () => {
  const ghost = `usr_${'0'.repeat(26)}`;
  const [lease] = await db()('quota_leases').limit(1);
  await db()('quota_leases').insert({ ...lease, id: 'lease_x', payer_kind: 'balance', payer_id: ghost });
  expect(await found()).toEqual([`balances-held-equal-leases: ${ghost}`]);
});

test('a charge without its event is found, in both ways to pay', async () => {
  await db()('usage_events').delete();
  expect(await found()).toEqual([
    `subscription-charges-have-events: ${paid.plan}`,
    `usage-transfers-have-events: usage:${paid.balance}`,
  ]);
});

test('an event that says another amount or payer than its charge is found', async () => {
  await db()('usage_events').where({ id: paid.balance }).update({ charged_usd_micros: 701 });
  await db()('usage_events').where({ id: paid.plan }).update({ payer_id: 'sub_other' });
  expect(await found()).toEqual([
    `subscription-charges-have-events: ${paid.plan}`,
    `usage-transfers-have-events: usage:${paid.balance}`,
  ]);
  const details = await scene.violations();
  expect(details[0]).toContain(`charged $0.0007 to balance ${alice}, but its event says $0.000701`);
});

test('an event that charged something without a charge, or with two, is found', async () => {
  const event = await db()('usage_events').where({ id: paid.balance }).first();
  await db()('usage_events').insert({ ...event, id: 'req_none' });
  await db()('subscription_charges').insert({
    id: paid.balance,
    subscription_id: plan,
    at: event.at,
    amount_usd_micros: 700,
  });
  expect(await found()).toEqual([
    `charged-events-are-charged-once: ${paid.balance}`,
    'charged-events-are-charged-once: req_none',
    `subscription-charges-have-events: ${paid.balance}`,
  ]);
  // Free of charge needs none.
  await db()('usage_events').where({ id: 'req_none' }).update({ charged_usd_micros: 0, payer_kind: 'free' });
  expect(await found()).toHaveLength(2);
});

test('events that their retention has deleted are not missed, and newer ones are', async () => {
  expect(await pruneUsageEvents(scene.ctx, epochMs(scene.ctx.clock.now() + DAY_MS), 100)).toBe(2);
  expect(await found()).toEqual([]);
  scene.ctx.clock.advance(DAY_MS);
  const later = await daemon.reserved(alice);
  daemon.settle(later, 5);
  await daemon.queue.flush();
  expect(await found()).toEqual([]);
  await db()('usage_events').delete();
  expect(await found()).toEqual([`subscription-charges-have-events: ${later.requestId}`]);
});

test('a trigger that is gone is found', async () => {
  const of = testDialect() === 'postgres' ? ' on quota_leases' : '';
  await db().raw(`drop trigger quota_leases_update_held${of}`);
  expect(await found()).toEqual(['quota-triggers: quota_leases_update_held']);
});
