import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Order } from '../orders/index.ts';
import { MINUTE_MS, SECOND_MS } from '../time.ts';
import { applyFacts } from './apply-facts.ts';
import type { Payment } from './payment.ts';
import { startPayment } from './start-payment.ts';
import { BEGIN, type PaymentScene, paidFact, paymentScene } from './testing/payment-scene.ts';

let scene: PaymentScene;

beforeEach(async () => {
  scene = await paymentScene();
  scene.provider.pageLifeMs = 5 * MINUTE_MS;
});
afterEach(async () => {
  expect(await scene.violations()).toEqual([]);
  await scene.close();
});

const start = (order: Order) => startPayment(scene.cashier, order, BEGIN);

describe('a page that its provider takes for five minutes', () => {
  test('is given again while a payer can still get there', async () => {
    const { order, payment } = await scene.topup();
    scene.ctx.clock.advance(4 * MINUTE_MS);
    expect(await start(order)).toMatchObject({ payUrl: payment.payUrl, paid: false });
    expect(scene.provider.started).toHaveLength(1);
  });

  test('is followed by another one of the same attempt, and that one by a third', async () => {
    const { order, payment } = await scene.topup();
    const seen = new Set([payment.payUrl]);
    for (let again = 0; again < 2; again++) {
      scene.ctx.clock.advance(4 * MINUTE_MS + 50 * SECOND_MS);
      const { payUrl } = await start(order);
      expect(seen.has(payUrl)).toBe(false);
      seen.add(payUrl);
      expect(await start(order)).toMatchObject({ payUrl });
    }
    expect(scene.provider.started.map(({ attempt }) => attempt.reference)).toEqual(Array(3).fill(payment.reference));
    expect(await scene.payments(order)).toMatchObject([{ id: payment.id, state: 'pending' }]);
    await applyFacts(scene.cashier, scene.channel, [paidFact(payment)]);
    expect(await scene.now(order)).toMatchObject({ state: 'fulfilled' });
  });

  test('leaves the attempt payable when no other one is to be had', async () => {
    const { order, payment } = await scene.topup();
    scene.ctx.clock.advance(6 * MINUTE_MS);
    scene.provider.onStart = async () => {
      throw new Error('the line is dead');
    };
    await expect(start(order)).rejects.toMatchObject({ code: 'upstream_failed' });
    scene.provider.onStart = null;
    await start(order);
    const after: Payment[] = await scene.payments(order);
    expect(after).toMatchObject([{ id: payment.id, state: 'pending' }]);
  });
});

test('a page without an end is given for as long as the order waits', async () => {
  scene.provider.pageLifeMs = null;
  const { order, payment } = await scene.topup();
  scene.ctx.clock.advance(20 * MINUTE_MS);
  expect(await start(order)).toMatchObject({ payUrl: payment.payUrl });
  expect(scene.provider.started).toHaveLength(1);
});
