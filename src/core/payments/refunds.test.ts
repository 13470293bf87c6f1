import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { accountBalance } from '../ledger/index.ts';
import type { Order } from '../orders/index.ts';
import { DAY_MS, MINUTE_MS } from '../time.ts';
import { applyFacts } from './apply-facts.ts';
import { cancelOrder } from './close-orders.ts';
import { markPaid } from './mark-paid.ts';
import type { Payment } from './payment.ts';
import { listReconItems } from './recon-items.ts';
import { requestRefund } from './request-refund.ts';
import { findRefund, followRefunds, listRefunds, settleRefund } from './send-refunds.ts';
import { type PaymentScene, paidFact, paymentScene } from './testing/payment-scene.ts';

let scene: PaymentScene;

beforeEach(async () => {
  scene = await paymentScene();
});
afterEach(async () => {
  expect(await scene.violations()).toEqual([]);
  await scene.close();
});

async function paidTopup(): Promise<{ order: Order; payment: Payment }> {
  const { order, payment } = await scene.topup({ currency: 'USD' });
  await applyFacts(scene.cashier, scene.channel, [paidFact(payment)]);
  return { order, payment };
}

const ask = (of: string, amount?: string) =>
  requestRefund(scene.ctx, { of, amount, reason: 'by mistake', actor: 'root' });
const open = async () =>
  (await listReconItems(scene.ctx, { state: 'open' }, { limit: 10 })).items.map(({ kind }) => kind);
const reversal = (payment: Payment, refundedMinor: number) =>
  ({
    kind: 'reversal',
    paymentRef: `pi_${payment.id}`,
    refundedMinor,
    disputedMinor: 0,
    disputeState: 'none',
  }) as const;

describe('a refund', () => {
  test('is sent once with a key of its own and posted when the provider has done it', async () => {
    const { order, payment } = await paidTopup();
    const refund = await ask(order.number, '5.00');
    expect(await scene.balance()).toBe(20_000_000);
    await followRefunds(scene.cashier);
    expect(scene.provider.refunds).toMatchObject([
      { paymentRef: `pi_${payment.id}`, amountMinor: 500, currency: 'USD', refundKey: refund.id },
    ]);
    expect(await scene.balance()).toBe(15_000_000);
    expect(await findRefund(scene.cashier, refund.id)).toMatchObject({ state: 'succeeded', refundRef: 're_1' });
    await applyFacts(scene.cashier, scene.channel, [reversal(payment, 500)]);
    expect(await scene.balance()).toBe(15_000_000);
  });

  test('cannot be of more than is left, on its way or back already', async () => {
    const { order, payment } = await paidTopup();
    await ask(order.number, '15.00');
    await expect(ask(order.number, '5.01')).rejects.toMatchObject({ code: 'conflict' });
    const rest = await ask(payment.id);
    expect(rest.amountMinor).toBe(500);
    await expect(ask(order.number)).rejects.toMatchObject({ code: 'conflict' });
    await followRefunds(scene.cashier);
    expect(await scene.balance()).toBe(0);
    expect((await listRefunds(scene.cashier, { state: 'succeeded' }, { limit: 10 })).items).toHaveLength(2);
  });

  test('of what was never paid is refused', async () => {
    const { order, payment } = await scene.topup();
    await expect(ask(order.number)).rejects.toMatchObject({ code: 'conflict' });
    await expect(ask(payment.id)).rejects.toMatchObject({ code: 'conflict' });
    await expect(ask('pay_none')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('that the provider refuses has failed, and may be asked for again', async () => {
    const { order } = await paidTopup();
    scene.provider.onRefund = async () => ({ state: 'failed', reason: 'too late' });
    const refund = await ask(order.number);
    await followRefunds(scene.cashier);
    expect(await findRefund(scene.cashier, refund.id)).toMatchObject({ state: 'failed', error: 'too late' });
    expect(await scene.balance()).toBe(20_000_000);
    expect(await ask(order.number)).toMatchObject({ amountMinor: 2_000 });
  });

  test('is posted on top of what was given back at the provider itself', async () => {
    const { order, payment } = await paidTopup();
    await applyFacts(scene.cashier, scene.channel, [reversal(payment, 500)]);
    scene.provider.onTotals = async () => ({ ...reversal(payment, 1_000), asOf: scene.ctx.clock.now() });
    await ask(order.number, '5.00');
    await followRefunds(scene.cashier);
    expect(await scene.balance()).toBe(10_000_000);
    await applyFacts(scene.cashier, scene.channel, [reversal(payment, 1_000)]);
    expect(await scene.balance()).toBe(10_000_000);
  });

  test('is posted once when one before it came back', async () => {
    const { order, payment } = await paidTopup();
    await ask(order.number, '5.00');
    await followRefunds(scene.cashier);
    scene.ctx.clock.advance(1);
    const asOf = scene.ctx.clock.now();
    await applyFacts(scene.cashier, scene.channel, [{ ...reversal(payment, 0), asOf }]);
    expect(await scene.balance()).toBe(20_000_000);
    scene.provider.onTotals = async () => ({ ...reversal(payment, 500), asOf });
    await ask(order.number, '5.00');
    await followRefunds(scene.cashier);
    expect(await scene.balance()).toBe(15_000_000);
  });

  test('is posted by what is gone, also when one before it came back and nobody has said so', async () => {
    const { order, payment } = await paidTopup();
    scene.provider.onTotals = async () => ({ ...reversal(payment, 500), asOf: scene.ctx.clock.now() });
    await ask(order.number, '5.00');
    await followRefunds(scene.cashier);
    await ask(order.number, '5.00');
    await followRefunds(scene.cashier);
    expect(await scene.balance()).toBe(15_000_000);
    expect((await listRefunds(scene.cashier, { state: 'succeeded' }, { limit: 10 })).items).toHaveLength(2);
  });

  test('that succeeded while nobody tells how much is gone is posted when somebody does', async () => {
    const { order, payment } = await paidTopup();
    scene.provider.onTotals = async () => {
      throw new Error('the line is dead');
    };
    const refund = await ask(order.number, '5.00');
    await followRefunds(scene.cashier);
    expect(await findRefund(scene.cashier, refund.id)).toMatchObject({ state: 'submitted', error: 'the line is dead' });
    expect(await scene.balance()).toBe(20_000_000);
    scene.provider.onTotals = async () => ({ ...reversal(payment, 500), asOf: scene.ctx.clock.now() });
    scene.provider.onFindRefund = async () => ({ state: 'succeeded', refundRef: 're_1' });
    scene.ctx.clock.advance(31 * MINUTE_MS);
    await followRefunds(scene.cashier);
    expect(await findRefund(scene.cashier, refund.id)).toMatchObject({ state: 'succeeded', error: null });
    expect(await scene.balance()).toBe(15_000_000);
  });

  test('that is pending is asked about as soon as more is gone', async () => {
    const { order, payment } = await paidTopup();
    scene.provider.onRefund = async () => ({ state: 'pending', refundRef: 're_9' });
    const refund = await ask(order.number, '5.00');
    await followRefunds(scene.cashier);
    expect(await findRefund(scene.cashier, refund.id)).toMatchObject({ state: 'submitted', refundRef: 're_9' });
    await applyFacts(scene.cashier, scene.channel, [reversal(payment, 500)]);
    expect(await scene.balance()).toBe(15_000_000);
    expect(await findRefund(scene.cashier, refund.id)).toMatchObject({ state: 'submitted' });
    scene.provider.onFindRefund = async () => ({ state: 'succeeded', refundRef: 're_9' });
    await followRefunds(scene.cashier);
    expect(await findRefund(scene.cashier, refund.id)).toMatchObject({ state: 'succeeded' });
    expect(await scene.balance()).toBe(15_000_000);
  });
});

describe('two refunds of one payment', () => {
  const LOST = async () => {
    throw new Error('timed out');
  };

  test('of which one was done are posted once, whichever it was', async () => {
    const { order, payment } = await paidTopup();
    scene.provider.onRefund = async () => ({ state: 'pending', refundRef: 're_1' });
    const [first, second] = [await ask(order.number, '5.00'), await ask(order.number, '5.00')];
    await followRefunds(scene.cashier);
    // The second one was done; the first will fail.
    await applyFacts(scene.cashier, scene.channel, [reversal(payment, 500)]);
    scene.provider.onTotals = async () => ({ ...reversal(payment, 500), asOf: scene.ctx.clock.now() });
    scene.provider.onFindRefund = async ({ refundKey }) =>
      refundKey === second.id ? { state: 'succeeded', refundRef: 're_2' } : { state: 'failed', reason: 'no' };
    await followRefunds(scene.cashier);
    expect(await findRefund(scene.cashier, first.id)).toMatchObject({ state: 'failed' });
    expect(await findRefund(scene.cashier, second.id)).toMatchObject({ state: 'succeeded' });
    expect(await scene.balance()).toBe(15_000_000);
    expect(await ask(order.number)).toMatchObject({ amountMinor: 1_500 });
  });

  test('are not on their way at once when the first has no name at the provider yet', async () => {
    const { order } = await paidTopup();
    scene.provider.onRefund = LOST;
    const [first, second] = [await ask(order.number, '5.00'), await ask(order.number, '5.00')];
    await followRefunds(scene.cashier);
    expect(scene.provider.refunds).toHaveLength(1);
    expect(await findRefund(scene.cashier, second.id)).toMatchObject({
      state: 'requested',
      error: `waits until ${first.id} is decided`,
    });
    scene.provider.onRefund = async () => ({ state: 'succeeded', refundRef: 're_2' });
    await settleRefund(scene.cashier, first.id, 'failed', 'root', 'it is not on the statement');
    scene.ctx.clock.advance(6 * MINUTE_MS);
    await followRefunds(scene.cashier);
    expect(await findRefund(scene.cashier, second.id)).toMatchObject({ state: 'succeeded', error: null });
    expect(await scene.balance()).toBe(15_000_000);
  });

  test('are not both proven by a provider that says only that money went back', async () => {
    const { order, payment } = await paidTopup();
    await ask(order.number, '5.00');
    await followRefunds(scene.cashier);
    scene.provider.onRefund = LOST;
    const second = await ask(order.number, '5.00');
    await followRefunds(scene.cashier);
    const facts = [paidFact(payment)];
    scene.provider.standings.set(payment.reference, { state: 'paid', facts, hasRefundOfUnknownAmount: true });
    scene.ctx.clock.advance(6 * MINUTE_MS);
    await followRefunds(scene.cashier);
    expect(await findRefund(scene.cashier, second.id)).toMatchObject({ state: 'unknown' });
    expect(await scene.balance()).toBe(15_000_000);
  });
});

describe('a refund of which nobody knows', () => {
  async function unknown(): Promise<{ order: Order; payment: Payment; id: string }> {
    const paid = await paidTopup();
    scene.provider.onRefund = async () => {
      throw new Error('timed out');
    };
    const { id } = await ask(paid.order.number, '5.00');
    await followRefunds(scene.cashier);
    expect(await findRefund(scene.cashier, id)).toMatchObject({ state: 'unknown', error: 'timed out' });
    expect(await open()).toEqual(['refund_unknown']);
    return { ...paid, id };
  }

  test('is never sent again, however long it is asked about', async () => {
    const { id } = await unknown();
    for (let day = 0; day < 40; day++) {
      scene.ctx.clock.advance(DAY_MS);
      await followRefunds(scene.cashier);
    }
    expect(scene.provider.refunds).toHaveLength(1);
    expect(await findRefund(scene.cashier, id)).toMatchObject({ state: 'unknown', nextAt: null });
    expect(await scene.balance()).toBe(20_000_000);
  });

  test('is not explained by what was given back before it was sent', async () => {
    const { order, payment } = await paidTopup();
    await applyFacts(scene.cashier, scene.channel, [reversal(payment, 500)]);
    scene.provider.onRefund = async () => {
      throw new Error('timed out');
    };
    const { id } = await ask(order.number, '5.00');
    await followRefunds(scene.cashier);
    await applyFacts(scene.cashier, scene.channel, [reversal(payment, 500)]);
    expect(await findRefund(scene.cashier, id)).toMatchObject({ state: 'unknown' });
  });

  test('is settled by what the provider finds', async () => {
    const { id } = await unknown();
    scene.provider.onFindRefund = async () => ({ state: 'succeeded', refundRef: 're_7' });
    scene.ctx.clock.advance(6 * MINUTE_MS);
    await followRefunds(scene.cashier);
    expect(await findRefund(scene.cashier, id)).toMatchObject({ state: 'succeeded', refundRef: 're_7' });
    expect(await scene.balance()).toBe(15_000_000);
    expect(await open()).toEqual([]);
  });

  test('is settled by a provider that says only that money went back', async () => {
    const { payment, id } = await unknown();
    const facts = [paidFact(payment)];
    scene.provider.standings.set(payment.reference, { state: 'paid', facts, hasRefundOfUnknownAmount: true });
    scene.ctx.clock.advance(6 * MINUTE_MS);
    await followRefunds(scene.cashier);
    expect(await findRefund(scene.cashier, id)).toMatchObject({ state: 'succeeded' });
    expect(await scene.balance()).toBe(15_000_000);
  });

  test('is settled by a person, once', async () => {
    const { id } = await unknown();
    const settle = () => settleRefund(scene.cashier, id, 'failed', 'root', 'it is not on the statement');
    expect(await settle()).toMatchObject({ state: 'failed' });
    await expect(settle()).rejects.toMatchObject({ code: 'conflict' });
    expect(await scene.balance()).toBe(20_000_000);
    expect(await open()).toEqual([]);
  });

  test('is not settled by a person against what the provider says, who may still say what nobody else can', async () => {
    const { payment, id } = await unknown();
    const settle = () => settleRefund(scene.cashier, id, 'succeeded', 'root', 'the payer has it');
    scene.provider.onTotals = async () => ({ ...reversal(payment, 499), asOf: scene.ctx.clock.now() });
    await expect(settle()).rejects.toMatchObject({ code: 'conflict' });
    expect(await findRefund(scene.cashier, id)).toMatchObject({ state: 'unknown' });
    scene.provider.onTotals = async () => {
      throw new Error('there is no such gateway any more');
    };
    expect(await settle()).toMatchObject({ state: 'succeeded' });
    expect(await scene.balance()).toBe(15_000_000);
  });

  test('because the process died while it was sent, is asked about and not sent', async () => {
    const { order } = await paidTopup();
    const { id } = await ask(order.number);
    await scene.database.knex('refunds').where({ id }).update({ state: 'submitted', next_at: scene.ctx.clock.now() });
    await followRefunds(scene.cashier);
    expect(scene.provider.refunds).toEqual([]);
    expect(await findRefund(scene.cashier, id)).toMatchObject({ state: 'unknown', error: 'the answer was lost' });
  });
});

describe('money that is owed back', () => {
  test('leaves the account in which it waits', async () => {
    await scene.set({ 'billing.late_payment': 'refund' });
    const { order, payment } = await scene.topup({ currency: 'USD' });
    await cancelOrder(scene.cashier, order, 'test');
    await applyFacts(scene.cashier, scene.channel, [paidFact(payment)]);
    expect(await accountBalance(scene.ctx, 'refunds_due')).toBe(20_000_000n);
    await followRefunds(scene.cashier);
    expect(await accountBalance(scene.ctx, 'refunds_due')).toBe(0n);
    expect(await accountBalance(scene.ctx, `channel:${scene.channel.id}`)).toBe(0n);
    expect(await scene.balance()).toBe(0);
  });

  test('and does not go back is put before a person', async () => {
    await scene.set({ 'billing.late_payment': 'refund' });
    scene.provider.onRefund = async () => ({ state: 'failed', reason: 'not allowed' });
    const { order, payment } = await scene.topup({ currency: 'USD' });
    await cancelOrder(scene.cashier, order, 'test');
    await applyFacts(scene.cashier, scene.channel, [paidFact(payment)]);
    await followRefunds(scene.cashier);
    expect(await open()).toEqual(['refund_failed']);
  });

  test('that came by hand goes back by hand: the provider hears nothing of it', async () => {
    const { order } = await scene.topup({ currency: 'USD' });
    await markPaid(scene.cashier, order, { reference: 'bank 1', actor: 'root', reason: null });
    await ask(order.number);
    await followRefunds(scene.cashier);
    expect(scene.provider.refunds).toEqual([]);
    expect(await scene.balance()).toBe(0);
  });
});
