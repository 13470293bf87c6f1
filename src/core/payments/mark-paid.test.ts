import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { accountBalance, listTransfers } from '../ledger/index.ts';
import { Secret } from '../secret.ts';
import { applyFacts } from './apply-facts.ts';
import { addChannel } from './manage-channels.ts';
import { markPaid } from './mark-paid.ts';
import type { Payment } from './payment.ts';
import { reconcile } from './reconcile.ts';
import { requestRefund } from './request-refund.ts';
import { followRefunds } from './send-refunds.ts';
import { type PaymentScene, paidFact, paymentScene } from './testing/payment-scene.ts';

let scene: PaymentScene;

beforeEach(async () => {
  scene = await paymentScene();
});
afterEach(async () => {
  expect(await scene.violations()).toEqual([]);
  await scene.close();
});

const hand = (reference: string) => ({ reference, actor: 'root', reason: null });
const holds = async (account: Parameters<typeof accountBalance>[1]) => Number(await accountBalance(scene.ctx, account));
const bankSays = (payment: Payment, fact: ReturnType<typeof paidFact>) => {
  const { paymentRef, amountMinor, currency } = fact;
  scene.provider.standings.set(payment.reference, { state: 'paid', facts: [fact] });
  const at = scene.ctx.clock.now();
  scene.provider.listed = [{ reference: payment.reference, paymentRef, amountMinor, currency, refundedMinor: 0, at }];
};

describe('what was paid by hand', () => {
  test('is in the manual account with its reference, and never in that of the order’s channel', async () => {
    const { order } = await scene.topup({ currency: 'USD' });
    await markPaid(scene.cashier, order, hand('bank 4711'));
    expect(await holds('manual')).toBe(-20_000_000);
    expect(await holds(`channel:${scene.channel.id}`)).toBe(0);
    const { items } = await listTransfers(scene.ctx, {}, { limit: 10 });
    expect(items).toMatchObject([{ id: `order:${order.id}`, debitAccount: 'manual', reason: 'by hand: bank 4711' }]);
    await requestRefund(scene.ctx, { of: order.number, amount: '5.00', reason: 'asked for', actor: 'root' });
    await followRefunds(scene.cashier);
    expect(await holds('manual')).toBe(-15_000_000);
  });

  test('of an order of a manual channel is in that channel’s account', async () => {
    const settings = { settings: {}, secrets: {}, allowPrivate: false };
    const bank = await addChannel(scene.cashier, { name: 'bank', provider: 'manual', ...settings });
    const { order } = await scene.topup({ currency: 'USD', channel: 'bank' });
    await markPaid(scene.cashier, order, hand('bank 4711'));
    expect([await holds(`channel:${bank.id}`), await holds('manual')]).toEqual([-20_000_000, 0]);
  });

  test('is one payment, whatever the channels of two orders are', async () => {
    const secrets = { key: new Secret('test_2') };
    await addChannel(scene.cashier, { name: 'other', provider: 'fake', settings: {}, secrets, allowPrivate: false });
    const [one, two] = [(await scene.topup()).order, (await scene.topup({ channel: 'other' })).order];
    await markPaid(scene.cashier, one, hand('bank 1'));
    await expect(markPaid(scene.cashier, two, hand('bank 1'))).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('reconciliation of an order that was paid by hand', () => {
  test('finds the very payment that was booked, and neither gives it again nor reports it', async () => {
    const { order, payment } = await scene.topup({ currency: 'USD' });
    const fact = paidFact(payment);
    await markPaid(scene.cashier, order, hand(fact.paymentRef));
    bankSays(payment, fact);
    for (let i = 0; i < 2; i++) expect(await reconcile(scene.cashier)).toMatchObject({ found: 0, open: 0 });
    expect(await scene.balance()).toBe(20_000_000);
    expect((await scene.payments(order)).map(({ state }) => state)).toEqual(['failed', 'succeeded']);
  });

  test('leaves a wrong amount explained that a person has booked as the whole', async () => {
    const { order, payment } = await scene.topup({ currency: 'USD' });
    bankSays(payment, paidFact(payment, { amountMinor: 1_999 }));
    expect(await reconcile(scene.cashier)).toMatchObject({ open: 1, items: [{ kind: 'mismatch' }] });
    await markPaid(scene.cashier, order, hand('mail of 4 May'));
    for (let i = 0; i < 2; i++) expect(await reconcile(scene.cashier)).toMatchObject({ open: 0 });
    expect(await scene.balance()).toBe(20_000_000);
  });

  test('still finds another payment of it', async () => {
    const { order, payment } = await scene.topup({ currency: 'USD' });
    await markPaid(scene.cashier, order, hand('bank 1'));
    await applyFacts(scene.cashier, scene.channel, [paidFact(payment)]);
    expect(await scene.balance()).toBe(40_000_000);
    expect(await holds(`channel:${scene.channel.id}`)).toBe(-20_000_000);
  });
});
