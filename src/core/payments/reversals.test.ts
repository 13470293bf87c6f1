import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { accountBalance, adjustBalance, type LedgerAccount } from '../ledger/index.ts';
import { findOrder, type Order } from '../orders/index.ts';
import { findGrantBySource, findSubscription } from '../subscriptions/index.ts';
import { type EpochMs, epochMs } from '../time.ts';
import { applyFacts } from './apply-facts.ts';
import { retryInbox } from './inbox.ts';
import { createSubscriptionOrder } from './open-order.ts';
import type { Payment } from './payment.ts';
import type { ReversalFact } from './provider.ts';
import { receiveCallback } from './receive-callback.ts';

import { fakeCallback } from './testing/fake-provider.ts';
import { type PaymentScene, paidFact, paymentScene } from './testing/payment-scene.ts';

const MAIN = { provider: 'fake', channel: 'main' };
let scene: PaymentScene;

beforeEach(async () => {
  scene = await paymentScene();
});
afterEach(async () => {
  expect(await scene.violations()).toEqual([]);
  await scene.close();
});

type Totals = Partial<Pick<ReversalFact, 'refundedMinor' | 'disputedMinor' | 'disputeState'>> & {
  readonly asOf?: EpochMs;
};

function reversal(payment: Payment, totals: Totals): ReversalFact {
  const none = { refundedMinor: 0, disputedMinor: 0, disputeState: 'none' } as const;
  return { kind: 'reversal', paymentRef: `pi_${payment.id}`, ...none, ...totals };
}

const apply = async (...facts: Parameters<typeof applyFacts>[2]) =>
  (await applyFacts(scene.cashier, scene.channel, facts)).map(({ verdict }) => verdict);
const account = async (name: LedgerAccount) => Number(await accountBalance(scene.ctx, name));
const stateOf = async (payment: Payment) =>
  (await scene.payments({ id: payment.orderId } as Order)).find(({ id }) => id === payment.id);

/** Worth $20.00: amounts in cents are easily seen in micro-dollars. */
async function paidTopup(): Promise<Payment> {
  const { payment } = await scene.topup({ amount: '20.00', currency: 'USD' });
  expect(await apply(paidFact(payment))).toEqual(['applied']);
  return payment;
}

async function paidPlan(): Promise<{ order: Order; payment: Payment }> {
  await scene.plan({ priceMinor: 2_000, currency: 'USD' });
  const order = await createSubscriptionOrder(scene.cashier, { userId: scene.user.id, plan: 'pro', channel: 'main' });
  const payment = await scene.begin(order);
  await apply(paidFact(payment));
  return { order, payment };
}

describe('what is taken back', () => {
  test('is posted once, by what is new in the totals', async () => {
    const payment = await paidTopup();
    expect(await apply(reversal(payment, { refundedMinor: 500 }))).toEqual(['applied']);
    expect(await apply(reversal(payment, { refundedMinor: 500 }))).toEqual(['already_applied']);
    expect(await scene.balance()).toBe(15_000_000);
    expect(await stateOf(payment)).toMatchObject({ state: 'partially_refunded' });
    expect(await apply(reversal(payment, { refundedMinor: 2_000 }))).toEqual(['applied']);
    expect(await scene.balance()).toBe(0);
    expect(await stateOf(payment)).toMatchObject({ state: 'refunded', returnedUsdMicros: 20_000_000 });
  });

  test('may leave a balance below nothing when it was spent, and never more than came', async () => {
    const payment = await paidTopup();
    const spent = { userId: scene.user.id, amountUsdMicros: -15_000_000, reason: 'spent', actor: 'test' };
    await adjustBalance(scene.ctx, spent as Parameters<typeof adjustBalance>[1]);
    await apply(reversal(payment, { refundedMinor: 2_000, disputedMinor: 2_000, disputeState: 'lost' }));
    expect(await scene.balance()).toBe(-15_000_000);
    await apply(reversal(payment, { refundedMinor: 9_999 }));
    expect(await scene.balance()).toBe(-15_000_000);
    expect(await account(`channel:${scene.channel.id}`)).toBe(0);
  });

  test('by a dispute is held while it is open, and gone or back when it is decided', async () => {
    const lost = await paidTopup();
    await apply(reversal(lost, { disputedMinor: 2_000, disputeState: 'open' }));
    expect([await scene.balance(), await account('disputes')]).toEqual([0, 20_000_000]);
    expect(await stateOf(lost)).toMatchObject({ state: 'disputed' });
    await apply(reversal(lost, { disputedMinor: 2_000, disputeState: 'lost' }));
    expect([await account('disputes'), await account(`channel:${scene.channel.id}`)]).toEqual([0, 0]);
    expect(await stateOf(lost)).toMatchObject({ state: 'dispute_lost' });
    const won = await paidTopup();
    await apply(reversal(won, { disputedMinor: 2_000, disputeState: 'open' }));
    await apply(reversal(won, { disputeState: 'won' }));
    expect([await scene.balance(), await account('disputes')]).toEqual([20_000_000, 0]);
    expect(await stateOf(won)).toMatchObject({ state: 'succeeded' });
  });

  test('in odd parts adds up to the whole, whatever the rate', async () => {
    const { payment } = await scene.topup({ amount: '10.01', currency: 'CNY' });
    await apply(paidFact(payment));
    for (const refundedMinor of [1, 333, 334, 1_000, 1_001]) await apply(reversal(payment, { refundedMinor }));
    expect(await scene.balance()).toBe(0);
  });

  test('comes back when the provider, asked again, says that the refund failed', async () => {
    const payment = await paidTopup();
    const at = (ms: number) => epochMs(scene.ctx.clock.now() + ms);
    await apply(reversal(payment, { refundedMinor: 2_000, asOf: at(10) }));
    expect(await scene.balance()).toBe(0);
    expect(await apply(reversal(payment, { refundedMinor: 0, asOf: at(5) }))).toEqual(['already_applied']);
    expect(await scene.balance()).toBe(0);
    expect(await apply(reversal(payment, { refundedMinor: 0, asOf: at(20) }))).toEqual(['applied']);
    expect(await scene.balance()).toBe(20_000_000);
  });

  test('of a payment that nobody knows waits for it', async () => {
    const { payment } = await scene.topup({ currency: 'USD' });
    const early = fakeCallback({
      eventKey: 'evt_refund',
      type: 'refund',
      facts: [reversal(payment, { refundedMinor: 500 })],
    });
    expect(await receiveCallback(scene.cashier, MAIN, early)).toEqual({ status: 200, body: 'success' });
    const [row] = await scene.database.knex('payment_events');
    expect(row).toMatchObject({ state: 'retry', verdict: 'not_yet_known' });
    await apply(paidFact(payment));
    expect(await scene.balance()).toBe(20_000_000);
    scene.ctx.clock.advance(11_000);
    expect(await retryInbox(scene.cashier)).toBe(1);
    expect(await scene.balance()).toBe(15_000_000);
    expect(await scene.database.knex('payment_events').first()).toMatchObject({ state: 'applied', attempts: 2 });
  });
});

describe('a plan', () => {
  test('stays with a partial refund and goes with the whole of it', async () => {
    const { order, payment } = await paidPlan();
    await apply(reversal(payment, { refundedMinor: 1_999 }));
    expect((await findGrantBySource(scene.ctx, `order:${order.id}`))?.revokedAt).toBeNull();
    expect(await account('revenue:plans')).toBe(10_000);
    await apply(reversal(payment, { refundedMinor: 2_000 }));
    const grant = await findGrantBySource(scene.ctx, `order:${order.id}`);
    expect(grant?.revokedAt).not.toBeNull();
    expect(await findSubscription(scene.ctx, grant?.subscriptionId ?? '')).toMatchObject({ state: 'revoked' });
    expect(await account('revenue:plans')).toBe(0);
  });

  test('that is disputed is taken back, and given back with a dispute that is won', async () => {
    const { order, payment } = await paidPlan();
    const before = await findGrantBySource(scene.ctx, `order:${order.id}`);
    await apply(reversal(payment, { disputedMinor: 2_000, disputeState: 'open' }));
    expect((await findGrantBySource(scene.ctx, `order:${order.id}`))?.revokedAt).not.toBeNull();
    await apply(reversal(payment, { disputeState: 'won' }));
    const after = await findGrantBySource(scene.ctx, `order:${order.id}`);
    expect(after).toMatchObject({ revokedAt: null, endsAt: before?.endsAt });
    expect(await findSubscription(scene.ctx, after?.subscriptionId ?? '')).toMatchObject({ state: 'active' });
  });
});

/** Every order of the items. */
function ordersOf<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, at) =>
    ordersOf([...items.slice(0, at), ...items.slice(at + 1)]).map((rest) => [item, ...rest]),
  );
}

describe.each(['topup', 'subscription'] as const)('the events of one life of a %s', (kind) => {
  test('end in the same state in all of their 120 orders, each of them coming twice', async () => {
    if (kind === 'subscription') await scene.plan({ priceMinor: 2_000, currency: 'USD', onRepurchase: 'stack' });
    const ends = new Set<string>();
    const names = ['paid', 'refund', 'refund_more', 'dispute_open', 'dispute_won'] as const;
    for (const order of ordersOf(names)) {
      const end = await liveThrough(kind, order);
      ends.add(end);
    }
    expect([...ends]).toEqual([
      JSON.stringify({
        order: 'fulfilled',
        payment: 'partially_refunded',
        refundedMinor: 700,
        disputeState: 'won',
        returned: 7_000_000,
        disputed: 0,
        revoked: false,
      }),
    ]);
  }, 120_000);
});

/** Callbacks come in this order, and what could not be applied is tried again until nothing is left. */
async function liveThrough(kind: 'topup' | 'subscription', order: readonly string[]): Promise<string> {
  const made =
    kind === 'topup'
      ? (await scene.topup({ currency: 'USD' })).order
      : await createSubscriptionOrder(scene.cashier, { userId: scene.user.id, plan: 'pro', channel: 'main' });
  const payment = (await scene.payments(made))[0] ?? (await scene.begin(made));
  const facts = {
    paid: paidFact(payment),
    refund: reversal(payment, { refundedMinor: 300 }),
    refund_more: reversal(payment, { refundedMinor: 700 }),
    dispute_open: reversal(payment, { disputedMinor: 1_300, disputeState: 'open' }),
    dispute_won: reversal(payment, { disputeState: 'won' }),
  };
  for (const name of [...order, ...order]) {
    const fact = facts[name as keyof typeof facts];
    const raw = fakeCallback({ eventKey: `${payment.id}:${name}`, type: name, facts: [fact] });
    expect(await receiveCallback(scene.cashier, MAIN, raw)).toMatchObject({ body: 'success' });
  }
  scene.ctx.clock.advance(60_000);
  await retryInbox(scene.cashier);
  const now = await stateOf(payment);
  const grant = await findGrantBySource(scene.ctx, `order:${made.id}`);
  return JSON.stringify({
    order: (await findOrder(scene.ctx, made.id)).state,
    payment: now?.state,
    refundedMinor: now?.refundedMinor,
    disputeState: now?.disputeState,
    returned: now?.returnedUsdMicros,
    disputed: now?.disputedUsdMicros,
    revoked: kind === 'subscription' && grant?.revokedAt !== null,
  });
}
