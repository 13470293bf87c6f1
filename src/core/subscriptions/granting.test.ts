import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createUser } from '../identity/index.ts';
import type { UsdMicros } from '../money.ts';
import { editPlan } from '../plans/index.ts';
import { grantSubscription, listGrants, listSubscriptions, type Subscription } from './index.ts';
import { openShop, type Shop, shown, windowLimits } from './testing/shop.ts';

let shop: Shop;
beforeEach(async () => {
  shop = await openShop();
  shop.goTo('2026-01-31T12:00:00Z');
});
afterEach(async () => {
  expect(await shop.violations()).toEqual([]);
  await shop.close();
});

const period = ({ startsAt, endsAt }: { startsAt: number; endsAt: number }) =>
  [startsAt, endsAt].map((at) => new Date(at).toISOString().slice(0, 16));
const all = async () => (await listSubscriptions(shop.ctx, {}, { limit: 100 })).items;

describe('a first purchase', () => {
  test('begins at once and lasts as long as the plan says', async () => {
    const { version, id: planId } = await shop.sell({ duration: { count: 10, unit: 'day' } });
    const { kind, subscription, grant } = await shop.grant(version, 'order:1');
    expect(kind).toBe('granted');
    expect(subscription).toMatchObject({ userId: shop.alice, planId, planVersionId: version.id, state: 'active' });
    expect(period(subscription)).toEqual(['2026-01-31T12:00', '2026-02-10T12:00']);
    expect(period(grant)).toEqual(period(subscription));
    expect(await all()).toEqual([{ ...subscription, planCode: 'plan-1', version }]);
  });

  test('of a plan that does not exist gives nothing', async () => {
    const { version } = await shop.sell();
    await expect(
      shop.grant({ ...version, id: `${version.id}x` as typeof version.id }, 'order:1'),
    ).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(await all()).toEqual([]);
  });
});

describe('a plan that extends', () => {
  test('becomes one longer subscription, month after month on the same day', async () => {
    const { version } = await shop.sell({ onRepurchase: 'extend' });
    await shop.grant(version, 'order:1');
    await shop.grant(version, 'order:2');
    shop.goTo('2026-02-10T00:00:00Z');
    const { subscription } = await shop.grant(version, 'order:3');
    expect(period(subscription)).toEqual(['2026-01-31T12:00', '2026-04-30T12:00']);
    expect(await all()).toHaveLength(1);
    expect((await listGrants(shop.ctx, subscription)).map((grant) => [grant.source, ...period(grant)])).toEqual([
      ['order:1', '2026-01-31T12:00', '2026-02-28T12:00'],
      ['order:2', '2026-02-28T12:00', '2026-03-31T12:00'],
      ['order:3', '2026-03-31T12:00', '2026-04-30T12:00'],
    ]);
  });

  test('begins anew once the last one has ended, at the very instant', async () => {
    const { version } = await shop.sell({ duration: { count: 1, unit: 'day' } });
    await shop.grant(version, 'order:1');
    shop.goTo('2026-02-01T12:00:00Z');
    const { subscription } = await shop.grant(version, 'order:2');
    expect(period(subscription)).toEqual(['2026-02-01T12:00', '2026-02-02T12:00']);
    expect(await all()).toHaveLength(2);
  });

  test('that was changed meanwhile waits behind what was bought before, on its own terms', async () => {
    const { id, version } = await shop.sell({ onRepurchase: 'extend' });
    const before = await shop.grant(version, 'order:1');
    const { version: dearer } = await editPlan(shop.ctx, id, { priceMinor: 9_900 });
    const { subscription } = await shop.grant(dearer, 'order:2');
    expect(subscription.id).not.toBe(before.subscription.id);
    expect(period(subscription)).toEqual(['2026-02-28T12:00', '2026-03-31T12:00']);
    const again = await shop.grant(dearer, 'order:3');
    expect(again.subscription.id).toBe(subscription.id);
    expect(period(again.subscription)).toEqual(['2026-02-28T12:00', '2026-04-30T12:00']);
  });

  test('extends nobody else and no other plan', async () => {
    const { version } = await shop.sell();
    const { version: other } = await shop.sell();
    const { id: bob } = await createUser(shop.ctx, { name: 'bob' });
    await shop.grant(version, 'order:1');
    await shop.grant(other, 'order:2');
    const at = shop.ctx.clock.now();
    await grantSubscription(shop.ctx, { userId: bob, planVersionId: version.id, source: 'order:3', at });
    expect((await all()).map(period)).toEqual(Array(3).fill(['2026-01-31T12:00', '2026-02-28T12:00']));
  });
});

describe('a plan that stacks', () => {
  test('runs several times at once', async () => {
    const { version } = await shop.sell({ onRepurchase: 'stack', windowLimits: windowLimits({ '5h': 100 }) });
    const first = await shop.grant(version, 'order:1');
    shop.goTo('2026-02-01T00:00:00Z');
    const second = await shop.grant(version, 'order:2');
    expect(second.subscription.id).not.toBe(first.subscription.id);
    expect(period(second.subscription)).toEqual(['2026-02-01T00:00', '2026-03-01T00:00']);
    await shop.charge({ id: 'req_1', subscriptionId: first.subscription.id, usdMicros: 70 });
    expect([await shop.used(first.subscription.id), await shop.used(second.subscription.id)]).toEqual([
      { '5h': 70 },
      { '5h': 0 },
    ]);
  });
});

describe('a plan that queues', () => {
  test('begins when the last one ends, and goes on on its day of the month', async () => {
    const { version } = await shop.sell({ onRepurchase: 'queue' });
    const bought = [];
    for (const source of ['order:1', 'order:2', 'order:3']) bought.push(await shop.grant(version, source));
    expect(bought.map(({ subscription }) => period(subscription))).toEqual([
      ['2026-01-31T12:00', '2026-02-28T12:00'],
      ['2026-02-28T12:00', '2026-03-31T12:00'],
      ['2026-03-31T12:00', '2026-04-30T12:00'],
    ]);
  });

  test('goes on from the leap day', async () => {
    shop.goTo('2028-01-30T00:00:00Z');
    const { version } = await shop.sell({ onRepurchase: 'queue' });
    const ends = [];
    for (const source of ['a:1', 'a:2', 'a:3'])
      ends.push(shown((await shop.grant(version, source)).subscription.endsAt));
    expect(ends.map((end) => end?.slice(0, 10))).toEqual(['2028-02-29', '2028-03-30', '2028-04-30']);
  });
});

describe('a source', () => {
  test('gives once, and says what it gave when asked again', async () => {
    const { version } = await shop.sell();
    const first = await shop.grant(version, 'order:1');
    shop.goTo('2026-02-05T00:00:00Z');
    const again = await shop.grant(version, 'order:1');
    expect(again).toEqual({ ...first, kind: 'already_granted' });
    expect(await all()).toHaveLength(1);
  });

  test('gives once to fifty who ask at the same time', async () => {
    const { version } = await shop.sell({ windowLimits: windowLimits({ '5h': 1, '30d': 1 }) });
    const answers = await Promise.all(Array.from({ length: 50 }, () => shop.grant(version, 'order:1')));
    expect(answers.filter(({ kind }) => kind === 'granted')).toHaveLength(1);
    expect(new Set(answers.map(({ subscription }) => subscription.endsAt)).size).toBe(1);
    expect(await all()).toHaveLength(1);
    expect(await listGrants(shop.ctx, answers[0]?.subscription as Subscription)).toHaveLength(1);
  });

  test('fifty of them at the same time each give their month, one after the other', async () => {
    const { version } = await shop.sell({ duration: { count: 1, unit: 'hour' } });
    await Promise.all(Array.from({ length: 50 }, (_, i) => shop.grant(version, `order:${i}`)));
    const [subscription, ...others] = await all();
    expect(others).toEqual([]);
    expect(period(subscription as Subscription)).toEqual(['2026-01-31T12:00', '2026-02-02T14:00']);
    expect(await listGrants(shop.ctx, subscription as Subscription)).toHaveLength(50);
  });

  test('that gave one thing never gives another', async () => {
    const { version } = await shop.sell();
    const { version: other } = await shop.sell();
    const { id: bob } = await createUser(shop.ctx, { name: 'bob' });
    await shop.grant(version, 'order:1');
    await expect(shop.grant(other, 'order:1')).rejects.toMatchObject({ code: 'conflict' });
    const forBob = { userId: bob, planVersionId: version.id, source: 'order:1', at: shop.ctx.clock.now() };
    await expect(grantSubscription(shop.ctx, forBob)).rejects.toMatchObject({ code: 'conflict' });
    expect(await all()).toHaveLength(1);
  });

  test('gives nothing when the transaction around it fails', async () => {
    const { version } = await shop.sell({ windowLimits: windowLimits({ '1d': 5 }) });
    const failing = shop.database.knex.transaction(async (db) => {
      await grantSubscription(
        { ...shop.ctx, db },
        {
          userId: shop.alice,
          planVersionId: version.id,
          source: 'order:1',
          at: shop.ctx.clock.now(),
        },
      );
      throw new Error('something after it');
    });
    await expect(failing).rejects.toThrow('something after it');
    expect(await all()).toEqual([]);
    expect((await shop.grant(version, 'order:1')).kind).toBe('granted');
  });
});

test('what a subscription is made of stays as it was, by hand too', async () => {
  const { version } = await shop.sell({ windowLimits: windowLimits({ '5h': 9 as UsdMicros }) });
  const { subscription } = await shop.grant(version, 'order:1');
  const row = () => shop.database.knex('user_subscriptions').where({ id: subscription.id });
  await expect(row().update({ plan_version_id: 'plv_other' })).rejects.toThrow('append-only');
  await expect(row().delete()).rejects.toThrow('append-only');
  const grants = () => shop.database.knex('subscription_grants').where({ source: 'order:1' });
  await expect(grants().delete()).rejects.toThrow('append-only');
  await expect(grants().update({ source: 'order:2' })).rejects.toThrow('append-only');
});
