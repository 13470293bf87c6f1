import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SubscriptionId } from '../ids.ts';
import type { OnRepurchase } from '../plans/index.ts';
import {
  cancelSubscription,
  extendTo,
  findSubscription,
  listGrants,
  listSubscriptions,
  restoreGrant,
  revokeGrant,
  standingOf,
} from './index.ts';
import { instant, openShop, type Shop } from './testing/shop.ts';

let shop: Shop;
beforeEach(async () => {
  shop = await openShop();
  shop.goTo('2026-01-01T00:00:00Z');
});
afterEach(async () => {
  expect(await shop.violations()).toEqual([]);
  await shop.close();
});

const day = (at: number) => new Date(at).toISOString().slice(5, 10);
const period = ({ startsAt, endsAt }: { startsAt: number; endsAt: number }) => [day(startsAt), day(endsAt)];
const standing = async (id: SubscriptionId) => standingOf(await findSubscription(shop.ctx, id), shop.ctx.clock.now());
const periods = async () =>
  (await listSubscriptions(shop.ctx, {}, { limit: 10 })).items.map(period).sort((a, b) => (a < b ? -1 : 1));

/** Three times ten days, one way or another. */
async function buyThrice(onRepurchase: OnRepurchase) {
  const { version } = await shop.sell({ onRepurchase, duration: { count: 10, unit: 'day' } });
  const bought = [];
  for (const source of ['order:1', 'order:2', 'order:3']) {
    shop.ctx.clock.advance(1);
    bought.push((await shop.grant(version, source, instant('2026-01-01T00:00:00Z'))).subscription);
  }
  return bought;
}

describe('taking a grant back', () => {
  test('of the only one ends the subscription at once', async () => {
    const { version } = await shop.sell();
    const { subscription } = await shop.grant(version, 'order:1');
    shop.goTo('2026-01-11T00:00:00Z');
    const answer = await revokeGrant(shop.ctx, 'order:1');
    expect(answer.kind).toBe('revoked');
    expect(await standing(subscription.id)).toBe('revoked');
    expect(period(await findSubscription(shop.ctx, subscription.id))).toEqual(['01-01', '01-11']);
  });

  test('again changes nothing, also when fifty do it at once', async () => {
    const { version } = await shop.sell({ duration: { count: 10, unit: 'day' } });
    for (const source of ['order:1', 'order:2']) await shop.grant(version, source);
    const answers = await Promise.all(Array.from({ length: 50 }, () => revokeGrant(shop.ctx, 'order:1')));
    expect(answers.filter(({ kind }) => kind === 'revoked')).toHaveLength(1);
    expect(await periods()).toEqual([['01-01', '01-11']]);
  });

  test('that nobody gave is answered, not guessed', async () => {
    expect(await revokeGrant(shop.ctx, 'order:1')).toEqual({ kind: 'unknown_source' });
    expect(await restoreGrant(shop.ctx, 'order:1')).toEqual({ kind: 'unknown_source' });
  });

  test.each([
    [
      'order:1',
      [
        ['01-01', '01-05'],
        ['01-05', '01-15'],
        ['01-15', '01-25'],
      ],
    ],
    [
      'order:2',
      [
        ['01-01', '01-11'],
        ['01-11', '01-11'],
        ['01-11', '01-21'],
      ],
    ],
    [
      'order:3',
      [
        ['01-01', '01-11'],
        ['01-11', '01-21'],
        ['01-21', '01-21'],
      ],
    ],
  ])('of %s cuts out what is left of it, and what follows moves up', async (source, grants) => {
    const [subscription] = await buyThrice('extend');
    shop.goTo('2026-01-05T00:00:00Z');
    await revokeGrant(shop.ctx, source);
    const found = await findSubscription(shop.ctx, subscription?.id ?? '');
    expect((await listGrants(shop.ctx, found)).map(period).sort()).toEqual(grants);
    expect(day(found.endsAt)).toBe(grants.at(-1)?.[1]);
    expect(await standing(found.id)).toBe('active');
  });

  test('of time that is over takes nothing away', async () => {
    await buyThrice('extend');
    shop.goTo('2026-01-15T00:00:00Z');
    const answer = await revokeGrant(shop.ctx, 'order:1');
    expect(answer).toMatchObject({ kind: 'revoked', grant: { takenMs: 0 } });
    expect(await periods()).toEqual([['01-01', '01-31']]);
  });

  test('of all leaves nothing, whatever the order', async () => {
    const [subscription] = await buyThrice('extend');
    shop.goTo('2026-01-03T00:00:00Z');
    for (const source of ['order:2', 'order:3', 'order:1']) await revokeGrant(shop.ctx, source);
    expect(await periods()).toEqual([['01-01', '01-03']]);
    expect(await standing(subscription?.id as SubscriptionId)).toBe('revoked');
  });

  test('lets what was queued begin earlier', async () => {
    const [first, second, third] = await buyThrice('queue');
    shop.goTo('2026-01-05T00:00:00Z');
    await revokeGrant(shop.ctx, 'order:1');
    expect(await periods()).toEqual([
      ['01-01', '01-05'],
      ['01-05', '01-15'],
      ['01-15', '01-25'],
    ]);
    expect(await Promise.all([first, second, third].map((sub) => standing(sub?.id as SubscriptionId)))).toEqual([
      'revoked',
      'active',
      'queued',
    ]);
  });

  test('of a queued one closes the gap that it leaves', async () => {
    await buyThrice('queue');
    await revokeGrant(shop.ctx, 'order:2');
    expect(await periods()).toEqual([
      ['01-01', '01-11'],
      ['01-11', '01-11'],
      ['01-11', '01-21'],
    ]);
  });

  test('of one that is stacked leaves the others alone', async () => {
    await buyThrice('stack');
    shop.goTo('2026-01-05T00:00:00Z');
    await revokeGrant(shop.ctx, 'order:2');
    expect(await periods()).toEqual([
      ['01-01', '01-05'],
      ['01-01', '01-11'],
      ['01-01', '01-11'],
    ]);
  });
});

describe('giving it back', () => {
  test('adds what was taken to the end, once', async () => {
    await buyThrice('extend');
    shop.goTo('2026-01-05T00:00:00Z');
    await revokeGrant(shop.ctx, 'order:1');
    expect((await restoreGrant(shop.ctx, 'order:1')).kind).toBe('restored');
    expect((await restoreGrant(shop.ctx, 'order:1')).kind).toBe('not_revoked');
    expect(await periods()).toEqual([['01-01', '01-31']]);
  });

  test('begins now when the subscription has ended meanwhile, and can be taken back again', async () => {
    const { version } = await shop.sell({ duration: { count: 10, unit: 'day' } });
    const { subscription } = await shop.grant(version, 'order:1');
    shop.goTo('2026-01-04T00:00:00Z');
    await revokeGrant(shop.ctx, 'order:1');
    shop.goTo('2026-02-01T00:00:00Z');
    await restoreGrant(shop.ctx, 'order:1');
    expect(await standing(subscription.id)).toBe('active');
    expect(day((await findSubscription(shop.ctx, subscription.id)).endsAt)).toBe('02-08');
    shop.goTo('2026-02-03T00:00:00Z');
    await revokeGrant(shop.ctx, 'order:1');
    expect(await standing(subscription.id)).toBe('revoked');
    expect(day((await findSubscription(shop.ctx, subscription.id)).endsAt)).toBe('02-03');
  });

  test('lets what is queued wait again', async () => {
    await buyThrice('queue');
    await revokeGrant(shop.ctx, 'order:2');
    await restoreGrant(shop.ctx, 'order:2');
    expect(await periods()).toEqual([
      ['01-01', '01-11'],
      ['01-11', '01-21'],
      ['01-21', '01-31'],
    ]);
  });
});

describe('canceling', () => {
  test('at once ends it, keeps the reason, and what waited begins', async () => {
    const [first, second] = await buyThrice('queue');
    shop.goTo('2026-01-04T00:00:00Z');
    const subscriptionId = first?.id as SubscriptionId;
    const canceled = await cancelSubscription(shop.ctx, { subscriptionId, reason: 'asked for it' });
    expect(canceled).toMatchObject({
      state: 'canceled',
      cancelReason: 'asked for it',
      canceledAt: shop.ctx.clock.now(),
    });
    expect(await cancelSubscription(shop.ctx, { subscriptionId, reason: 'again' })).toEqual(canceled);
    expect(await standing(second?.id as SubscriptionId)).toBe('active');
    await expect(
      extendTo(shop.ctx, { subscriptionId, endsAt: instant('2026-03-01T00:00:00Z'), source: 'extend:1' }),
    ).rejects.toMatchObject({ code: 'conflict' });
  });

  test('lets what waited move up once, not again when the money is sent back as well', async () => {
    const [first] = await buyThrice('queue');
    shop.goTo('2026-01-04T00:00:00Z');
    await cancelSubscription(shop.ctx, { subscriptionId: first?.id as SubscriptionId, reason: 'asked for it' });
    const moved = [
      ['01-04', '01-14'],
      ['01-14', '01-24'],
    ];
    expect((await periods()).slice(1)).toEqual(moved);
    await revokeGrant(shop.ctx, 'order:1');
    expect((await periods()).slice(1)).toEqual(moved);
  });

  test('at the end lets it run', async () => {
    const { version } = await shop.sell();
    const { subscription } = await shop.grant(version, 'order:1');
    const input = { subscriptionId: subscription.id, reason: 'not again', atEnd: true };
    expect(await cancelSubscription(shop.ctx, input)).toMatchObject({ state: 'active', cancelAtEnd: true });
    expect(await standing(subscription.id)).toBe('active');
  });

  test('is not what happens to one that was revoked, and a revoked one stays canceled when given back', async () => {
    const { version } = await shop.sell();
    const { subscription } = await shop.grant(version, 'order:1');
    await cancelSubscription(shop.ctx, { subscriptionId: subscription.id, reason: 'x' });
    await revokeGrant(shop.ctx, 'order:1');
    expect(await standing(subscription.id)).toBe('revoked');
    await expect(cancelSubscription(shop.ctx, { subscriptionId: subscription.id, reason: 'y' })).rejects.toMatchObject({
      code: 'conflict',
    });
    await restoreGrant(shop.ctx, 'order:1');
    expect(await standing(subscription.id)).toBe('canceled');
  });
});

describe('extending by hand', () => {
  test('moves the end once for each source, and what waits behind it', async () => {
    const [first] = await buyThrice('queue');
    const input = {
      subscriptionId: first?.id as SubscriptionId,
      endsAt: instant('2026-01-13T00:00:00Z'),
      source: 'e:1',
    };
    await extendTo(shop.ctx, input);
    await extendTo(shop.ctx, { ...input, endsAt: instant('2026-01-20T00:00:00Z') });
    expect(await periods()).toEqual([
      ['01-01', '01-13'],
      ['01-13', '01-23'],
      ['01-23', '02-02'],
    ]);
    await revokeGrant(shop.ctx, 'e:1');
    expect(await periods()).toEqual([
      ['01-01', '01-11'],
      ['01-11', '01-21'],
      ['01-21', '01-31'],
    ]);
  });

  test('makes an expired one run again from now on', async () => {
    const [first] = await buyThrice('stack');
    const subscriptionId = first?.id as SubscriptionId;
    shop.goTo('2026-02-01T00:00:00Z');
    expect(await standing(subscriptionId)).toBe('expired');
    await extendTo(shop.ctx, { subscriptionId, endsAt: instant('2026-02-03T00:00:00Z'), source: 'e:1' });
    expect(await standing(subscriptionId)).toBe('active');
    expect((await listGrants(shop.ctx, { id: subscriptionId })).map(period)).toEqual([
      ['01-01', '01-11'],
      ['02-01', '02-03'],
    ]);
  });

  test('never shortens', async () => {
    const [first] = await buyThrice('stack');
    const subscriptionId = first?.id as SubscriptionId;
    for (const endsAt of [instant('2026-01-11T00:00:00Z'), instant('2026-01-02T00:00:00Z')]) {
      await expect(extendTo(shop.ctx, { subscriptionId, endsAt, source: 'e:1' })).rejects.toMatchObject({
        code: 'invalid_input',
      });
    }
  });
});
