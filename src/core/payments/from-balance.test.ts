import { afterEach, beforeEach, expect, test } from 'vitest';
import { adjustBalance } from '../ledger/index.ts';
import type { UsdMicros } from '../money.ts';
import type { Order } from '../orders/index.ts';
import { findGrantBySource } from '../subscriptions/index.ts';
import { cancelOrder } from './close-orders.ts';
import { addChannel } from './manage-channels.ts';
import { createSubscriptionOrder, createTopupOrder } from './open-order.ts';
import { requestRefund } from './request-refund.ts';
import { followRefunds } from './send-refunds.ts';
import { startPayment } from './start-payment.ts';
import { BEGIN, type PaymentScene, paymentScene } from './testing/payment-scene.ts';

let scene: PaymentScene;

beforeEach(async () => {
  scene = await paymentScene();
  await addChannel(scene.cashier, {
    name: 'wallet',
    provider: 'balance',
    settings: {},
    secrets: {},
    allowPrivate: false,
  });
  await scene.plan();
});
afterEach(async () => {
  expect(await scene.violations()).toEqual([]);
  await scene.close();
});

const give = async (usd: number) =>
  await adjustBalance(scene.ctx, {
    userId: scene.user.id,
    amountUsdMicros: (usd * 1_000_000) as UsdMicros,
    reason: 'welcome',
    actor: 'test',
  });
const order = async (): Promise<Order> =>
  await createSubscriptionOrder(scene.cashier, { userId: scene.user.id, plan: 'pro', channel: 'wallet' });
const pay = async (what: Order) => await startPayment(scene.cashier, what, BEGIN);

test('a plan is bought in one go, and what it cost comes back when it is given back', async () => {
  await give(25);
  const bought = await order();
  expect(await pay(bought)).toMatchObject({
    paid: true,
    payUrl: `https://realms.example/pay/subscription/${bought.number}/return`,
  });
  expect(await scene.now(bought)).toMatchObject({ state: 'fulfilled', provider: 'balance' });
  expect(await scene.balance()).toBe(15_000_000);
  await expect(pay(bought)).rejects.toMatchObject({ code: 'conflict' });
  await requestRefund(scene.ctx, { of: bought.number, reason: 'wish', actor: 'root' });
  await followRefunds(scene.cashier);
  expect(await scene.balance()).toBe(25_000_000);
  expect((await findGrantBySource(scene.ctx, `order:${bought.id}`))?.revokedAt).not.toBeNull();
});

test('a balance that is short buys nothing and is left as it is', async () => {
  await give(9);
  const wanted = await order();
  await expect(pay(wanted)).rejects.toThrow('$1 short of $10');
  expect(await scene.balance()).toBe(9_000_000);
  expect(await scene.now(wanted)).toMatchObject({ state: 'pending' });
  expect(await findGrantBySource(scene.ctx, `order:${wanted.id}`)).toBeNull();
});

test('what is held for running requests cannot be spent', async () => {
  await give(15);
  await scene.database.knex('user_balances').where({ user_id: scene.user.id }).update({ held_usd_micros: 6_000_000 });
  await expect(pay(await order())).rejects.toMatchObject({ code: 'conflict' });
  expect(await scene.balance()).toBe(15_000_000);
});

test('of fifty purchases at once on a balance for three, three are made', async () => {
  await give(35);
  const orders: Order[] = [];
  for (let n = 0; n < 10; n++) orders.push(await order());
  const results = await Promise.allSettled(
    Array.from({ length: 50 }, async (_, n) => {
      const one = orders[n % 10];
      if (one) await pay(one);
    }),
  );
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  expect(await scene.balance()).toBe(5_000_000);
  expect(await scene.database.knex('subscription_grants')).toHaveLength(3);
});

test('a purchase and a cancellation at once never do both', async () => {
  await give(10);
  const wanted = await order();
  await Promise.allSettled([pay(wanted), cancelOrder(scene.cashier, wanted, 'test'), pay(wanted)]);
  const { state } = await scene.now(wanted);
  expect(await scene.balance()).toBe(state === 'fulfilled' ? 0 : 10_000_000);
  expect(['fulfilled', 'canceled']).toContain(state);
});

test('a balance is not topped up from itself', async () => {
  const topup = { userId: scene.user.id, amount: '5.00', currency: 'USD', channel: 'wallet' };
  await expect(createTopupOrder(scene.cashier, topup)).rejects.toMatchObject({ code: 'invalid_input' });
});
