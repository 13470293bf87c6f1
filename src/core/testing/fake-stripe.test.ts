import { once } from 'node:events';
import { createServer } from 'node:http';
import { Stripe } from 'stripe';
import { describe, expect, onTestFinished, test } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../time.ts';
import { FAKE_STRIPE_KEY, type FakeStripe, startFakeStripe } from './fake-stripe.ts';

const SECRET = 'whsec_test';
const SESSION: Stripe.Checkout.SessionCreateParams = {
  mode: 'payment',
  success_url: 'https://shop.example/done',
  line_items: [
    { quantity: 1, price_data: { currency: 'usd', unit_amount: 2_000, product_data: { name: 'Thing & more' } } },
  ],
  metadata: { order: 'a=b&c[d]' },
};

describe('the API, by the package of Stripe', () => {
  test('keeps what it was told, also where it has brackets and signs in it', async () => {
    const { stripe } = await account();
    const session = await stripe.checkout.sessions.create(SESSION);
    expect(session).toMatchObject({
      metadata: { order: 'a=b&c[d]' },
      amount_total: 2_000,
      currency: 'usd',
      status: 'open',
    });
    expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({ id: session.id });
    await expect(stripe.checkout.sessions.retrieve('cs_nothing')).rejects.toMatchObject({
      code: 'resource_missing',
      statusCode: 404,
    });
  });

  test.each<[string, object]>([
    ['payment_method_types', { payment_method_types: ['card'] }],
    ['subscription_data', { subscription_data: { metadata: { a: 'b' } } }],
    ['line_items', { mode: 'subscription' }],
    [
      'line_items',
      { line_items: [{ quantity: 1, price_data: { currency: 'usd', unit_amount: 49, product_data: { name: 'x' } } }] },
    ],
    [
      'unit_amount',
      { line_items: [{ quantity: 1, price_data: { currency: 'isk', unit_amount: 550, product_data: { name: 'x' } } }] },
    ],
    [
      'unit_amount',
      {
        line_items: [{ quantity: 1, price_data: { currency: 'kwd', unit_amount: 5_124, product_data: { name: 'x' } } }],
      },
    ],
    [
      'unit_amount',
      {
        line_items: [{ quantity: 1, price_data: { currency: 'usd', unit_amount: 10.5, product_data: { name: 'x' } } }],
      },
    ],
    ['expires_at', { expires_at: 5 }],
    ['success_url', { success_url: '/done' }],
    ['mode', { mode: 'gift' }],
    ['metadata', { metadata: { a: 'x'.repeat(501) } }],
  ])('refuses a wrong %s', async (param, changes) => {
    const { stripe } = await account();
    const refusal = stripe.checkout.sessions.create({ ...SESSION, ...changes });
    await expect(refusal).rejects.toMatchObject({ statusCode: 400, param: expect.stringContaining(param) });
  });

  test('answers the same key with the same answer, for a day, and for nothing else', async () => {
    const { stripe, fake } = await account();
    const idempotencyKey = 'key';
    const first = await stripe.checkout.sessions.create(SESSION, { idempotencyKey });
    expect((await stripe.checkout.sessions.create(SESSION, { idempotencyKey })).id).toBe(first.id);
    const other = stripe.checkout.sessions.create({ ...SESSION, client_reference_id: 'x' }, { idempotencyKey });
    await expect(other).rejects.toMatchObject({ type: 'StripeIdempotencyError', statusCode: 400 });
    await fake.advance(DAY_MS);
    expect((await stripe.checkout.sessions.create(SESSION, { idempotencyKey })).id).not.toBe(first.id);
  });

  test('keeps a 500 under its key, with and without effect', async () => {
    const { stripe, fake } = await account();
    for (const [at, when] of (['before', 'after'] as const).entries()) {
      await fake.failNext({}, { when, how: { status: 500 } });
      for (let i = 0; i < 2; i += 1) {
        const call = stripe.checkout.sessions.create(SESSION, { idempotencyKey: when });
        await expect(call).rejects.toMatchObject({ statusCode: 500 });
      }
      expect((await stripe.checkout.sessions.list()).data).toHaveLength(at);
    }
  });

  test('refuses other keys and does not show them', async () => {
    const { fake } = await account();
    const stranger = new Stripe('sk_test_canary', addressOf(fake));
    await expect(stranger.checkout.sessions.list()).rejects.toMatchObject({
      statusCode: 401,
      message: expect.not.stringContaining('canary'),
    });
  });

  test('lists newest first, page by page', async () => {
    const { stripe, fake } = await account();
    const ids: string[] = [];
    for (let i = 0; i < 25; i += 1) {
      ids.unshift((await stripe.checkout.sessions.create(SESSION)).id);
      fake.clock.advance(1_000);
    }
    const listed: string[] = [];
    for await (const { id } of stripe.checkout.sessions.list({ limit: 10 })) listed.push(id);
    expect(listed).toEqual(ids);
    const { created } = await stripe.checkout.sessions.retrieve(ids[4] ?? '');
    expect((await stripe.checkout.sessions.list({ created: { gte: created } })).data).toHaveLength(5);
    await expect(stripe.checkout.sessions.list({ nonsense: 1 } as object)).rejects.toMatchObject({ statusCode: 400 });
  });

  test('expands what is asked for and leaves out what is not', async () => {
    const { stripe, fake } = await account();
    const { id } = await stripe.checkout.sessions.create(SESSION);
    await fake.pay(id);
    const [taken] = await fake.moneyTaken();
    await fake.refund(taken?.paymentIntent ?? '', 300);
    const plain = await stripe.paymentIntents.retrieve(taken?.paymentIntent ?? '');
    expect(plain.latest_charge).toMatch(/^ch_/);
    const grown = await stripe.paymentIntents.list({ expand: ['data.latest_charge.refunds'] });
    expect(grown.data[0]?.latest_charge).toMatchObject({
      amount_refunded: 300,
      refunds: { data: [{ amount: 300 }], has_more: false },
    });
  });

  test('shows invoices and subscriptions as their version has them', async () => {
    const { stripe, fake } = await account();
    const recurring = { interval: 'month' as const };
    const price_data = { currency: 'usd', unit_amount: 900, product_data: { name: 'x' }, recurring };
    const { id } = await stripe.checkout.sessions.create({
      ...SESSION,
      mode: 'subscription',
      line_items: [{ quantity: 1, price_data }],
    });
    await fake.pay(id);
    const today = await stripe.invoices.list({ expand: ['data.payments'] });
    expect(today.data[0]).not.toHaveProperty('subscription');
    expect(today.data[0]).toMatchObject({
      parent: { type: 'subscription_details' },
      payments: { data: [{ status: 'paid' }] },
    });
    const before = await stripe.invoices.list({}, { apiVersion: '2024-06-20' });
    expect(before.data[0]).not.toHaveProperty('parent');
    expect(before.data[0]).toMatchObject({
      subscription: expect.stringMatching(/^sub_/),
      payment_intent: expect.stringMatching(/^pi_/),
    });
    const [subscription] = (await stripe.subscriptions.list({}, { apiVersion: '2024-06-20' })).data;
    expect(subscription).toHaveProperty('current_period_end');
    expect(subscription?.items.data[0]).not.toHaveProperty('current_period_end');
  });
});

describe('time', () => {
  test('ends pages, renews subscriptions, retries cards and gives up', async () => {
    const { stripe, fake } = await account();
    const price_data = {
      currency: 'usd',
      unit_amount: 900,
      product_data: { name: 'x' },
      recurring: { interval: 'month' as const },
    };
    const { id } = await stripe.checkout.sessions.create({
      ...SESSION,
      mode: 'subscription',
      line_items: [{ quantity: 1, price_data }],
    });
    const abandoned = await stripe.checkout.sessions.create(SESSION);
    await fake.pay(id);
    const subscription = String((await fake.read(id))['subscription']);
    await fake.advance(32 * DAY_MS);
    expect(await fake.read(abandoned.id)).toMatchObject({ status: 'expired' });
    expect(await fake.moneyTaken()).toHaveLength(2);
    await fake.setCard(subscription, 'declined');
    await fake.advance(28 * DAY_MS);
    expect(await fake.read(subscription)).toMatchObject({ status: 'past_due' });
    await fake.advance(20 * DAY_MS);
    expect(await fake.read(subscription)).toMatchObject({ status: 'canceled' });
    expect(await fake.events(['invoice.payment_failed'])).toHaveLength(4);
  });

  test('keeps the day of the month where there is one', async () => {
    const { addInterval } = await import('./fake-stripe/billing-period.ts');
    const anchor = Date.UTC(2027, 0, 31, 12) / 1_000;
    const ends = [1, 2, 3, 13].map(
      (count) => new Date(addInterval(anchor, { interval: 'month', interval_count: 1 }, count) * 1_000),
    );
    expect(ends.map((end) => end.toISOString().slice(0, 13))).toEqual([
      '2027-02-28T12',
      '2027-03-31T12',
      '2027-04-30T12',
      '2028-02-29T12',
    ]);
  });
});

describe('webhooks', () => {
  test('are signed as the package expects, with every secret', async () => {
    const { stripe, fake, event } = await paidAccount();
    const { headers, body } = await fake.sign(event, ['whsec_a', 'whsec_b']);
    for (const secret of ['whsec_a', 'whsec_b']) {
      const read = stripe.webhooks.constructEvent(
        body,
        headers['stripe-signature'] ?? '',
        secret,
        300,
        undefined,
        fake.clock.now(),
      );
      expect(read).toMatchObject({ id: event, type: 'checkout.session.completed' });
    }
    expect(() => stripe.webhooks.constructEvent(body, headers['stripe-signature'] ?? '', 'whsec_c')).toThrow();
  });

  test.each(['forged', 'tampered', 'unsigned', 'empty_secret', 'old_scheme', 'stale'] as const)(
    'that are %s do not pass',
    async (fault) => {
      const { stripe, fake, event } = await paidAccount();
      const { headers, body } = await fake.sign(event, [SECRET], { fault });
      const read = () =>
        stripe.webhooks.constructEvent(
          body,
          headers['stripe-signature'] ?? '',
          SECRET,
          300,
          undefined,
          fake.clock.now(),
        );
      expect(read).toThrow();
    },
  );

  test('are tried again for three days, later and later, until they are taken', async () => {
    const { fake, receiver } = await paidAccount();
    receiver.status = 500;
    await fake.deliver();
    expect(await fake.waiting()).toHaveLength(3);
    await fake.advance(MINUTE_MS);
    await fake.advance(HOUR_MS);
    expect(receiver.bodies).toHaveLength(3 + 3 + 6);
    await fake.advance(4 * DAY_MS);
    expect(await fake.waiting()).toEqual([]);
    receiver.status = 200;
    expect(await fake.advance(DAY_MS)).toEqual([]);
  });

  test('are taken once they are answered well', async () => {
    const { fake, receiver } = await paidAccount();
    expect((await fake.deliver()).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await fake.waiting()).toEqual([]);
    expect(receiver.bodies).toHaveLength(3);
  });

  test('go out in any order, twice, all at once, or not at all', async () => {
    const { fake, receiver } = await paidAccount();
    const [first = '', second = '', third = ''] = await fake.waiting();
    await fake.drop([third]);
    await fake.deliver({ events: [second, first], times: 2 });
    expect(receiver.bodies.map((body) => JSON.parse(body).id)).toEqual([second, second, first, first]);
    expect(await fake.waiting()).toEqual([]);
    await fake.deliver({ events: [first], times: 20, atOnce: true });
    expect(receiver.bodies).toHaveLength(24);
    // Even what was lost can be had.
    expect(await fake.deliver({ events: [third] })).toMatchObject([{ status: 200 }]);
  });

  test('that are spoilt do not count as delivered', async () => {
    const { fake } = await paidAccount();
    expect(await fake.deliver({ fault: 'tampered' })).toHaveLength(3);
    expect(await fake.waiting()).toHaveLength(3);
  });

  test('that nobody answers wait', async () => {
    const { fake, receiver } = await paidAccount();
    await receiver.close();
    expect(await fake.deliver()).toMatchObject([{ status: null }, { status: null }, { status: null }]);
    expect(await fake.waiting()).toHaveLength(3);
  });
});

async function account(): Promise<{ fake: FakeStripe; stripe: Stripe }> {
  const fake = await startFakeStripe();
  onTestFinished(() => fake.close());
  return { fake, stripe: new Stripe(FAKE_STRIPE_KEY, addressOf(fake)) };
}

function addressOf({ url }: FakeStripe) {
  const { hostname, port } = new URL(url);
  return { host: hostname, port, protocol: 'http' as const, telemetry: false, maxNetworkRetries: 0 };
}

/** An account that was paid once and knows where to tell it. */
async function paidAccount() {
  const { fake, stripe } = await account();
  const receiver = await startReceiver();
  await fake.addEndpoint({ url: receiver.url, secrets: [SECRET] });
  const { id } = await stripe.checkout.sessions.create(SESSION);
  await fake.pay(id);
  const [completed] = await fake.events(['checkout.session.completed']);
  return { fake, stripe, receiver, event: completed?.id ?? '' };
}

async function startReceiver() {
  const receiver = { url: '', status: 200, bodies: [] as string[], close: async () => undefined as unknown };
  const server = createServer(async (incoming, response) => {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    receiver.bodies.push(Buffer.concat(parts).toString('utf8'));
    response.writeHead(receiver.status).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  receiver.url = `http://127.0.0.1:${(server.address() as { port: number }).port}/hook`;
  receiver.close = async () => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(() => receiver.close().then(() => undefined));
  return receiver;
}
