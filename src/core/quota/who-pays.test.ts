import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { UserId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import type { NewPlan } from '../plans/index.ts';
import { cancelSubscription } from '../subscriptions/index.ts';
import { HOUR_MS } from '../time.ts';
import { addGroup } from '../upstreams/index.ts';
import { QuotaScene, type SceneDaemon, UNIT } from './testing/quota-scene.ts';

let scene: QuotaScene;
let daemon: SceneDaemon;
let alice: UserId;

beforeEach(async () => {
  scene = await QuotaScene.open();
  daemon = await scene.daemon();
  alice = await scene.user(100 * UNIT);
});
afterEach(async () => await scene.close());

const units = (count: number): UsdMicros => (count * UNIT) as UsdMicros;
const window5h = (count: number): Partial<NewPlan> => ({ windowLimits: { '5h': units(count) } });
const payerOf = async (changes = {}): Promise<string> => {
  const { payer } = await daemon.reserved(alice, changes);
  return payer.kind === 'subscription' ? payer.planCode : payer.kind;
};

describe('the payer', () => {
  test('is the balance of who has no plan, with the multiplier of pay-as-you-go', async () => {
    scene.facts.multiplierPpm = 1_500_000;
    const reservation = await daemon.reserved(alice);
    expect(reservation).toMatchObject({
      payer: { kind: 'balance' },
      payerMultiplierPpm: 1_500_000,
      heldUsdMicros: 1_500,
      groups: null,
    });
  });

  test('is the plan that ends first, as long as its windows have room, then the next, then the balance', async () => {
    await scene.subscribe(alice, { code: 'long', duration: { count: 2, unit: 'month' }, ...window5h(1) });
    await scene.subscribe(alice, { code: 'short', duration: { count: 1, unit: 'day' }, ...window5h(2) });
    const payers = [];
    for (let i = 0; i < 5; i++) payers.push(await payerOf());
    expect(payers).toEqual(['short', 'short', 'long', 'balance', 'balance']);
  });

  test('is not a plan that waits, has ended, is canceled or past due', async () => {
    const queued = { code: 'queued', onRepurchase: 'queue' as const, duration: { count: 5, unit: 'hour' as const } };
    const first = await scene.subscribe(alice, queued);
    expect(await payerOf()).toBe('queued');
    // The clock alone decides, with the same snapshot.
    scene.ctx.clock.advance(5 * HOUR_MS - 1);
    expect(await payerOf()).toBe('queued');
    scene.ctx.clock.advance(1);
    expect(await payerOf()).toBe('balance');
    const canceled = await scene.subscribe(alice, { code: 'canceled' });
    expect(await payerOf()).toBe('canceled');
    await cancelSubscription(scene.ctx, { subscriptionId: canceled, reason: 'test' });
    await scene.refresh();
    expect(await payerOf()).toBe('balance');
    const late = await scene.subscribe(alice, { code: 'late' });
    await scene.database.knex('user_subscriptions').where({ id: late }).update({ past_due: 1 });
    await scene.refresh();
    expect(await payerOf()).toBe('balance');
    expect(first).not.toBe(late);
  });

  test('is a plan only for the models that it opens, by their id or the alias that was asked for', async () => {
    await scene.subscribe(alice, { code: 'mini', models: ['gpt-*-mini', 'fast'] });
    expect(await payerOf({ model: 'gpt-x-mini' })).toBe('mini');
    expect(await payerOf({ model: 'gpt-x', asked: 'fast' })).toBe('mini');
    expect(await payerOf({ model: 'gpt-x' })).toBe('balance');
  });

  test('is a plan only for the groups that it opens, and the request then runs nowhere else', async () => {
    for (const name of ['cheap', 'dear']) await addGroup(scene.ctx, { name });
    await scene.subscribe(alice, { code: 'grouped', groups: ['cheap'] });
    const grouped = await daemon.reserved(alice, { groups: ['dear', 'cheap', null] });
    expect([grouped.payer.kind, [...(grouped.groups ?? [])]]).toEqual(['subscription', ['cheap']]);
    expect(await payerOf({ groups: ['dear'] })).toBe('balance');
    expect(await payerOf({ groups: [null] })).toBe('balance');
  });

  test('puts its own multiplier on the price, also one of zero', async () => {
    await scene.subscribe(alice, { code: 'half', multiplierPpm: 500_000, ...window5h(1) });
    expect((await daemon.reserved(alice)).heldUsdMicros).toBe(UNIT / 2);
    expect((await daemon.reserved(alice)).heldUsdMicros).toBe(UNIT / 2);
    expect(await payerOf()).toBe('balance');
    await scene.subscribe(alice, {
      code: 'gift',
      multiplierPpm: 0,
      duration: { count: 1, unit: 'hour' },
      ...window5h(1),
    });
    const gift = await daemon.reserved(alice);
    expect(gift).toMatchObject({ payer: { planCode: 'gift' }, payerMultiplierPpm: 0, heldUsdMicros: 0 });
  });

  test('of what costs nothing needs no room, and is who would pay for the rest', async () => {
    const poor = await scene.user();
    const free = { listUsdMicros: 0 as UsdMicros, minimumUsdMicros: 0 as UsdMicros };
    expect(await daemon.reserved(poor, free)).toMatchObject({ payer: { kind: 'balance' }, heldUsdMicros: 0 });
    await scene.subscribe(poor, { code: 'any', ...window5h(1) });
    await daemon.reserved(poor);
    expect(await daemon.reserved(poor, free)).toMatchObject({ payer: { planCode: 'any' }, heldUsdMicros: 0 });
  });
});

describe('a request is refused', () => {
  test('for want of money, without waiting for a better time', async () => {
    const poor = await scene.user();
    expect(await daemon.refused(poor)).toMatchObject({ code: 'insufficient_balance', resetsAt: null });
    await scene.adjust(poor, -5);
    expect(await daemon.refused(poor)).toMatchObject({ code: 'insufficient_balance' });
    await scene.adjust(poor, 5 + UNIT);
    expect(await daemon.reserved(poor)).toMatchObject({ heldUsdMicros: UNIT });
  });

  test('when the plan is used up and forbids overage, whatever the balance has', async () => {
    await scene.subscribe(alice, { code: 'strict', allowsOverage: false, ...window5h(1) });
    const started = scene.ctx.clock.now();
    await daemon.reserved(alice);
    scene.ctx.clock.advance(HOUR_MS);
    expect(await daemon.refused(alice)).toMatchObject({
      code: 'plan_window_exhausted',
      resetsAt: started + 5 * HOUR_MS,
      message: expect.stringContaining('strict'),
    });
    // Another plan that has room pays all the same.
    await scene.subscribe(alice, { code: 'second', duration: { count: 2, unit: 'month' } });
    expect(await payerOf()).toBe('second');
  });

  test('when the plan is used up and the balance has nothing either, with when the plan has room again', async () => {
    const bob = await scene.user();
    await scene.subscribe(bob, { code: 'short', windowLimits: { '5h': units(1), '7d': units(2) } });
    const started = scene.ctx.clock.now();
    daemon.settle(await daemon.reserved(bob), UNIT);
    await daemon.queue.flush();
    expect(await daemon.refused(bob)).toMatchObject({
      code: 'plan_window_exhausted',
      resetsAt: started + 5 * HOUR_MS,
      message: expect.stringContaining('balance'),
    });
    scene.ctx.clock.advance(5 * HOUR_MS);
    daemon.settle(await daemon.reserved(bob), UNIT);
    await daemon.queue.flush();
    // Both windows lack room now: the later reset counts.
    expect(await daemon.refused(bob)).toMatchObject({ resetsAt: started + 7 * 24 * HOUR_MS });
  });

  test('when no plan opens it and the balance is not asked', async () => {
    scene.facts.payAsYouGo = false;
    expect(await daemon.refused(alice)).toMatchObject({ code: 'not_granted', resetsAt: null });
    await scene.subscribe(alice, { models: ['other'], ...window5h(1) });
    expect(await daemon.refused(alice)).toMatchObject({ code: 'not_granted' });
    await daemon.reserved(alice, { model: 'other' });
    expect(await daemon.refused(alice, { model: 'other' })).toMatchObject({ code: 'plan_window_exhausted' });
  });

  test('when its model has no price', async () => {
    expect(await daemon.refused(alice, { listUsdMicros: null })).toMatchObject({
      code: 'model_not_priced',
      message: expect.stringContaining('gpt-x'),
    });
  });
});

test('a plan that is used up is not asked again and again while the balance pays on', async () => {
  await scene.subscribe(alice, { code: 'small', ...window5h(1) });
  await daemon.reserved(alice);
  expect(await payerOf()).toBe('balance');
  // From here on memory knows.
  const answer = daemon.quota.reserve(scene.input(alice));
  expect(answer).toMatchObject({ kind: 'reserved', reservation: { payer: { kind: 'balance' } } });
  // Not for long: somebody may have given back what they held.
  scene.ctx.clock.advance(1_500);
  expect(daemon.quota.reserve(scene.input(alice))).toBeInstanceOf(Promise);
});

describe('free mode', () => {
  test('checks nothing and holds nothing', async () => {
    scene.facts.isFree = true;
    const poor = await scene.user();
    const reservation = await daemon.reserved(poor, { listUsdMicros: null });
    expect(reservation).toMatchObject({ payer: { kind: 'free' }, heldUsdMicros: 0 });
    expect(daemon.quota.held()).toEqual([]);
    expect(daemon.settle(reservation, 5_000).rows).toEqual([]);
  });

  test('that is switched on and off while requests run strands nothing', async () => {
    const paid = await daemon.reserved(alice);
    const given = await daemon.reserved(alice);
    scene.facts.isFree = true;
    const free = await daemon.reserved(alice);
    expect(daemon.settle(paid, 700)).toMatchObject({ payment: { payerKind: 'balance', chargedUsdMicros: 700 } });
    daemon.release(given);
    scene.facts.isFree = false;
    expect(daemon.settle(free, 900)).toMatchObject({ payment: { payerKind: 'free', chargedUsdMicros: 0 }, rows: [] });
    const late = await daemon.reserved(alice);
    scene.facts.isFree = true;
    scene.ctx.clock.advance(60_000);
    await daemon.tick();
    daemon.settle(late, 100);
    scene.ctx.clock.advance(60_000);
    await daemon.tick();
    expect(await scene.balance(alice)).toMatchObject({ usdMicros: 100 * UNIT - 800, heldUsdMicros: 0 });
    expect(await scene.violations()).toEqual([]);
  });
});
