import { afterAll, describe, expect, test } from 'vitest';
import { makeKeys } from '../../testing/fake-epay/php.ts';
import type { FakeEpayFault, FakeOrder } from '../../testing/fake-epay.ts';
import { DAY_MS, epochMs, HOUR_MS } from '../../time.ts';
import type { ListedPayment } from '../provider.ts';
import { type EpayScene, type EpaySceneOptions, openEpayScene } from './testing/epay-scene.ts';

const KEYS = makeKeys();
const scenes: EpayScene[] = [];

async function open(options: EpaySceneOptions): Promise<EpayScene> {
  const scene = await openEpayScene({ keys: KEYS, ...options });
  scenes.push(scene);
  return scene;
}

afterAll(async () => {
  await Promise.all(scenes.map(({ fake }) => fake.close()));
});

async function listed(scene: EpayScene, since: number): Promise<ListedPayment[]> {
  const found: ListedPayment[] = [];
  const list = scene.provider.list?.(scene.channel, epochMs(since)) ?? [];
  for await (const payment of list) found.push(payment);
  return found;
}

describe.each(['v1', 'v2'] as const)('asking a gateway of %s', (protocol) => {
  test.each([false, true])('what became of an attempt, with bare numbers: %s', async (bareNumbers) => {
    const scene = await open({ protocol });
    await scene.fake.behave({ bareNumbers });
    const { attempt, order } = await scene.place(1_010);
    expect(await scene.provider.query(scene.channel, attempt)).toEqual({ state: 'pending', facts: [] });
    await scene.fake.pay(attempt.reference, { lost: true });
    const paid = {
      kind: 'paid',
      reference: attempt.reference,
      paymentRef: order.tradeNo,
      amountMinor: 1_010,
      currency: 'CNY',
      method: 'alipay',
      subscriptionRef: null,
    };
    expect(await scene.provider.query(scene.channel, attempt)).toEqual({ state: 'paid', facts: [paid] });
  });

  test.each([3, 4] as const)('status %i holds the money back', async (status) => {
    const scene = await open({ protocol });
    const { attempt } = await scene.place(2_000);
    await scene.fake.pay(attempt.reference, { lost: true });
    await scene.fake.setStatus(attempt.reference, status);
    expect(await scene.provider.query(scene.channel, attempt)).toEqual({ state: 'pending', facts: [] });
  });

  test('a status that nobody knows is no answer', async () => {
    const scene = await open({ protocol });
    const { attempt } = await scene.place(2_000);
    await scene.fake.setStatus(attempt.reference, 7 as FakeOrder['status']);
    await expect(scene.provider.query(scene.channel, attempt)).rejects.toThrow(/unknown status "7"/);
  });

  test('an attempt whose page was never opened is unknown there, and unpaid for good after a day', async () => {
    const scene = await open({ protocol });
    const attempt = scene.attempt();
    scene.clock.advance(DAY_MS);
    expect(await scene.provider.query(scene.channel, attempt)).toEqual({ state: 'unknown_there', facts: [] });
    scene.clock.advance(1);
    expect(await scene.provider.query(scene.channel, attempt)).toMatchObject({
      state: 'expired',
      facts: [{ kind: 'expired', reference: attempt.reference }],
    });
  });

  test('what the gateway deleted unpaid has expired', async () => {
    const scene = await open({ protocol });
    const { attempt } = await scene.place(2_000);
    await scene.fake.advance(25 * HOUR_MS);
    expect(await scene.fake.orders()).toEqual([]);
    expect((await scene.provider.query(scene.channel, attempt)).state).toBe('expired');
  });

  test('a wrong merchant or key says nothing about the order', async () => {
    const scene = await open({ protocol });
    const { attempt } = await scene.place(2_000);
    scene.clock.advance(2 * DAY_MS);
    const own = Object.entries(scene.channel.secrets).map(([name, secret]) => [name, secret.reveal()] as const);
    const strange = { ...Object.fromEntries(own), ...(protocol === 'v1' && { key: 'wrong' }) };
    const channel = scene.channelWith(protocol === 'v1' ? {} : { pid: '9999' }, strange);
    await expect(scene.provider.query(channel, attempt)).rejects.toThrow(
      expect.objectContaining({ code: 'upstream_failed', message: expect.stringMatching(/商户/) }),
    );
  });

  const FAULTS: readonly FakeEpayFault['answer'][] = [
    'hang',
    'status_500',
    'reset',
    'html',
    'huge',
    'redirect',
    'empty',
  ];
  test.each(FAULTS)('no answer decides nothing and shows no key: %s', async (answer) => {
    const scene = await open({ protocol, ...(answer === 'hang' && { limits: { totalTimeoutMs: 1_500 } }) });
    const { attempt } = await scene.place(2_000);
    await scene.fake.failNext('order', { hasEffect: true, answer });
    const error: unknown = await scene.provider.query(scene.channel, attempt).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'upstream_failed',
      facts: { message: expect.stringMatching(/^the gateway /) },
    });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(scene.fake.key);
    expect(await scene.fake.calls('order')).toHaveLength(1);
  });

  test('an answer about another order is none', async () => {
    const scene = await open({ protocol });
    const { attempt, order } = await scene.place(2_000);
    // Its database does not tell capitals from small letters, and other programs may have numbers with capitals.
    Object.assign(order, { outTradeNo: order.outTradeNo.toUpperCase() });
    await expect(scene.provider.query(scene.channel, attempt)).rejects.toThrow(/about another order/);
  });

  test('its list gives what was paid, newest first, over all pages and no further back than asked', async () => {
    const scene = await open({ protocol });
    const references: string[] = [];
    for (let i = 0; i < 7; i++) {
      const { attempt } = await scene.place(1_000 + i);
      references.unshift(attempt.reference);
      await scene.fake.pay(attempt.reference, { lost: true });
      await scene.place(5);
      await scene.fake.advance(HOUR_MS);
    }
    // Some gateways have shorter pages than they are asked for.
    for (const rowsMax of [50, 4, 1]) {
      await scene.fake.behave({ rowsMax });
      expect((await listed(scene, 0)).map(({ reference }) => reference)).toEqual(references);
    }
    await scene.fake.behave({ rowsMax: 50 });
    const lately = await listed(scene, scene.clock.now() - 2 * HOUR_MS - 1);
    expect(lately.map(({ amountMinor }) => amountMinor)).toEqual([1_006, 1_005]);
    expect(lately[0]).toMatchObject({ currency: 'CNY', refundedMinor: 0, at: scene.clock.now() - HOUR_MS });
  });

  test('its list goes over many pages, finds late payers, and stops where nothing can be newer', async () => {
    const scene = await open({ protocol });
    const old = await scene.place(1);
    await scene.fake.pay(old.attempt.reference, { lost: true });
    await scene.fake.advance(3 * DAY_MS);
    const late = await scene.place(2);
    for (let i = 0; i < 110; i++) await scene.place(100);
    await scene.fake.advance(20 * HOUR_MS);
    await scene.fake.pay(late.attempt.reference, { lost: true });
    const found = await listed(scene, scene.clock.now() - HOUR_MS);
    expect(found).toMatchObject([{ reference: late.attempt.reference, amountMinor: 2 }]);
    const calls = await scene.fake.calls('orders');
    expect(calls.map(({ params }) => params['offset'])).toEqual(['0', '50', '100', '112']);
    const all = await listed(scene, 0);
    expect(all.map(({ amountMinor }) => amountMinor)).toEqual([2, 1]);
  });

  test('a list that is longer than allowed is an error, not a short list', async () => {
    const scene = await open({ protocol, limits: { maxPages: 1 } });
    for (let i = 0; i < 50; i++) await scene.place(100);
    await expect(listed(scene, 0)).rejects.toThrow(/more than 1 pages/);
  });

  test('a list that always shows its first page is an error, unless it has no more', async () => {
    const scene = await open({ protocol });
    await scene.fake.behave({ ignoresOffset: true });
    for (let i = 0; i < 49; i++) {
      const { attempt } = await scene.place(100);
      await scene.fake.pay(attempt.reference, { lost: true });
    }
    expect(await listed(scene, 0)).toHaveLength(49);
    await scene.place(100);
    await expect(listed(scene, 0)).rejects.toThrow(/same page/);
  });

  test('a list that breaks off is an error, unless it was at its end', async () => {
    const scene = await open({ protocol });
    await scene.fake.behave({ failsBehindEnd: true });
    for (let i = 0; i < 50; i++) {
      const { attempt } = await scene.place(100);
      await scene.fake.pay(attempt.reference, { lost: true });
    }
    await expect(listed(scene, 0)).rejects.toThrow(/status 500/);
    await scene.place(100);
    expect(await listed(scene, 0)).toHaveLength(50);
    await scene.fake.failNext('orders', { hasEffect: true, answer: 'status_500' });
    await expect(listed(scene, 0)).rejects.toThrow(/status 500/);
  });
});

describe('refunds that somebody made at the gateway', () => {
  test('V1 says that there was one, but not of how much', async () => {
    const scene = await open({ protocol: 'v1' });
    const { attempt, order } = await scene.place(2_000);
    await scene.fake.pay(attempt.reference, { lost: true });
    await scene.fake.refundByHand(attempt.reference, '5.00');
    expect(await scene.provider.query(scene.channel, attempt)).toMatchObject({
      state: 'paid',
      facts: [{ kind: 'paid', amountMinor: 2_000 }],
      hasRefundOfUnknownAmount: true,
    });
    expect(await listed(scene, 0)).toMatchObject([{ paymentRef: order.tradeNo, refundedMinor: 2_000 }]);
  });

  test('V2 says how much in all', async () => {
    const scene = await open({ protocol: 'v2' });
    const { attempt, order } = await scene.place(2_000);
    await scene.fake.pay(attempt.reference, { lost: true });
    for (const [money, refundedMinor] of [
      ['5.00', 500],
      ['2.5', 750],
      ['12.50', 2_000],
    ] as const) {
      await scene.fake.refundByHand(attempt.reference, money);
      const standing = await scene.provider.query(scene.channel, attempt);
      const totals = {
        kind: 'reversal',
        paymentRef: order.tradeNo,
        refundedMinor,
        disputedMinor: 0,
        disputeState: 'none',
        asOf: expect.any(Number),
      };
      expect(standing.facts[1]).toEqual(totals);
      expect(await scene.provider.totals?.(scene.channel, { attempt, paymentRef: order.tradeNo })).toEqual(totals);
      expect(standing.hasRefundOfUnknownAmount).toBeUndefined();
      expect(await listed(scene, 0)).toMatchObject([{ refundedMinor }]);
    }
  });

  test('a V2 answer that the platform did not sign is none', async () => {
    const scene = await open({ protocol: 'v2' });
    const { attempt } = await scene.place(2_000);
    await scene.fake.failNext('order', { hasEffect: true, answer: 'unsigned' });
    await expect(scene.provider.query(scene.channel, attempt)).rejects.toThrow(/not signed just now/);
  });
});
