import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readChangeMarks } from '../database/index.ts';
import { createUser } from '../identity/index.ts';
import type { UserId } from '../ids.ts';
import type { NewPlan } from '../plans/index.ts';
import {
  cancelSubscription,
  findSubscription,
  followProvider,
  grantSubscription,
  listSubscriptions,
  loadSubscriptions,
  planLimits,
  revokeGrant,
  runningAt,
  STANDINGS,
  standingOf,
} from './index.ts';
import { openShop, type Shop } from './testing/shop.ts';

let shop: Shop;
beforeEach(async () => {
  shop = await openShop();
});
afterEach(async () => {
  await shop.close();
});

const days = (count: number): Pick<NewPlan, 'duration'> => ({ duration: { count, unit: 'day' } });
const load = () => loadSubscriptions(shop.ctx, shop.ctx.clock.now());
const codes = async (of = shop.alice) => (await load()).of(of).map(({ planCode }) => planCode);

async function buy(code: string, plan: Partial<NewPlan> = {}) {
  const { version } = await shop.sell({ code, ...plan });
  return (await shop.grant(version, `grant:${code}`)).subscription;
}

describe('the snapshot', () => {
  test('has what a user has, the earliest end first, then by id', async () => {
    await buy('long', days(30));
    shop.ctx.clock.advance(1_000);
    await buy('short', days(3));
    const twin = await shop.sell({ code: 'twin', onRepurchase: 'stack', ...days(4) });
    const at = shop.ctx.clock.now();
    const both = await Promise.all(['a:1', 'a:2'].map((source) => shop.grant(twin.version, source, at)));
    const { id: bob } = await createUser(shop.ctx, { name: 'bob' });
    const forBob = { userId: bob, planVersionId: twin.version.id, source: 'b:1', at };
    await grantSubscription(shop.ctx, forBob);
    expect(await codes()).toEqual(['short', 'twin', 'twin', 'long']);
    const ids = (await load()).of(shop.alice).map(({ id }) => id);
    expect(ids.slice(1, 3)).toEqual(both.map(({ subscription }) => subscription.id).sort());
    expect(await codes(bob)).toEqual(['twin']);
    expect((await load()).of('usr_nobody' as UserId)).toEqual([]);
    expect(new Set((await load()).userIds)).toEqual(new Set([shop.alice, bob]));
  });

  test('has the version that was sold', async () => {
    const { id } = await buy('pro', { limits: { rpm: 9 } });
    const [live] = (await load()).of(shop.alice);
    expect(live).toEqual(await findSubscription(shop.ctx, id));
    expect(live?.version.limits.rpm).toBe(9);
  });

  test('has neither what ended nor what was canceled or revoked, but what is queued or past due', async () => {
    const canceled = await buy('canceled');
    await cancelSubscription(shop.ctx, { subscriptionId: canceled.id, reason: 'x' });
    await buy('revoked');
    await revokeGrant(shop.ctx, 'grant:revoked');
    await buy('ended', days(1));
    const queue = await shop.sell({ code: 'queued', onRepurchase: 'queue', ...days(5) });
    for (const source of ['q:1', 'q:2']) await shop.grant(queue.version, source);
    const due = await shop.sell({ code: 'due', renews: true });
    await grantSubscription(shop.ctx, {
      userId: shop.alice,
      planVersionId: due.version.id,
      source: 'd:1',
      at: shop.ctx.clock.now(),
      providerSubscriptionRef: 'sub_due',
    });
    await followProvider(shop.ctx, { providerSubscriptionRef: 'sub_due', state: 'past_due', cancelAtPeriodEnd: false });
    shop.ctx.clock.advance(24 * 3_600_000);
    expect(await codes()).toEqual(['queued', 'queued', 'due']);
    const now = shop.ctx.clock.now();
    expect(runningAt((await load()).of(shop.alice), now).map(({ planCode }) => planCode)).toEqual(['queued']);
    const byStanding = await Promise.all(
      STANDINGS.map(async (standing) => {
        const { items } = await listSubscriptions(shop.ctx, { standing }, { limit: 9 });
        for (const item of items) expect(standingOf(item, now)).toBe(standing);
        return [standing, items.map(({ planCode }) => planCode)];
      }),
    );
    expect(Object.fromEntries(byStanding)).toEqual({
      queued: ['queued'],
      active: ['queued'],
      past_due: ['due'],
      expired: ['ended'],
      canceled: ['canceled'],
      revoked: ['revoked'],
    });
  });

  test('loaded once, still knows what runs when time goes on', async () => {
    const queue = await shop.sell({ code: 'q', onRepurchase: 'queue', ...days(2) });
    const first = (await shop.grant(queue.version, 'q:1')).subscription;
    const second = (await shop.grant(queue.version, 'q:2')).subscription;
    const all = (await load()).of(shop.alice);
    const running = () => runningAt(all, shop.ctx.clock.now()).map(({ id }) => id);
    expect(running()).toEqual([first.id]);
    shop.ctx.clock.advance(2 * 86_400_000 - 1);
    expect(running()).toEqual([first.id]);
    shop.ctx.clock.advance(1);
    expect(running()).toEqual([second.id]);
    shop.ctx.clock.advance(2 * 86_400_000);
    expect(running()).toEqual([]);
  });
});

test('every change is marked, so that other daemons see it', async () => {
  const seen: number[] = [];
  const look = async () => seen.push((await readChangeMarks(shop.ctx)).subscriptions);
  await look();
  const { id } = await buy('pro');
  await look();
  await cancelSubscription(shop.ctx, { subscriptionId: id, reason: 'x' });
  await look();
  await revokeGrant(shop.ctx, 'grant:pro');
  await look();
  expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
  expect(seen).toHaveLength(4);
});

describe('limits of plans', () => {
  const limits = async () => planLimits((await load()).of(shop.alice), shop.ctx.clock.now());

  test('are none without a plan', async () => {
    expect(await limits()).toEqual({ rpm: null, tpm: null, concurrency: null });
  });

  test('are of each the highest among the running ones, and none where one has none', async () => {
    await buy('a', { limits: { rpm: 10, tpm: 5_000, concurrency: 2 } });
    expect(await limits()).toEqual({ rpm: 10, tpm: 5_000, concurrency: 2 });
    await buy('b', { limits: { rpm: 60, concurrency: 1 }, ...days(1) });
    expect(await limits()).toEqual({ rpm: 60, tpm: null, concurrency: 2 });
    shop.ctx.clock.advance(86_400_000);
    expect(await limits()).toEqual({ rpm: 10, tpm: 5_000, concurrency: 2 });
  });
});

describe('finding', () => {
  test('takes an id or a unique beginning of one', async () => {
    const { id } = await buy('a');
    shop.ctx.clock.advance(1_000);
    await buy('b');
    expect((await findSubscription(shop.ctx, id)).planCode).toBe('a');
    expect((await findSubscription(shop.ctx, id.slice(0, 14))).planCode).toBe('a');
    await expect(findSubscription(shop.ctx, 'sub_')).rejects.toMatchObject({ code: 'not_found' });
    await expect(findSubscription(shop.ctx, id.slice(0, 8))).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(findSubscription(shop.ctx, 'alice')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('comes in pages, of one user and one plan', async () => {
    const plans = [];
    for (const code of ['a', 'b', 'c']) {
      shop.ctx.clock.advance(1);
      plans.push(await buy(code));
    }
    const first = await listSubscriptions(shop.ctx, { userId: shop.alice }, { limit: 2 });
    expect(first.items.map(({ planCode }) => planCode)).toEqual(['c', 'b']);
    expect(first.nextCursor).not.toBeNull();
    const only = await listSubscriptions(shop.ctx, { planId: plans[0]?.planId }, { limit: 2 });
    expect(only.items.map(({ planCode }) => planCode)).toEqual(['a']);
    expect((await listSubscriptions(shop.ctx, { userId: 'usr_x' as UserId }, { limit: 2 })).items).toEqual([]);
  });
});
