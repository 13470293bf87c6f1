import { describe, expect, test } from 'vitest';
import { DAY_MS } from '../../time.ts';
import type { RefundInput } from '../provider.ts';
import type { StripeLimits } from './open-stripe.ts';
import { orderOf, stripeScene } from './testing/stripe-scene.ts';

const REFUNDS = { method: 'POST', path: '/v1/refunds' };

describe('a refund of ours', () => {
  test('is made once for its key, however often it is asked for', async () => {
    const { refund, scene, payment } = await paid();
    const first = await refund('rfd_1', 500);
    expect(first).toEqual({ state: 'succeeded', refundRef: expect.stringMatching(/^re_/) });
    expect(await refund('rfd_1', 500)).toEqual(first);
    await scene.fake.advance(30 * DAY_MS);
    // The key is long forgotten; the refund still carries it.
    expect(await refund('rfd_1', 500)).toEqual(first);
    expect(await refund('rfd_2', 500)).not.toEqual(first);
    expect(await scene.fake.events(['refund.created'])).toHaveLength(2);
    expect(await scene.fake.read(payment)).toMatchObject({ amount_received: 2_000 });
  });

  test.each([
    ['pending', 'pending'],
    ['requires_action', 'pending'],
    ['failed', 'failed'],
    ['canceled', 'failed'],
    ['of_tomorrow', 'unknown'],
    [null, 'unknown'],
  ])('that is %s at Stripe is %s', async (status, state) => {
    const { refund, find, scene } = await paid();
    await scene.fake.refundsBecome(status as string);
    expect(await refund('rfd_1', 500)).toMatchObject({ state });
    expect(await find('rfd_1')).toMatchObject({ state });
  });

  test('that was pending is asked about until it ends', async () => {
    const { refund, find, scene } = await paid();
    await scene.fake.refundsBecome('pending');
    const answer = await refund('rfd_1', 500);
    await scene.fake.moveRefund('refundRef' in answer ? (answer.refundRef ?? '') : '', 'failed');
    expect(await find('rfd_1')).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('expired_or_canceled_card'),
    });
  });

  test('of more than is left fails, and nothing is given back', async () => {
    const { refund, find } = await paid();
    expect(await refund('rfd_1', 1_500)).toMatchObject({ state: 'succeeded' });
    expect(await refund('rfd_2', 501)).toMatchObject({ state: 'failed', reason: expect.stringContaining('greater') });
    expect(await refund('rfd_3', 500)).toMatchObject({ state: 'succeeded' });
    expect(await refund('rfd_4', 1)).toMatchObject({ state: 'failed', reason: expect.stringContaining('already') });
    expect(await find('rfd_2')).toBeNull();
  });

  test('of a payment that never was fails', async () => {
    const { refund } = await paid();
    expect(await refund('rfd_1', 1, { paymentRef: 'pi_nothing' })).toMatchObject({ state: 'failed' });
    expect(await refund('rfd_2', 1, { paymentRef: 'cs_nothing' })).toMatchObject({ state: 'failed' });
  });

  test('while a dispute runs fails', async () => {
    const { refund, scene, payment } = await paid();
    await scene.fake.dispute(payment);
    expect(await refund('rfd_1', 500)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('charged back'),
    });
  });

  test('is sent in the decimals of Stripe', async () => {
    const { refund, scene } = await paid({}, { currency: 'ISK', amountMinor: 5_000 });
    expect(await refund('rfd_1', 1_000, { currency: 'ISK' })).toMatchObject({ state: 'succeeded' });
    expect(await scene.factsOf('charge.refunded')).toMatchObject([{ refundedMinor: 1_000 }]);
  });
});

describe('a refund whose answer is lost', () => {
  test.each(['cut', 'stall', 'garbage'] as const)('(%s) is found by its metadata', async (how) => {
    const { refund, scene } = await paid({ timeoutMs: 400, retriesMax: 0 });
    await scene.fake.failNext(REFUNDS, { when: 'after', how }, 2);
    expect(await refund('rfd_1', 500)).toMatchObject({ state: 'succeeded', refundRef: expect.stringMatching(/^re_/) });
    expect(await scene.fake.events(['refund.created'])).toHaveLength(1);
  });

  test('behind a saved 500 is found by its metadata', async () => {
    const { refund, scene } = await paid();
    await scene.fake.failNext(REFUNDS, { when: 'after', how: { status: 500 } });
    expect(await refund('rfd_1', 500)).toMatchObject({ state: 'succeeded' });
    expect(await scene.fake.events(['refund.created'])).toHaveLength(1);
  });

  test('and cannot be found either is unknown, and found later', async () => {
    const { refund, find, scene } = await paid({ timeoutMs: 400, retriesMax: 0 });
    await scene.fake.failNext(REFUNDS, { when: 'after', how: 'stall' });
    const asking = refund('rfd_1', 500);
    // The look before the refund has been answered; the look after it will not be.
    await arrival(async () =>
      (await scene.fake.calls()).some(({ method, path }) => method === 'POST' && path === '/v1/refunds'),
    );
    await scene.fake.failNext({ method: 'GET', path: '/v1/refunds' }, { when: 'before', how: 'cut' }, 2);
    expect(await asking).toMatchObject({ state: 'unknown' });
    await scene.fake.healApi();
    expect(await find('rfd_1')).toMatchObject({ state: 'succeeded' });
  });

  test('and that was not made is unknown, and later found not to be there', async () => {
    const { refund, find, scene } = await paid({ retriesMax: 0 });
    await scene.fake.failNext(REFUNDS, { when: 'before', how: 'cut' }, 2);
    expect(await refund('rfd_1', 500)).toMatchObject({ state: 'unknown' });
    expect(await find('rfd_1')).toBeNull();
  });

  test('because another one of the same key runs is unknown', async () => {
    const { refund, scene } = await paid({ retriesMax: 0 });
    await scene.fake.failNext(REFUNDS, { when: 'before', how: { status: 409, code: 'idempotency_key_in_use' } }, 2);
    expect(await refund('rfd_1', 500)).toMatchObject({ state: 'unknown' });
  });

  test('because there were too many was not made, and says so', async () => {
    const { refund, scene } = await paid({ retriesMax: 0 });
    await scene.fake.failNext(REFUNDS, { when: 'before', how: { status: 429, code: 'rate_limit' } });
    expect(await refund('rfd_1', 500)).toMatchObject({ state: 'failed' });
  });

  test('is no failure while Stripe cannot even be asked whether it is there', async () => {
    const { refund, scene } = await paid({ retriesMax: 0 });
    await scene.fake.failNext({ path: '/v1/refunds' }, { when: 'before', how: 'cut' }, 9);
    expect(await refund('rfd_1', 500)).toMatchObject({ state: 'unknown' });
    expect(await scene.fake.events(['refund.created'])).toEqual([]);
  });
});

async function paid(limits: Partial<StripeLimits> = {}, order: Parameters<typeof orderOf>[0] = {}) {
  const scene = await stripeScene({ limits });
  const { session, attempt } = await scene.start({ order: orderOf(order) });
  await scene.fake.pay(session);
  const payment = String((await scene.fake.read(session))['payment_intent']);
  const inputOf = (refundKey: string, amountMinor: number, changes: Partial<RefundInput> = {}): RefundInput => ({
    channel: scene.channel,
    attempt,
    paymentRef: payment,
    amountMinor,
    currency: 'USD',
    refundKey,
    ...changes,
  });
  return {
    scene,
    payment,
    refund: (key: string, amount: number, changes?: Partial<RefundInput>) =>
      scene.provider.refund(inputOf(key, amount, changes)),
    find: (key: string) => scene.provider.findRefund?.(inputOf(key, 500)),
  };
}

async function arrival(hasArrived: () => Promise<boolean>): Promise<void> {
  while (!(await hasArrived())) await new Promise((resolve) => setTimeout(resolve, 5));
}
