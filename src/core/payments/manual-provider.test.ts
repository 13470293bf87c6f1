import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Order } from '../orders/index.ts';
import { Secret } from '../secret.ts';
import { epochMs, MINUTE_MS } from '../time.ts';
import { addChannel, editChannel } from './manage-channels.ts';
import { createSubscriptionOrder } from './open-order.ts';
import { tellOrder } from './order-story.ts';
import type { RawCallback } from './provider.ts';
import { receiveOrderPaid } from './receive-callback.ts';
import { type PaymentScene, paymentScene } from './testing/payment-scene.ts';

const SECRET = 'a-secret-of-enough-length';
let scene: PaymentScene;
let order: Order;

beforeEach(async () => {
  scene = await paymentScene();
  await scene.plan();
  await addChannel(scene.cashier, {
    name: 'bank',
    provider: 'manual',
    settings: { url: 'https://example.com/how-to-pay' },
    secrets: { webhook_secret: new Secret(`${SECRET}\n${SECRET}-of-before`) },
    allowPrivate: false,
  });
  order = await createSubscriptionOrder(scene.cashier, { userId: scene.user.id, plan: 'pro', channel: 'bank' });
});
afterEach(async () => {
  expect(await scene.violations()).toEqual([]);
  await scene.close();
});

function message(changes: { body?: object; secret?: string; agoMs?: number; signature?: string } = {}): RawCallback {
  const { body = {}, secret = SECRET, agoMs = 0 } = changes;
  const receivedAt = scene.ctx.clock.now();
  const text = JSON.stringify({
    order: order.number,
    payment_ref: 'bank-1',
    amount: '10.00',
    currency: 'USD',
    ...body,
  });
  const timestamp = String(Math.floor((receivedAt - agoMs) / 1_000));
  const signature = `v1=${createHmac('sha256', secret).update(`${timestamp}.${text}`).digest('hex')}`;
  const headers = { 'realms-timestamp': timestamp, 'realms-signature': changes.signature ?? signature };
  return { method: 'POST', query: '', headers, body: Buffer.from(text), receivedAt: epochMs(receivedAt) };
}

const send = async (raw: RawCallback, ref: string = order.number) => await receiveOrderPaid(scene.cashier, ref, raw);

describe('the message that an order was paid', () => {
  test('fulfils it once, whether the payment was begun or not', async () => {
    expect(await send(message())).toEqual({ status: 200, body: 'ok' });
    expect(await send(message())).toEqual({ status: 200, body: 'ok' });
    expect(await scene.now(order)).toMatchObject({ state: 'fulfilled' });
    const { payments, callbacks } = await tellOrder(scene.ctx, order);
    expect(payments).toMatchObject([{ state: 'succeeded', paymentRef: 'bank-1', reference: order.number }]);
    expect(callbacks).toMatchObject([{ verdict: 'applied', deliveries: 2 }]);
  });

  test('finds the attempt that was begun, and is taken with an older secret while it is replaced', async () => {
    const payment = await scene.begin(order);
    expect(payment.payUrl).toBe('https://example.com/how-to-pay');
    expect(await send(message({ secret: `${SECRET}-of-before` }))).toMatchObject({ status: 200 });
    expect(await scene.payments(order)).toMatchObject([{ id: payment.id, state: 'succeeded' }]);
  });

  test.each([
    ['a guessed secret', { secret: 'guessed-and-long-enough' }],
    ['no secret', { secret: '' }],
    ['no signature', { signature: '' }],
    ['a short signature', { signature: 'v1=ab' }],
    ['an old timestamp', { agoMs: 6 * MINUTE_MS }],
    ['a timestamp of the future', { agoMs: -6 * MINUTE_MS }],
    ['another order', { body: { order: 'z'.repeat(26) } }],
    ['a field that is not known', { body: { extra: 1 } }],
    ['an amount that is none', { body: { amount: '1e1' } }],
    ['another amount', { body: { amount: '9.99' } }],
    ['another currency', { body: { currency: 'CNY' } }],
  ])('is refused with %s', async (_what, changes) => {
    expect(await send(message(changes))).toEqual({ status: 400, body: 'refused' });
    expect(await scene.now(order)).toMatchObject({ state: 'pending' });
    expect(await scene.database.knex('subscription_grants')).toEqual([]);
  });

  test('is for orders of such channels only', async () => {
    const other = await createSubscriptionOrder(scene.cashier, { userId: scene.user.id, plan: 'pro', channel: 'main' });
    await expect(send(message(), other.number)).rejects.toMatchObject({ code: 'not_found' });
    await expect(send(message(), 'nope')).rejects.toMatchObject({ code: 'not_found' });
    await editChannel(scene.cashier, order.channelId, { secrets: { webhook_secret: null } });
    await expect(send(message())).rejects.toMatchObject({ code: 'not_found' });
  });

  test('needs a secret that cannot be guessed', async () => {
    const short = { webhook_secret: new Secret('short') };
    await expect(editChannel(scene.cashier, order.channelId, { secrets: short })).rejects.toMatchObject({
      code: 'invalid_input',
    });
  });
});
