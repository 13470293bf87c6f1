import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EpochMs } from '../time.ts';
import {
  cancelSubscription,
  findGrantBySource,
  findSubscription,
  followProvider,
  grantSubscription,
  listSubscriptions,
  renewSubscription,
  revokeGrant,
  type Subscription,
  standingOf,
} from './index.ts';
import { instant, openShop, type Shop } from './testing/shop.ts';

let shop: Shop;
let first: Subscription;
beforeEach(async () => {
  shop = await openShop();
  shop.goTo('2026-01-31T10:00:00Z');
  const { version } = await shop.sell({ renews: true });
  const given = await grantSubscription(shop.ctx, {
    userId: shop.alice,
    planVersionId: version.id,
    source: 'invoice:in_1',
    at: shop.ctx.clock.now(),
    endsAt: instant('2026-02-28T10:00:05Z'),
    providerSubscriptionRef: 'sub_stripe',
  });
  first = given.subscription;
});
afterEach(async () => {
  expect(await shop.violations()).toEqual([]);
  await shop.close();
});

const found = () => findSubscription(shop.ctx, first.id);
const shownEnd = async () => new Date((await found()).endsAt).toISOString().slice(0, 19);
const paid = (source: string, from: string, to: string) =>
  renewSubscription(shop.ctx, {
    providerSubscriptionRef: 'sub_stripe',
    source,
    periodStart: instant(from),
    periodEnd: instant(to),
  });
const february = () => paid('invoice:in_2', '2026-02-28T10:00:05Z', '2026-03-31T10:00:05Z');
const march = () => paid('invoice:in_3', '2026-03-31T10:00:05Z', '2026-04-30T10:00:05Z');

describe('a paid period', () => {
  test('is the provider’s own: the first one ends when the provider says', async () => {
    expect(await shownEnd()).toBe('2026-02-28T10:00:05');
  });

  test('counts once for each invoice, also for fifty at once', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, february));
    expect(answers.filter(({ kind }) => kind === 'renewed')).toHaveLength(1);
    expect(await shownEnd()).toBe('2026-03-31T10:00:05');
  });

  test.each([
    ['in order', ['february', 'march', 'february'] as const],
    ['the later one first', ['march', 'february', 'march'] as const],
  ])('leads to the same end %s', async (_how, order) => {
    for (const month of order) await { february, march }[month]();
    expect(await shownEnd()).toBe('2026-04-30T10:00:05');
    expect((await listSubscriptions(shop.ctx, {}, { limit: 9 })).items).toHaveLength(1);
  });

  test('of a subscription that nobody knows is answered', async () => {
    const unknown = { providerSubscriptionRef: 'sub_other', source: 'invoice:in_9' };
    const [periodStart, periodEnd] = [instant('2026-02-01T00:00:00Z'), instant('2026-03-01T00:00:00Z')];
    expect(await renewSubscription(shop.ctx, { ...unknown, periodStart, periodEnd })).toEqual({
      kind: 'unknown_subscription',
    });
    expect(await findGrantBySource(shop.ctx, 'invoice:in_9')).toBeNull();
    await expect(
      renewSubscription(shop.ctx, { ...unknown, periodStart: periodEnd, periodEnd: periodStart as EpochMs }),
    ).rejects.toMatchObject({ code: 'invalid_input' });
  });

  test('is not lost when the subscription was canceled here: a new one runs', async () => {
    await cancelSubscription(shop.ctx, { subscriptionId: first.id, reason: 'abuse' });
    const answer = await february();
    expect(answer.kind).toBe('renewed');
    expect((await february()).kind).toBe('already_renewed');
    const [fresh, ...others] = (await listSubscriptions(shop.ctx, { standing: 'queued' }, { limit: 9 })).items;
    expect(others).toEqual([]);
    expect(fresh).toMatchObject({ source: 'invoice:in_2', providerSubscriptionRef: 'sub_stripe' });
    await march();
    expect((await findSubscription(shop.ctx, fresh?.id ?? '')).endsAt).toBe(instant('2026-04-30T10:00:05Z'));
  });

  test('that is refunded is taken back without touching the others', async () => {
    await february();
    shop.goTo('2026-03-10T10:00:05Z');
    await revokeGrant(shop.ctx, 'invoice:in_2');
    expect(await shownEnd()).toBe('2026-03-10T10:00:05');
    expect(standingOf(await found(), shop.ctx.clock.now())).toBe('expired');
  });
});

describe('what the provider says', () => {
  const says = (state: 'active' | 'past_due' | 'canceled', cancelAtPeriodEnd = false) =>
    followProvider(shop.ctx, { providerSubscriptionRef: 'sub_stripe', state, cancelAtPeriodEnd });
  const standing = async () => standingOf(await found(), shop.ctx.clock.now());

  test('past due stops it until a payment or the provider says otherwise', async () => {
    await says('past_due');
    expect(await standing()).toBe('past_due');
    await says('active');
    expect(await standing()).toBe('active');
    await says('past_due');
    await february();
    expect(await standing()).toBe('active');
  });

  test('canceled lets it run to the end of what is paid', async () => {
    await says('active', true);
    expect(await found()).toMatchObject({ state: 'active', cancelAtEnd: true });
    await says('active');
    expect((await found()).cancelAtEnd).toBe(false);
    await says('canceled');
    expect([await standing(), (await found()).cancelAtEnd]).toEqual(['active', true]);
    shop.goTo('2026-02-28T10:00:05Z');
    expect(await standing()).toBe('expired');
  });

  test('of one that nobody knows is nothing', async () => {
    const state = { providerSubscriptionRef: 'sub_other', state: 'active', cancelAtPeriodEnd: false } as const;
    expect(await followProvider(shop.ctx, state)).toBeNull();
  });
});

describe('buying the same plan beside it', () => {
  test('adds no time to what the provider renews: it waits until what is paid has ended', async () => {
    const { version } = await found();
    const { subscription } = await shop.grant(version, 'order:1');
    expect(subscription.id).not.toBe(first.id);
    expect(subscription.startsAt).toBe(first.endsAt);
    await february();
    expect((await findSubscription(shop.ctx, subscription.id)).startsAt).toBe(first.endsAt);
  });

  test('one that the provider renews begins at once, whatever runs', async () => {
    const { version } = await found();
    const { subscription } = await grantSubscription(shop.ctx, {
      userId: shop.alice,
      planVersionId: version.id,
      source: 'order:2',
      at: shop.ctx.clock.now(),
      providerSubscriptionRef: 'sub_second',
    });
    expect(subscription.startsAt).toBe(shop.ctx.clock.now());
    expect(subscription.id).not.toBe(first.id);
  });
});
