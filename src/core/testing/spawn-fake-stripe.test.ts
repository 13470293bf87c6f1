import { Stripe } from 'stripe';
import { expect, onTestFinished, test } from 'vitest';
import { FAKE_STRIPE_KEY } from './fake-stripe.ts';
import { spawnFakeStripe } from './spawn-fake-stripe.ts';

test('a fake in a process of its own has the same verbs, and a page that anybody can pay at', async () => {
  const fake = await spawnFakeStripe({ autoDeliver: true });
  onTestFinished(() => fake.close());
  const { hostname, port } = new URL(fake.url);
  const stripe = new Stripe(FAKE_STRIPE_KEY, { host: hostname, port, protocol: 'http', telemetry: false });
  const session = await stripe.checkout.sessions.create({
    mode: 'payment',
    success_url: 'https://shop.example/done',
    line_items: [{ quantity: 1, price_data: { currency: 'usd', unit_amount: 2_000, product_data: { name: 'x' } } }],
    metadata: { order: 'one' },
  });
  const page = await fetch(session.url ?? '', { method: 'POST' });
  expect(await page.json()).toMatchObject({ status: 'complete', payment_status: 'paid' });
  expect((await fetch(session.url ?? '', { method: 'POST' })).status).toBe(409);
  const [taken] = await fake.moneyTaken();
  expect(taken).toMatchObject({ amount: 2_000, currency: 'usd' });
  const refund = await fake.refund(taken?.paymentIntent ?? '', 500);
  expect(await fake.read(refund)).toMatchObject({ object: 'refund', amount: 500 });
  expect((await fake.events(['refund.created', 'checkout.session.completed'])).map(({ type }) => type)).toEqual([
    'checkout.session.completed',
    'refund.created',
  ]);
  await expect(fake.refund('pi_nothing')).rejects.toThrow(/No such payment_intent/);
  const nowSeconds = (await stripe.checkout.sessions.retrieve(session.id)).created;
  expect(Math.abs(nowSeconds - Date.now() / 1_000)).toBeLessThan(60);
}, 60_000);
