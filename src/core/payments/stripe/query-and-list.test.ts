import { describe, expect, test } from 'vitest';
import type { ChannelId } from '../../ids.ts';
import { DAY_MS, epochMs, HOUR_MS } from '../../time.ts';
import type { ListedPayment } from '../provider.ts';
import { type StripeScene, stripeScene } from './testing/stripe-scene.ts';

const MONTHLY = { renews: true, period: { count: 1, unit: 'month' as const } };

describe('asking about an attempt', () => {
  test('that nobody paid yet', async () => {
    const scene = await stripeScene();
    const { attempt } = await scene.start();
    expect(await scene.provider.query(scene.channel, attempt)).toEqual({ state: 'pending', facts: [] });
  });

  test('that expired', async () => {
    const scene = await stripeScene();
    const { attempt } = await scene.start();
    await scene.fake.advance(DAY_MS);
    expect(await scene.provider.query(scene.channel, attempt)).toMatchObject({
      state: 'expired',
      facts: [{ kind: 'expired' }],
    });
  });

  test('that was paid says the same as its callback, and what was taken back', async () => {
    const scene = await stripeScene();
    const { attempt, session } = await scene.start();
    await scene.fake.pay(session);
    await scene.fake.refund(String((await scene.fake.read(session))['payment_intent']), 300);
    const { state, facts } = await scene.provider.query(scene.channel, attempt);
    expect(state).toBe('paid');
    expect(facts).toEqual([
      ...(await scene.factsOf('checkout.session.completed')),
      ...(await scene.factsOf('charge.refunded')),
    ]);
  });

  test('that waits for a delayed payment, which comes or fails', async () => {
    const scene = await stripeScene();
    const first = await scene.start();
    const second = await scene.start();
    await scene.fake.pay(first.session, 'delayed');
    await scene.fake.pay(second.session, 'delayed');
    expect(await scene.provider.query(scene.channel, first.attempt)).toEqual({ state: 'pending', facts: [] });
    await scene.fake.settle(first.session, 'failed');
    await scene.fake.settle(second.session, 'succeeded');
    expect(await scene.provider.query(scene.channel, first.attempt)).toMatchObject({
      state: 'failed',
      facts: [{ kind: 'failed', reference: first.attempt.reference }],
    });
    expect(await scene.provider.query(scene.channel, second.attempt)).toMatchObject({ state: 'paid' });
  });

  test('whose id never arrived finds it by its reference', async () => {
    const scene = await stripeScene();
    for (let i = 0; i < 120; i += 1) await scene.start();
    const { attempt, session } = await scene.start();
    for (let i = 0; i < 120; i += 1) await scene.start();
    await scene.fake.pay(session);
    const standing = await scene.provider.query(scene.channel, { ...attempt, providerRef: null });
    expect(standing).toMatchObject({ state: 'paid', facts: [{ kind: 'paid', reference: attempt.reference }, {}] });
  });

  test('that never reached Stripe', async () => {
    const scene = await stripeScene();
    const { attempt } = await scene.start();
    const unknown = { state: 'unknown_there', facts: [] };
    const { provider, channel } = scene;
    expect(await provider.query(channel, { ...attempt, providerRef: 'cs_test_nothing' })).toEqual(unknown);
    expect(await provider.query(channel, { ...attempt, providerRef: null, reference: 'NEVER' })).toEqual(unknown);
    // Another attempt's session is not this one's, whatever id is kept.
    expect(await provider.query(channel, { ...attempt, reference: 'NEVER' })).toEqual(unknown);
    const other = { ...channel, id: 'chan_00000000000000000000000002' as ChannelId };
    expect(await provider.query(other, attempt)).toEqual(unknown);
  });

  test('is a failure, not "unknown there", when Stripe does not answer or has too much to look through', async () => {
    const scene = await stripeScene({ limits: { listMax: 3 } });
    const { attempt } = await scene.start();
    for (let i = 0; i < 5; i += 1) await scene.start();
    const search = scene.provider.query(scene.channel, { ...attempt, providerRef: null });
    await expect(search).rejects.toMatchObject({ code: 'upstream_failed' });
    await scene.fake.failNext({ path: '/v1/checkout' }, { when: 'before', how: { status: 503 } }, 9);
    await expect(scene.provider.query(scene.channel, attempt)).rejects.toMatchObject({ code: 'upstream_failed' });
  });

  test('that began a subscription tells every period that was paid since, and how it stands', async () => {
    const scene = await stripeScene();
    const { attempt, session } = await scene.start(MONTHLY);
    await scene.fake.pay(session);
    await scene.fake.advance(65 * DAY_MS);
    const subscription = String((await scene.fake.read(session))['subscription']);
    const [, second] = await scene.fake.moneyTaken();
    await scene.fake.refund(second?.paymentIntent ?? '', 100);
    const { state, facts } = await scene.provider.query(scene.channel, attempt);
    expect(state).toBe('paid');
    expect(facts).toMatchObject([
      { kind: 'paid', reference: attempt.reference, subscriptionRef: subscription },
      { kind: 'renewal_paid', periodStart: Date.UTC(2026, 1, 1) },
      { kind: 'renewal_paid', periodStart: Date.UTC(2026, 2, 1) },
      { kind: 'subscription_state', state: 'active' },
      { kind: 'reversal', refundedMinor: 0 },
      { kind: 'reversal', refundedMinor: 100, paymentRef: second?.paymentIntent },
      { kind: 'reversal', refundedMinor: 0 },
    ]);
  });
});

describe('what an attempt and a subscription can be ended with', () => {
  test('an open page is closed, a paid one stays paid', async () => {
    const scene = await stripeScene();
    const open = await scene.start();
    const paid = await scene.start();
    await scene.fake.pay(paid.session);
    await scene.provider.close?.(scene.channel, open.attempt);
    await scene.provider.close?.(scene.channel, open.attempt);
    await scene.provider.close?.(scene.channel, paid.attempt);
    await scene.provider.close?.(scene.channel, { ...open.attempt, providerRef: 'cs_test_nothing' });
    expect(await scene.fake.read(open.session)).toMatchObject({ status: 'expired' });
    expect(await scene.fake.read(paid.session)).toMatchObject({ status: 'complete', payment_status: 'paid' });
    await expect(scene.fake.pay(open.session)).rejects.toThrow();
  });

  test('a page that cannot be closed is a failure', async () => {
    const scene = await stripeScene({ limits: { retriesMax: 0 } });
    const { attempt } = await scene.start();
    await scene.fake.failNext({ method: 'POST' }, { when: 'before', how: 'cut' }, 2);
    await expect(scene.provider.close?.(scene.channel, attempt)).rejects.toMatchObject({ code: 'upstream_failed' });
  });

  test('a page whose closing was done but not answered is closed', async () => {
    const scene = await stripeScene({ limits: { retriesMax: 0 } });
    const { attempt } = await scene.start();
    await scene.fake.failNext({ method: 'POST' }, { when: 'after', how: { status: 500 } });
    await scene.provider.close?.(scene.channel, attempt);
  });

  test('a subscription is canceled once', async () => {
    const scene = await stripeScene();
    const { session } = await scene.start(MONTHLY);
    await scene.fake.pay(session);
    const subscription = String((await scene.fake.read(session))['subscription']);
    await scene.provider.stopRenewal?.(scene.channel, subscription);
    await scene.provider.stopRenewal?.(scene.channel, subscription);
    await scene.provider.stopRenewal?.(scene.channel, 'sub_nothing');
    expect(await scene.fake.read(subscription)).toMatchObject({ status: 'canceled' });
  });
});

describe('the list of what was paid', () => {
  test('has this channel’s payments, newest first, and nobody else’s', async () => {
    const scene = await stripeScene();
    const single = await scene.start();
    await scene.fake.pay(single.session);
    await scene.fake.advance(HOUR_MS);
    const periodic = await scene.start(MONTHLY);
    await scene.fake.pay(periodic.session);
    await scene.fake.advance(HOUR_MS);
    const foreign = await scene.start();
    await scene.fake.pay(foreign.session);
    const unpaid = await scene.start();
    await scene.fake.pay(unpaid.session, 'declined');
    const intent = String((await scene.fake.read(foreign.session))['payment_intent']);
    await scene.fake.edit(intent, { metadata: {} });
    await scene.fake.refund(String((await scene.fake.read(single.session))['payment_intent']), 150);
    await scene.fake.advance(31 * DAY_MS);
    const listed = await listAll(scene, 0);
    expect(listed.map(({ reference, refundedMinor }) => [reference, refundedMinor])).toEqual([
      [periodic.attempt.reference, 0],
      [periodic.attempt.reference, 0],
      [single.attempt.reference, 150],
    ]);
    expect(listed.map(({ at }) => at)).toEqual(listed.map(({ at }) => at).toSorted((one, other) => other - one));
    expect(listed.every(({ amountMinor, currency }) => amountMinor === 2_000 && currency === 'USD')).toBe(true);
    expect(await listAll(scene, scene.clock.now() - HOUR_MS / 2)).toEqual([]);
    expect(await listAll(scene, scene.clock.now() - 2 * HOUR_MS)).toHaveLength(1);
  });

  test('goes on over pages', async () => {
    const scene = await stripeScene();
    for (let i = 0; i < 130; i += 1) await scene.fake.pay((await scene.start()).session);
    expect(await listAll(scene, 0)).toHaveLength(130);
  });

  test('ends with a failure when Stripe stops answering', async () => {
    const scene = await stripeScene();
    await scene.fake.failNext({ path: '/v1/invoices' }, { when: 'before', how: { status: 503 } }, 9);
    await expect(listAll(scene, 0)).rejects.toMatchObject({ code: 'upstream_failed' });
  });
});

async function listAll(scene: StripeScene, since: number): Promise<ListedPayment[]> {
  const listed: ListedPayment[] = [];
  for await (const payment of scene.provider.list?.(scene.channel, epochMs(since)) ?? []) listed.push(payment);
  return listed;
}
