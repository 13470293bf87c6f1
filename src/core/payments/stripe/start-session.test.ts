import { describe, expect, test } from 'vitest';
import type { Failure } from '../../failure.ts';
import { Secret } from '../../secret.ts';
import { FAKE_STRIPE_KEY, type FakeStripe } from '../../testing/fake-stripe.ts';
import { epochMs, HOUR_MS, MINUTE_MS } from '../../time.ts';
import { attemptOf, inputOf, orderOf, stripeScene } from './testing/stripe-scene.ts';

const SESSIONS = '/v1/checkout/sessions';

describe('starting a payment', () => {
  test('opens a page for exactly the frozen amount', async () => {
    const { fake, start } = await stripeScene();
    const { session, payUrl } = await start();
    expect(payUrl).toBe(`${fake.url}/pay/${session}`);
    expect(await fake.read(session)).toMatchObject({
      mode: 'payment',
      status: 'open',
      amount_total: 2_000,
      currency: 'usd',
      client_reference_id: 'REFERENCE1',
      metadata: {
        realms_reference: 'REFERENCE1',
        realms_order: 'NUMBER1',
        realms_channel: 'chan_00000000000000000000000001',
      },
      success_url: 'https://realms.example/pay/topup/NUMBER1',
      cancel_url: 'https://realms.example/pay/topup/NUMBER1',
      allowed_payment_method_types: null,
    });
  });

  test('asks in the pinned version, with a key of the attempt, and tells nothing else', async () => {
    const { fake, start } = await stripeScene();
    const { attempt } = await start();
    const [call] = await fake.calls();
    expect(call).toMatchObject({
      version: '2026-10-28.endive',
      idempotencyKey: `realms:start:${attempt.id}`,
      status: 200,
    });
    expect(call?.headers).not.toHaveProperty('x-stripe-client-telemetry');
    expect(call?.headers['x-stripe-client-user-agent']).not.toMatch(/platform|telemetry_id/);
  });

  test('twice is one page', async () => {
    const { fake, start } = await stripeScene();
    const first = await start();
    const again = await start({ order: first.order, attempt: first.attempt });
    expect(again.session).toBe(first.session);
    expect((await fake.calls()).map(({ status }) => status)).toEqual([200, 200]);
  });

  test.each([
    [5 * MINUTE_MS, 32 * MINUTE_MS],
    [HOUR_MS, HOUR_MS],
    [72 * HOUR_MS, 24 * HOUR_MS - 2 * MINUTE_MS],
  ])('an order that lasts %d ms gets a page for %d ms', async (orderMs, pageMs) => {
    const { fake, start, clock } = await stripeScene();
    const order = orderOf({ expiresAt: epochMs(clock.now() + orderMs) });
    const { session } = await start({ order });
    expect((await fake.read(session))['expires_at']).toBe((clock.now() + pageMs) / 1_000);
  });

  test('a method that the order names is the only one', async () => {
    const { fake, start } = await stripeScene();
    const { session } = await start({ order: orderOf({ method: 'alipay', currency: 'CNY' }) });
    expect(await fake.read(session)).toMatchObject({ allowed_payment_method_types: ['alipay'] });
  });

  test.each([
    [
      { count: 1, unit: 'month' as const },
      { interval: 'month', interval_count: 1 },
    ],
    [
      { count: 30, unit: 'day' as const },
      { interval: 'day', interval_count: 30 },
    ],
    [
      { count: 48, unit: 'hour' as const },
      { interval: 'day', interval_count: 2 },
    ],
  ])('a plan of %j renews itself', async (period, recurring) => {
    const { fake, start } = await stripeScene();
    const { session } = await start({ renews: true, period });
    await fake.pay(session);
    const subscription = await fake.read(String((await fake.read(session))['subscription']));
    expect(subscription).toMatchObject({
      metadata: { realms_reference: 'REFERENCE1' },
      items: { data: [{ price: { unit_amount: 2_000, recurring } }] },
    });
  });

  test('a plan of some hours cannot renew itself', async () => {
    const { start } = await stripeScene();
    await expect(start({ renews: true, period: { count: 5, unit: 'hour' } })).rejects.toMatchObject({
      code: 'invalid_input',
    });
    await expect(start({ renews: true })).rejects.toMatchObject({ code: 'internal' });
  });

  test('an amount that Stripe does not take is said to be the amount', async () => {
    const { start } = await stripeScene();
    const failure: Failure = await start({ order: orderOf({ amountMinor: 30 }) }).catch((error) => error);
    expect(failure).toMatchObject({ code: 'invalid_input', facts: { param: 'amount' } });
    expect(failure.message).toContain('at least $0.50');
  });
});

describe('starting a payment while Stripe has troubles', () => {
  test.each(['cut', 'stall'] as const)(
    'an answer that is lost (%s) after its effect makes no second page',
    async (how) => {
      const { fake, start } = await stripeScene({ limits: { timeoutMs: 400 } });
      await fake.failNext({ path: SESSIONS, method: 'POST' }, { when: 'after', how });
      const { session } = await start();
      expect((await fake.read(session))['client_reference_id']).toBe('REFERENCE1');
      expect(await sessionCount(fake)).toBe(1);
    },
  );

  test('a 500 that Stripe keeps repeating after its effect is looked behind', async () => {
    const { fake, start } = await stripeScene();
    await fake.failNext({ path: SESSIONS, method: 'POST' }, { when: 'after', how: { status: 500 } });
    const { session } = await start();
    expect((await fake.read(session))['client_reference_id']).toBe('REFERENCE1');
    expect((await fake.calls()).map(({ method, status }) => `${method} ${status}`)).toEqual([
      'POST 500',
      'POST 500',
      'GET 200',
    ]);
    expect(await sessionCount(fake)).toBe(1);
  });

  test('a 500 without effect is a failure, and the same attempt stays a failure', async () => {
    const { fake, start } = await stripeScene();
    await fake.failNext({ path: SESSIONS, method: 'POST' }, { when: 'before', how: { status: 500 } });
    await expect(start()).rejects.toMatchObject({ code: 'upstream_failed' });
    expect(await sessionCount(fake)).toBe(0);
  });

  test('an answer that is no JSON is a failure', async () => {
    const { fake, start } = await stripeScene();
    await fake.failNext({ path: SESSIONS }, { when: 'before', how: 'garbage' }, 9);
    await expect(start()).rejects.toMatchObject({ code: 'upstream_failed' });
  });

  test('nobody there is a failure that says so', async () => {
    const { fake, start } = await stripeScene();
    await fake.close();
    await expect(start()).rejects.toMatchObject({
      code: 'upstream_failed',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('a wrong key is a failure that does not show it', async () => {
    const { provider, channel, clock } = await stripeScene();
    const secrets = { ...channel.secrets, secret_key: new Secret('sk_test_canary') };
    const input = inputOf({ ...channel, secrets }, orderOf(), attemptOf('R', clock));
    const failure: Failure = await provider.start(input).catch((error) => error);
    expect(failure).toMatchObject({ code: 'upstream_failed' });
    expect(`${failure.message} ${JSON.stringify(failure.facts)} ${String(failure.cause)}`).not.toMatch(
      /canary|sk_test/,
    );
  });

  test.each(['http://127.0.0.1', 'http://localhost', 'http://[::1]'])(
    'a channel without permission does not reach %s',
    async (host) => {
      const { fake, provider, channel, clock } = await stripeScene({ limits: { retriesMax: 0 } });
      const settings = { api_base: `${host}:${new URL(fake.url).port}` };
      const input = inputOf({ ...channel, settings, allowPrivate: false }, orderOf(), attemptOf('R', clock));
      await expect(provider.start(input)).rejects.toMatchObject({
        code: 'upstream_failed',
        facts: { hint: expect.stringContaining('--allow-private') },
      });
      expect(await fake.calls()).toEqual([]);
    },
  );
});

async function sessionCount(fake: FakeStripe): Promise<number> {
  const answer = await fetch(`${fake.url}${SESSIONS}`, { headers: { authorization: `Bearer ${FAKE_STRIPE_KEY}` } });
  return ((await answer.json()) as { data: unknown[] }).data.length;
}
