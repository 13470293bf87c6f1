import { describe, expect, test } from 'vitest';
import type { ChannelId } from '../../ids.ts';
import { DAY_MS } from '../../time.ts';
import { orderOf, type StripeScene, stripeScene } from './testing/stripe-scene.ts';

describe('a session', () => {
  test('that is paid pays its attempt', async () => {
    const scene = await stripeScene();
    const { session } = await scene.start();
    await scene.fake.pay(session);
    const { payment_intent: paymentRef } = await scene.fake.read(session);
    expect(await scene.factsOf('checkout.session.completed')).toEqual([
      {
        kind: 'paid',
        reference: 'REFERENCE1',
        paymentRef,
        amountMinor: 2_000,
        currency: 'USD',
        method: '',
        subscriptionRef: null,
      },
    ]);
  });

  test('of the only method that the order allows says that method', async () => {
    const scene = await stripeScene();
    const { session } = await scene.start({ order: orderOf({ method: 'alipay', currency: 'CNY' }) });
    await scene.fake.pay(session);
    expect(await scene.factsOf('checkout.session.completed')).toMatchObject([{ method: 'alipay', currency: 'CNY' }]);
  });

  test.each([
    ['ISK', 5_000],
    ['UGX', 5_000],
    ['JPY', 500],
    ['KWD', 5_120],
  ])('in %s comes back in the smallest unit in which it went', async (currency, amountMinor) => {
    const scene = await stripeScene();
    const { session } = await scene.start({ order: orderOf({ currency, amountMinor }) });
    await scene.fake.pay(session);
    expect(await scene.factsOf('checkout.session.completed')).toMatchObject([{ kind: 'paid', currency, amountMinor }]);
  });

  test('that is complete but unpaid pays nothing until its money comes', async () => {
    const scene = await stripeScene();
    const { session } = await scene.start();
    await scene.fake.pay(session, 'delayed');
    expect(await scene.factsOf('checkout.session.completed')).toMatchObject([{ kind: 'ignored' }]);
    await scene.fake.advance(5 * DAY_MS);
    await scene.fake.settle(session, 'succeeded');
    expect(await scene.factsOf('checkout.session.async_payment_succeeded')).toMatchObject([
      { kind: 'paid', reference: 'REFERENCE1', amountMinor: 2_000 },
    ]);
  });

  test('whose delayed payment fails fails', async () => {
    const scene = await stripeScene();
    const { session } = await scene.start();
    await scene.fake.pay(session, 'delayed');
    await scene.fake.settle(session, 'failed');
    expect(await scene.factsOf('checkout.session.async_payment_failed')).toMatchObject([
      { kind: 'failed', reference: 'REFERENCE1' },
    ]);
  });

  test('that nobody pays expires', async () => {
    const scene = await stripeScene();
    await scene.start();
    await scene.fake.advance(DAY_MS);
    expect(await scene.factsOf('checkout.session.expired')).toMatchObject([
      { kind: 'expired', reference: 'REFERENCE1' },
    ]);
  });

  test.each([
    ['payment_status', 'half_paid'],
    ['payment_status', 'no_payment_required'],
    ['status', 'open'],
    ['status', 'of_tomorrow'],
    ['mode', 'setup'],
    ['amount_total', 20.5],
    ['amount_total', null],
    ['currency', null],
    ['metadata', {}],
    ['metadata', null],
    ['metadata', { realms_reference: 'REFERENCE1' }],
    ['metadata', { realms_reference: 'REFERENCE1', realms_channel: 'chan_00000000000000000000000002' }],
  ])('whose %s is %j pays nothing', async (field, value) => {
    const facts = await editedSession({ [field]: value });
    expect(facts).toMatchObject([{ kind: 'ignored' }]);
  });

  test('that cost nothing is a payment of nothing, for the order to compare', async () => {
    const facts = await editedSession({ payment_status: 'no_payment_required', amount_total: 0, payment_intent: null });
    expect(facts).toMatchObject([{ kind: 'paid', amountMinor: 0, paymentRef: expect.stringMatching(/^cs_/) }]);
  });

  test('of another amount or currency is told as it is', async () => {
    expect(await editedSession({ amount_total: 1 })).toMatchObject([{ kind: 'paid', amountMinor: 1 }]);
    expect(await editedSession({ currency: 'idr' })).toMatchObject([{ kind: 'paid', currency: 'IDR' }]);
  });

  test('of another channel of the same account is none of ours', async () => {
    const scene = await stripeScene();
    const { session } = await scene.start();
    await scene.fake.pay(session);
    const other = { ...scene.channel, id: 'chan_00000000000000000000000002' as ChannelId };
    expect(await scene.factsOf('checkout.session.completed', { channel: other })).toMatchObject([{ kind: 'ignored' }]);
  });

  test('is named by metadata, not by what a payer can write into a payment link', async () => {
    const facts = await editedSession({ client_reference_id: 'REFERENCE99' });
    expect(facts).toMatchObject([{ reference: 'REFERENCE1' }]);
  });
});

describe('other events', () => {
  test('say nothing, whatever they are', async () => {
    const scene = await stripeScene();
    const { session } = await scene.start();
    await scene.fake.pay(session);
    expect(await scene.factsOf('charge.succeeded')).toMatchObject([{ kind: 'ignored' }]);
    expect(await scene.factsOf('payment_intent.succeeded')).toMatchObject([{ kind: 'ignored' }]);
  });

  test('a declined card is no end: the page is still open', async () => {
    const scene = await stripeScene();
    const { session } = await scene.start();
    await scene.fake.pay(session, 'declined');
    expect(await scene.factsOf('charge.failed')).toMatchObject([{ kind: 'ignored' }]);
    await scene.fake.pay(session);
    expect(await scene.factsOf('checkout.session.completed')).toMatchObject([{ kind: 'paid' }]);
  });
});

/** The facts of a paid session that says something else in one place. */
async function editedSession(changes: Record<string, unknown>) {
  const scene: StripeScene = await stripeScene();
  const { session } = await scene.start();
  await scene.fake.pay(session);
  const event = await scene.eventOf('checkout.session.completed');
  const told = (await scene.fake.read(event))['data'] as { object: Record<string, unknown> };
  await scene.fake.edit(event, { data: { object: { ...told.object, ...changes } } });
  return (await scene.read(event)).facts;
}
