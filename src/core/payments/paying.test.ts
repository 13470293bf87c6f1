import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Failure } from '../failure.ts';
import { listTransfers } from '../ledger/index.ts';
import { closeOrder, findOrder } from '../orders/index.ts';
import { Secret } from '../secret.ts';
import { findGrantBySource } from '../subscriptions/index.ts';
import { HOUR_MS, MINUTE_MS } from '../time.ts';
import { applyFacts } from './apply-facts.ts';
import { cancelOrder, expireOrders } from './close-orders.ts';
import { addChannel } from './manage-channels.ts';
import { markPaid } from './mark-paid.ts';
import { createSubscriptionOrder } from './open-order.ts';
import { tellOrder } from './order-story.ts';
import { listReconItems } from './recon-items.ts';
import { startPayment } from './start-payment.ts';
import { BEGIN, type PaymentScene, paidFact, paymentScene } from './testing/payment-scene.ts';

const TWENTY_YUAN = 2_777_777;
let scene: PaymentScene;

beforeEach(async () => {
  scene = await paymentScene();
});
afterEach(async () => {
  expect(await scene.violations()).toEqual([]);
  await scene.close();
});

const apply = async (...facts: Parameters<typeof applyFacts>[2]) =>
  (await applyFacts(scene.cashier, scene.channel, facts)).map(({ verdict }) => verdict);
const kinds = async (order: Parameters<PaymentScene['now']>[0]) =>
  (await tellOrder(scene.ctx, order)).events.map(({ kind }) => kind);

describe('a top-up', () => {
  test('freezes what was agreed on and gives it once when it is paid', async () => {
    const { order, payment } = await scene.topup();
    expect(order).toMatchObject({ amountMinor: 2_000, currency: 'CNY', rate: '7.2', creditUsdMicros: TWENTY_YUAN });
    expect(order.number).toMatch(/^[0-9a-z]{26}$/);
    expect(payment).toMatchObject({ state: 'pending', payUrl: `https://pay.example/${payment.reference}` });
    expect(payment.reference).not.toBe(order.number);
    expect(scene.provider.started[0]).toMatchObject({
      notifyUrl: `https://realms.example/api/pay/fake/notify/${scene.channel.id}`,
      returnUrl: `https://realms.example/pay/topup/${order.number}/return`,
      renews: false,
    });
    expect(await apply(paidFact(payment))).toEqual(['applied']);
    expect(await apply(paidFact(payment))).toEqual(['already_applied']);
    expect(await scene.balance()).toBe(TWENTY_YUAN);
    expect(await scene.now(order)).toMatchObject({ state: 'fulfilled', paidAt: expect.any(Number) as number });
    expect(await kinds(order)).toEqual(['created', 'payment_started', 'payment_ready', 'paid', 'fulfilled']);
    const { items } = await listTransfers(scene.ctx, {}, { limit: 10 });
    expect(items).toMatchObject([
      { id: `order:${order.id}`, debitAccount: `channel:${scene.channel.id}`, creditAccount: `user:${scene.user.id}` },
    ]);
  });

  test('that is started again uses the attempt that can still be paid', async () => {
    const { order, payment } = await scene.topup();
    const again = await startPayment(scene.cashier, order, BEGIN);
    expect(again.payUrl).toBe(payment.payUrl);
    expect(scene.provider.started).toHaveLength(1);
  });

  test('that the provider does not take is asked about later, and can be started again', async () => {
    scene.provider.onStart = async () => {
      throw new Error('connection reset');
    };
    await expect(scene.topup()).rejects.toMatchObject({ code: 'upstream_failed' });
    scene.provider.onStart = null;
    const [unknown] = await scene.database.knex('payments').where({ state: 'unknown' }).whereNotNull('next_ask_at');
    const order = await findOrder(scene.ctx, (unknown as { order_id: string }).order_id);
    expect(await scene.begin(order)).toMatchObject({ state: 'pending' });
    expect(await scene.payments(order)).toHaveLength(2);
  });

  test('callbacks that come before the provider has answered find their attempt', async () => {
    scene.provider.onStart = async ({ attempt }) => {
      const [known] = await scene.database.knex('payments').where({ id: attempt.id });
      expect(await apply(paidFact({ ...attempt, amountMinor: 2_000, currency: 'CNY' } as never))).toEqual(['applied']);
      expect(known).toMatchObject({ state: 'initiated' });
    };
    const { order, payment } = await scene.topup();
    expect(payment).toMatchObject({ state: 'succeeded', providerRef: `p_${payment.id}` });
    expect(await scene.now(order)).toMatchObject({ state: 'fulfilled' });
  });

  test.each([
    ['19.99', { amountMinor: 1_999 }, 'amount_mismatch'],
    ['a larger amount', { amountMinor: 200_000 }, 'amount_mismatch'],
    ['another currency', { currency: 'JPY' }, 'currency_mismatch'],
    ['an unknown reference', { reference: 'z'.repeat(26) }, 'unknown_reference'],
  ] as const)('is not credited for %s', async (_what, changes, verdict) => {
    const { order, payment } = await scene.topup();
    expect(await apply(paidFact(payment, changes))).toEqual([verdict]);
    expect(await scene.balance()).toBe(0);
    expect(await scene.now(order)).toMatchObject({ state: 'pending' });
    const { items } = await listReconItems(scene.ctx, { state: 'open' }, { limit: 10 });
    const isOurs = verdict !== 'unknown_reference';
    expect(items.map(({ kind }) => kind)).toEqual(isOurs ? ['mismatch'] : []);
    await apply(paidFact(payment, changes));
    expect((await kinds(order)).filter((kind) => kind === 'mismatch')).toHaveLength(Number(isOurs));
    expect(await apply(paidFact(payment))).toEqual(['applied']);
  });

  test('is not credited for a payment at another channel', async () => {
    const { payment } = await scene.topup();
    const other = await addChannel(scene.cashier, {
      name: 'other',
      provider: 'fake',
      settings: {},
      secrets: { key: new Secret('test_2') },
      allowPrivate: false,
    });
    const [outcome] = await applyFacts(scene.cashier, other, [paidFact(payment)]);
    expect(outcome).toMatchObject({ verdict: 'channel_mismatch', orderId: payment.orderId });
    expect(await scene.balance()).toBe(0);
  });
});

describe('money that comes when the order is over', () => {
  test.each(['canceled', 'expired', 'failed'] as const)('is given as balance after it was %s', async (state) => {
    const { order, payment } = await scene.topup();
    await closeOrder(scene.ctx, order, state, 'test');
    expect(await apply(paidFact(payment))).toEqual(['paid_late']);
    expect(await apply(paidFact(payment))).toEqual(['already_applied']);
    expect(await scene.now(order)).toMatchObject({ state: 'paid_late' });
    expect(await scene.balance()).toBe(TWENTY_YUAN);
  });

  test('for a plan is given as balance, not as the plan', async () => {
    await scene.plan();
    const order = await createSubscriptionOrder(scene.cashier, { userId: scene.user.id, plan: 'pro', channel: 'main' });
    const payment = await scene.begin(order);
    await cancelOrder(scene.cashier, order, 'test');
    expect(await apply(paidFact(payment))).toEqual(['paid_late']);
    expect(await scene.balance()).toBe(10_000_000);
    expect(await findGrantBySource(scene.ctx, `order:${order.id}`)).toBeNull();
  });

  test('is queued for its way back when that is set', async () => {
    await scene.set({ 'billing.late_payment': 'refund' });
    const { order, payment } = await scene.topup();
    await cancelOrder(scene.cashier, order, 'test');
    expect(await apply(paidFact(payment))).toEqual(['paid_late']);
    expect(await scene.balance()).toBe(0);
    const { refunds } = await tellOrder(scene.ctx, order);
    expect(refunds).toMatchObject([{ state: 'requested', amountMinor: 2_000, actor: 'system' }]);
  });

  test('twice for one order is the user’s', async () => {
    const { order, payment } = await scene.topup();
    await scene.database.knex('payments').where({ id: payment.id }).update({ pay_url: null });
    const second = await scene.begin(order);
    expect(second.id).not.toBe(payment.id);
    expect(await apply(paidFact(payment), paidFact(second))).toEqual(['applied', 'paid_again']);
    expect(await scene.balance()).toBe(2 * TWENTY_YUAN);
    expect(await kinds(order)).toContain('paid_again');
  });
});

describe('an order', () => {
  test('expires after its provider was asked, and is closed there', async () => {
    const { order, payment } = await scene.topup();
    scene.ctx.clock.advance(29 * MINUTE_MS);
    expect(await expireOrders(scene.cashier)).toBe(0);
    scene.ctx.clock.advance(2 * MINUTE_MS);
    expect(await expireOrders(scene.cashier)).toBe(1);
    expect(scene.provider.asked).toEqual([payment.reference]);
    expect(scene.provider.closed).toEqual([payment.reference]);
    expect(await scene.now(order)).toMatchObject({ state: 'expired' });
    await expect(startPayment(scene.cashier, order, BEGIN)).rejects.toMatchObject({ code: 'conflict' });
  });

  test('that was paid without a callback is found out before it expires', async () => {
    const { order, payment } = await scene.topup();
    scene.provider.standings.set(payment.reference, { state: 'paid', facts: [paidFact(payment)] });
    scene.ctx.clock.advance(31 * MINUTE_MS);
    expect(await expireOrders(scene.cashier)).toBe(0);
    expect(await scene.now(order)).toMatchObject({ state: 'fulfilled' });
  });

  test('waits a day for a provider that cannot be asked', async () => {
    const { order } = await scene.topup();
    scene.provider.onQuery = async () => {
      throw new Error('unreachable');
    };
    scene.ctx.clock.advance(HOUR_MS);
    expect(await expireOrders(scene.cashier)).toBe(0);
    expect(await scene.now(order)).toMatchObject({ state: 'pending' });
    scene.ctx.clock.advance(24 * HOUR_MS);
    expect(await expireOrders(scene.cashier)).toBe(1);
  });

  test('fails with its last attempt only', async () => {
    const { order, payment } = await scene.topup();
    await scene.database.knex('payments').where({ id: payment.id }).update({ pay_url: null });
    const second = await scene.begin(order);
    const failed = (reference: string) => ({ kind: 'failed', reference, reason: 'declined' }) as const;
    expect(await apply(failed(payment.reference))).toEqual(['applied']);
    expect(await scene.now(order)).toMatchObject({ state: 'pending' });
    expect(await apply(failed(second.reference), failed(second.reference))).toEqual(['applied', 'already_applied']);
    expect(await scene.now(order)).toMatchObject({ state: 'failed' });
  });

  test('is marked paid by hand, once, with a reference of its own', async () => {
    const { order } = await scene.topup();
    const hand = { reference: 'bank 4711', actor: 'local:admin.sock', reason: 'seen in the bank' };
    expect(await markPaid(scene.cashier, order, hand)).toMatchObject({ state: 'fulfilled' });
    expect(await scene.balance()).toBe(TWENTY_YUAN);
    await expect(markPaid(scene.cashier, order, { ...hand, reference: 'b' })).rejects.toMatchObject({
      code: 'conflict',
    });
    const other = (await scene.topup()).order;
    await expect(markPaid(scene.cashier, other, hand)).rejects.toMatchObject({ code: 'conflict' });
    expect(await kinds(order)).toContain('marked_paid');
    expect(await scene.now(other)).toMatchObject({ state: 'pending' });
  });

  test('can be neither deleted nor rewritten, by anybody', async () => {
    const { order } = await scene.topup();
    const rows = () => scene.database.knex('topup_orders').where({ id: order.id });
    await expect(rows().delete()).rejects.toThrow();
    await expect(rows().update({ amount_minor: 1 })).rejects.toThrow();
    await expect(scene.database.knex('order_events').delete()).rejects.toThrow();
  });
});

test('a payment that is started twice at once is started once', async () => {
  const { order } = await scene.topup();
  await scene.database.knex('payments').where({ order_id: order.id }).update({ pay_url: null, state: 'failed' });
  const results = await Promise.allSettled(Array.from({ length: 10 }, () => startPayment(scene.cashier, order, BEGIN)));
  expect(scene.provider.started).toHaveLength(2);
  const refused = results.filter(({ status }) => status === 'rejected');
  expect(refused.every((each) => 'reason' in each && (each.reason as Failure).code === 'conflict')).toBe(true);
});
