import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { accountBalance } from '../ledger/index.ts';
import type { Order } from '../orders/index.ts';
import {
  cancelSubscription,
  findGrantBySource,
  findSubscription,
  type LiveSubscription,
} from '../subscriptions/index.ts';
import { DAY_MS, epochMs } from '../time.ts';
import { applyFacts } from './apply-facts.ts';
import { cancelOrder } from './close-orders.ts';
import { createSubscriptionOrder } from './open-order.ts';
import { tellOrder } from './order-story.ts';
import type { Payment } from './payment.ts';
import type { PaymentFact } from './provider.ts';
import { stopRenewals } from './stop-renewals.ts';
import { type PaymentScene, paidFact, paymentScene } from './testing/payment-scene.ts';

type Renewal = Extract<PaymentFact, { kind: 'renewal_paid' }>;
const MONTH = 31 * DAY_MS;
let scene: PaymentScene;

beforeEach(async () => {
  scene = await paymentScene();
  await scene.plan({ renews: true });
});
afterEach(async () => {
  expect(await scene.violations()).toEqual([]);
  await scene.close();
});

async function started(): Promise<{ order: Order; payment: Payment }> {
  const order = await createSubscriptionOrder(scene.cashier, { userId: scene.user.id, plan: 'pro', channel: 'main' });
  return { order, payment: await scene.begin(order) };
}

const apply = async (...facts: Parameters<typeof applyFacts>[2]) =>
  (await applyFacts(scene.cashier, scene.channel, facts)).map(({ verdict }) => verdict);

function renewal(n: number, changes: Partial<Renewal> = {}): Renewal {
  const begin = scene.ctx.clock.now();
  return {
    kind: 'renewal_paid',
    subscriptionRef: 'sub_1',
    invoiceRef: `in_${n}`,
    paymentRef: `pi_in_${n}`,
    amountMinor: 1_000,
    currency: 'USD',
    periodStart: epochMs(begin + n * MONTH),
    periodEnd: epochMs(begin + (n + 1) * MONTH),
    reference: null,
    ...changes,
  };
}

async function subscription(order: Order): Promise<LiveSubscription> {
  const grant = await findGrantBySource(scene.ctx, `order:${order.id}`);
  return await findSubscription(scene.ctx, grant?.subscriptionId ?? '');
}

const revenue = async () => Number(await accountBalance(scene.ctx, 'revenue:plans'));

describe('a plan that the provider renews', () => {
  test('is asked for as such', async () => {
    await started();
    expect(scene.provider.started[0]).toMatchObject({ renews: true, period: { count: 1, unit: 'month' } });
  });

  test('counts its first period once, whichever event says it first and however often', async () => {
    for (const first of ['paid', 'invoice'] as const) {
      const { order, payment } = await started();
      const subscriptionRef = `sub_${first}`;
      const paid = paidFact(payment, { subscriptionRef });
      const invoice = renewal(0, { reference: payment.reference, subscriptionRef, invoiceRef: `in_${first}` });
      const facts = first === 'paid' ? [paid, invoice, paid, invoice] : [invoice, paid, invoice, paid];
      expect(await apply(...facts)).toEqual(['applied', 'already_applied', 'already_applied', 'already_applied']);
      expect(await subscription(order)).toMatchObject({ providerSubscriptionRef: subscriptionRef });
      expect((await scene.payments(order))[0]).toMatchObject({ renewal: 'running', subscriptionRef });
    }
    expect(await revenue()).toBe(20_000_000);
  });

  test('is renewed once for each invoice, in any order', async () => {
    const { order, payment } = await started();
    await apply(paidFact(payment, { subscriptionRef: 'sub_1' }));
    expect(await apply(renewal(2), renewal(1), renewal(2), renewal(1))).toEqual([
      'applied',
      'applied',
      'already_applied',
      'already_applied',
    ]);
    expect((await subscription(order)).endsAt).toBe(renewal(2).periodEnd);
    expect(await revenue()).toBe(30_000_000);
    expect((await tellOrder(scene.ctx, order)).transfers).toHaveLength(3);
  });

  test('waits for its first payment when a renewal comes before it', async () => {
    const { payment } = await started();
    expect(await apply(renewal(1))).toEqual(['not_yet_known']);
    await apply(paidFact(payment, { subscriptionRef: 'sub_1' }));
    expect(await apply(renewal(1))).toEqual(['applied']);
  });

  test('is not renewed by another amount', async () => {
    const { payment } = await started();
    await apply(paidFact(payment, { subscriptionRef: 'sub_1' }));
    expect(await apply(renewal(1, { amountMinor: 1 }), renewal(1, { currency: 'EUR' }))).toEqual([
      'amount_mismatch',
      'currency_mismatch',
    ]);
    expect(await revenue()).toBe(10_000_000);
  });

  test('loses the period whose invoice is refunded', async () => {
    const { order, payment } = await started();
    await apply(paidFact(payment, { subscriptionRef: 'sub_1' }));
    const before = await subscription(order);
    await apply(renewal(1));
    const back = { refundedMinor: 1_000, disputedMinor: 0, disputeState: 'none' } as const;
    expect(await apply({ kind: 'reversal', paymentRef: 'pi_in_1', ...back })).toEqual(['applied']);
    expect(await revenue()).toBe(10_000_000);
    const invoice = (await scene.payments(order)).find(({ reference }) => reference === 'invoice:in_1');
    expect((await findGrantBySource(scene.ctx, `invoice:${invoice?.id}`))?.revokedAt).not.toBeNull();
    expect((await subscription(order)).endsAt).toBeLessThanOrEqual(before.endsAt + DAY_MS);
  });

  test('follows what the provider says of it, and never an older word', async () => {
    const { order, payment } = await started();
    await apply(paidFact(payment, { subscriptionRef: 'sub_1' }));
    const at = (ms: number) => epochMs(scene.ctx.clock.now() + ms);
    const said = { kind: 'subscription_state', subscriptionRef: 'sub_1', cancelAtPeriodEnd: false } as const;
    expect(await apply({ ...said, state: 'past_due', asOf: at(10) })).toEqual(['applied']);
    expect(await subscription(order)).toMatchObject({ pastDue: true });
    expect(await apply({ ...said, state: 'active', asOf: at(5) })).toEqual(['already_applied']);
    expect(await subscription(order)).toMatchObject({ pastDue: true });
    await apply({ ...said, state: 'active', asOf: at(20) }, { ...said, state: 'canceled', asOf: at(30) });
    expect(await subscription(order)).toMatchObject({ pastDue: false, cancelAtEnd: true, state: 'active' });
    expect(await apply({ ...said, state: 'active', asOf: at(40) })).toEqual(['already_applied']);
    expect(await apply({ ...said, subscriptionRef: 'sub_none', state: 'active' })).toEqual(['not_yet_known']);
  });
});

describe('what is over here is ended at the provider', () => {
  test('when the subscription was canceled', async () => {
    const { order, payment } = await started();
    await apply(paidFact(payment, { subscriptionRef: 'sub_1' }));
    expect(await stopRenewals(scene.cashier)).toBe(0);
    const { id: subscriptionId } = await subscription(order);
    await cancelSubscription(scene.ctx, { subscriptionId, reason: 'wish', atEnd: true });
    expect(await stopRenewals(scene.cashier)).toBe(1);
    expect(await stopRenewals(scene.cashier)).toBe(0);
    expect(scene.provider.stopped).toEqual(['sub_1']);
  });

  test('when its first payment came too late; what it collects all the same is given as balance', async () => {
    const { order, payment } = await started();
    await cancelOrder(scene.cashier, order, 'test');
    expect(await apply(paidFact(payment, { subscriptionRef: 'sub_1' }))).toEqual(['paid_late']);
    expect(await apply(renewal(1))).toEqual(['applied']);
    expect(await scene.balance()).toBe(20_000_000);
    expect(await stopRenewals(scene.cashier)).toBe(1);
    expect(await revenue()).toBe(0);
  });

  test('or a person hears of it', async () => {
    const { order, payment } = await started();
    await cancelOrder(scene.cashier, order, 'test');
    await apply(paidFact(payment, { subscriptionRef: 'sub_1' }));
    const { stopRenewal } = scene.provider;
    scene.provider.stopRenewal = async () => {
      throw new Error('unreachable');
    };
    expect(await stopRenewals(scene.cashier)).toBe(0);
    expect((await tellOrder(scene.ctx, order)).differences).toMatchObject([{ kind: 'renewal_running', state: 'open' }]);
    if (stopRenewal) scene.provider.stopRenewal = stopRenewal;
    expect(await stopRenewals(scene.cashier)).toBe(1);
    expect((await tellOrder(scene.ctx, order)).differences).toMatchObject([
      { kind: 'renewal_running', state: 'fixed' },
    ]);
  });
});
