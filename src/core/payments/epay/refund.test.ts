import { afterAll, describe, expect, test } from 'vitest';
import { makeKeys } from '../../testing/fake-epay/php.ts';
import type { FakeEpayFault } from '../../testing/fake-epay.ts';
import type { PaymentAttempt, RefundInput } from '../provider.ts';
import type { EpayLimits } from './gateway-call.ts';
import { type EpayScene, type EpaySceneOptions, openEpayScene } from './testing/epay-scene.ts';

const KEYS = makeKeys();
const scenes: EpayScene[] = [];

/** A gateway with one paid order of 20.00. */
async function openPaid(options: EpaySceneOptions) {
  const scene = await openEpayScene({ keys: KEYS, ...options });
  scenes.push(scene);
  const { attempt, order } = await scene.place(2_000);
  await scene.fake.pay(attempt.reference, { lost: true });
  const wish = (amountMinor: number, changes: Partial<RefundInput> = {}): RefundInput => ({
    channel: scene.channel,
    attempt,
    paymentRef: order.tradeNo,
    amountMinor,
    currency: 'CNY',
    refundKey: 'rfd_1',
    ...changes,
  });
  return { scene, fake: scene.fake, provider: scene.provider, attempt, wish };
}

afterAll(async () => {
  await Promise.all(scenes.map(({ fake }) => fake.close()));
});

async function refundedAt(scene: EpayScene, attempt: PaymentAttempt): Promise<string> {
  return (await scene.fake.order(attempt.reference)).refundMoney;
}

const BREAKS: readonly FakeEpayFault['answer'][] = ['hang', 'status_500', 'reset', 'html', 'huge', 'redirect', 'empty'];

/** Waits long for everything but what never comes. */
function patience(answer: FakeEpayFault['answer']): Partial<EpayLimits> {
  return answer === 'hang' ? { totalTimeoutMs: 1_500 } : {};
}

describe.each(['v1', 'v2'] as const)('a refund by %s', (protocol) => {
  test.each(BREAKS)('that was done before the answer broke (%s) has succeeded, with one call', async (answer) => {
    const { scene, fake, provider, attempt, wish } = await openPaid({ protocol, limits: patience(answer) });
    await fake.failNext('refund', { hasEffect: true, answer });
    expect(await provider.refund(wish(2_000))).toMatchObject({ state: 'succeeded' });
    expect(await fake.calls('refund')).toHaveLength(1);
    expect(await refundedAt(scene, attempt)).toBe('20.00');
  });

  test.each(BREAKS)('that was not done when the answer broke (%s) is unknown, and not tried again', async (answer) => {
    const { scene, fake, provider, attempt, wish } = await openPaid({ protocol, limits: patience(answer) });
    await fake.failNext('refund', { hasEffect: false, answer });
    const found = await provider.refund(wish(2_000));
    expect(found).toMatchObject({ state: 'unknown', reason: expect.stringMatching(/^the gateway /) });
    expect(JSON.stringify(found)).not.toContain(fake.key);
    expect(await fake.calls('refund')).toHaveLength(1);
    expect(await refundedAt(scene, attempt)).toBe('0.00');
    expect(await provider.findRefund?.(wish(2_000))).toBeNull();
  });

  test('that nothing can reach has failed: nothing was asked for', async () => {
    const { fake, provider, wish } = await openPaid({ protocol });
    await fake.close();
    expect(await provider.refund(wish(2_000))).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/could not be reached \(ECONNREFUSED\)/),
    });
  });

  test('that the gateway refuses has failed, in its words', async () => {
    const { fake, provider, wish } = await openPaid({ protocol });
    await fake.behave({ refundAllowed: false });
    expect(await provider.refund(wish(2_000))).toEqual({
      state: 'failed',
      reason: expect.stringMatching(/^the gateway said -\d: 商户未开启/),
    });
    await fake.behave({ refundAllowed: true });
    expect(await provider.refund(wish(2_001))).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/不能大于/),
    });
    expect(await fake.calls('refund')).toHaveLength(2);
  });

  test('of an order that nobody paid, or that is not there, has failed', async () => {
    const { scene, provider, wish } = await openPaid({ protocol });
    const unpaid = await scene.place(500);
    const changes = { attempt: unpaid.attempt, paymentRef: unpaid.order.tradeNo };
    expect(await provider.refund(wish(500, changes))).toMatchObject({ state: 'failed' });
    const gone = { attempt: scene.attempt(), paymentRef: '2026' };
    expect(await provider.refund(wish(500, gone))).toMatchObject({ state: 'failed' });
  });

  test('names its payment by the number of the gateway and the exact amount', async () => {
    const { fake, provider, wish } = await openPaid({ protocol });
    await provider.refund(wish(1_010));
    const [call] = await fake.calls('refund');
    expect(call).toMatchObject({ method: 'POST', params: { trade_no: wish(1).paymentRef, money: '10.10' } });
  });

  test('is of fen only', async () => {
    const { provider, wish } = await openPaid({ protocol });
    for (const odd of [wish(0), wish(-1), wish(0.5), wish(100, { currency: 'USD' })]) {
      await expect(provider.refund(odd)).rejects.toThrow(/refunds fen/);
    }
  });
});

describe('a refund by V1', () => {
  test.each([0, 1] as const)('has succeeded when the gateway says %i', async (refundCode) => {
    const { fake, provider, wish } = await openPaid({ protocol: 'v1' });
    await fake.behave({ refundCode });
    expect(await provider.refund(wish(2_000))).toEqual({ state: 'succeeded', refundRef: null });
  });

  test('is refused in words that never hold the key', async () => {
    const { fake, provider, wish } = await openPaid({ protocol: 'v1', merchants: { '1001': '未开启订单' } });
    await fake.behave({ refundAllowed: false });
    expect(await provider.refund(wish(500))).toEqual({
      state: 'failed',
      reason: 'the gateway said -2: 商户…退款API接口',
    });
  });

  test('is made once for an order: a second one would be taken for the first after a timeout', async () => {
    const { scene, fake, provider, attempt, wish } = await openPaid({ protocol: 'v1' });
    expect(await provider.refund(wish(500))).toMatchObject({ state: 'succeeded' });
    await fake.failNext('refund', { hasEffect: false, answer: 'hang' });
    const second = await provider.refund(wish(700, { refundKey: 'rfd_2' }));
    expect(second).toMatchObject({ state: 'failed', reason: expect.stringMatching(/one refund each/) });
    expect(await fake.calls('refund')).toHaveLength(1);
    expect(await refundedAt(scene, attempt)).toBe('5.00');
  });

  test('is not asked for while the order cannot be asked about: its outcome could not be told', async () => {
    const { fake, provider, wish } = await openPaid({ protocol: 'v1' });
    await fake.failNext('order', { hasEffect: true, answer: 'html' });
    expect(await provider.refund(wish(2_000))).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/no refund was asked for/),
    });
    expect(await fake.calls('refund')).toHaveLength(0);
  });

  test('that found nobody any more has failed: it was never sent', async () => {
    const { fake, provider, wish } = await openPaid({ protocol: 'v1' });
    await fake.failNext('order', { hasEffect: true, answer: 'farewell' });
    expect(await provider.refund(wish(500))).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/ECONNREFUSED/),
    });
    expect(await fake.calls('order')).toHaveLength(1);
    expect(await fake.calls('refund')).toHaveLength(0);
  });

  test('that times out while the gateway can no longer be asked is unknown', async () => {
    const { fake, provider, wish } = await openPaid({ protocol: 'v1', limits: patience('hang') });
    await fake.failNext('refund', { hasEffect: true, answer: 'hang' });
    const found = provider.refund(wish(2_000));
    while ((await fake.calls('refund')).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await fake.failNext('order', { hasEffect: true, answer: 'reset' });
    expect(await found).toMatchObject({ state: 'unknown', reason: expect.stringMatching(/in time/) });
    expect(await provider.findRefund?.(wish(2_000))).toEqual({ state: 'succeeded', refundRef: null });
  });
});

describe('a refund by V2', () => {
  test('has the number that it gets at the gateway, and may be one of several', async () => {
    const { scene, provider, attempt, wish } = await openPaid({ protocol: 'v2' });
    const first = await provider.refund(wish(500));
    expect(first).toEqual({ state: 'succeeded', refundRef: expect.stringMatching(/^R\d+$/) });
    expect(await provider.refund(wish(700, { refundKey: 'rfd_2' }))).toMatchObject({ state: 'succeeded' });
    expect(await refundedAt(scene, attempt)).toBe('12.00');
  });

  test('that is asked for again with the same key is the same refund', async () => {
    const { scene, provider, attempt, wish } = await openPaid({ protocol: 'v2' });
    const first = await provider.refund(wish(500));
    expect(await provider.refund(wish(500))).toEqual(first);
    expect(await refundedAt(scene, attempt)).toBe('5.00');
  });

  test('is unknown while the gateway is silent, and found when it speaks again', async () => {
    const { fake, provider, wish } = await openPaid({ protocol: 'v2', limits: patience('hang') });
    const silent = { hasEffect: true, answer: 'hang' } as const;
    await fake.failNext('refund', silent);
    await fake.failNext('refundquery', silent);
    expect(await provider.refund(wish(2_000))).toMatchObject({ state: 'unknown' });
    await fake.failNext('refundquery', silent);
    expect(await provider.findRefund?.(wish(2_000))).toMatchObject({ state: 'unknown' });
    expect(await provider.findRefund?.(wish(2_000))).toMatchObject({ state: 'succeeded' });
  });

  test('that was only taken is pending until the gateway says that it is done', async () => {
    const { fake, provider, wish } = await openPaid({ protocol: 'v2' });
    await fake.behave({ refundLater: true });
    expect(await provider.refund(wish(500))).toMatchObject({ state: 'pending', refundRef: expect.any(String) });
    expect(await provider.findRefund?.(wish(500))).toMatchObject({ state: 'pending' });
    await fake.settleRefunds();
    expect(await provider.findRefund?.(wish(500))).toMatchObject({ state: 'succeeded' });
  });

  test('whose answer the platform did not sign is not believed', async () => {
    const { fake, provider, wish } = await openPaid({ protocol: 'v2' });
    await fake.failNext('refund', { hasEffect: false, answer: 'html' });
    await fake.failNext('refundquery', { hasEffect: true, answer: 'unsigned' });
    expect(await provider.refund(wish(500))).toMatchObject({ state: 'unknown' });
  });
});

describe('closing an attempt', () => {
  test('ends the order at a V2 gateway, so that nobody can pay it', async () => {
    const { scene, fake, provider } = await openPaid({ protocol: 'v2' });
    const { attempt } = await scene.place(500);
    await provider.close?.(scene.channel, attempt);
    await expect(fake.pay(attempt.reference)).rejects.toThrow(/closed/);
  });

  test('is done when the gateway has no such order, and fails when it is paid', async () => {
    const { scene, provider, attempt } = await openPaid({ protocol: 'v2' });
    await expect(provider.close?.(scene.channel, scene.attempt())).resolves.toBeUndefined();
    await expect(provider.close?.(scene.channel, attempt)).rejects.toThrow(/只能关闭未支付的订单/);
  });

  test('asks nothing of a V1 gateway, which has no such call', async () => {
    const { scene, fake, provider, attempt } = await openPaid({ protocol: 'v1' });
    const before = (await fake.calls()).length;
    await provider.close?.(scene.channel, attempt);
    expect(await fake.calls()).toHaveLength(before);
  });
});

describe('what the gateway is told', () => {
  test('is the word that it looks for, and nowhere else', async () => {
    const { provider } = await openPaid({ protocol: 'v1' });
    expect(provider.answers).toEqual({
      accepted: { status: 200, body: 'success' },
      refused: { status: 200, body: 'fail' },
    });
    expect(provider.answers.refused.body.toLowerCase()).not.toContain('success');
    expect(provider.currencies).toEqual(['CNY']);
  });
});
