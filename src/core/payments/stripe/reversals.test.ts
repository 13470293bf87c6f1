import { describe, expect, test } from 'vitest';
import type { ChannelId } from '../../ids.ts';
import { orderOf, type StripeScene, stripeScene } from './testing/stripe-scene.ts';

const NOTHING_BACK = { refundedMinor: 0, disputedMinor: 0, disputeState: 'none' };

describe('a refund', () => {
  test('is told as the total so far, by whichever event', async () => {
    const { scene, payment } = await paid();
    await scene.fake.refund(payment, 500);
    await scene.fake.refund(payment, 700);
    const events = await scene.fake.events(['refund.created', 'charge.refunded']);
    expect(events).toHaveLength(4);
    for (const { id } of events) {
      expect((await scene.read(id)).facts).toEqual([
        { kind: 'reversal', paymentRef: payment, ...NOTHING_BACK, refundedMinor: 1_200, asOf: scene.clock.now() },
      ]);
    }
  });

  test('that is pending counts, and no longer once it failed', async () => {
    const { scene, payment } = await paid();
    await scene.fake.refundsBecome('pending');
    const refund = await scene.fake.refund(payment);
    expect(await scene.factsOf('refund.created')).toMatchObject([{ refundedMinor: 2_000 }]);
    await scene.fake.moveRefund(refund, 'failed');
    // The event that tells of the refund, read late, tells of its failure as well.
    for (const type of ['refund.created', 'refund.failed', 'charge.refund.updated', 'charge.refunded']) {
      expect(await scene.factsOf(type)).toMatchObject([NOTHING_BACK]);
    }
  });

  test('of money without decimals is told in whole units', async () => {
    const { scene, payment } = await paid({ currency: 'ISK', amountMinor: 5_000 });
    await scene.fake.refund(payment, 100_000);
    expect(await scene.factsOf('charge.refunded')).toMatchObject([{ refundedMinor: 1_000 }]);
  });

  test('more than Stripe puts into a charge are all counted', async () => {
    const { scene, payment } = await paid();
    for (let i = 0; i < 13; i += 1) await scene.fake.refund(payment, 10 + i);
    const [event] = await scene.fake.events(['charge.refunded']);
    expect((await scene.read(event?.id ?? '')).facts).toMatchObject([{ refundedMinor: 208 }]);
  });
});

describe('a dispute', () => {
  test.each([
    ['won', { disputedMinor: 0, disputeState: 'won' }],
    ['lost', { disputedMinor: 2_000, disputeState: 'lost' }],
    ['prevented', { disputedMinor: 0, disputeState: 'won' }],
    ['of_tomorrow', { disputedMinor: 2_000, disputeState: 'open' }],
  ])('holds the money until it is %s', async (status, totals) => {
    const { scene, payment } = await paid();
    const dispute = await scene.fake.dispute(payment);
    expect(await scene.factsOf('charge.dispute.created')).toMatchObject([
      { disputedMinor: 2_000, disputeState: 'open' },
    ]);
    await scene.fake.moveDispute(dispute, status);
    for (const { id } of await scene.fake.events([
      'charge.dispute.created',
      'charge.dispute.closed',
      'charge.dispute.updated',
    ])) {
      expect((await scene.read(id)).facts).toMatchObject([totals]);
    }
  });

  test('of a part holds that part, beside what was refunded', async () => {
    const { scene, payment } = await paid();
    await scene.fake.refund(payment, 500);
    await scene.fake.dispute(payment, { amount: 300 });
    expect(await scene.factsOf('charge.refunded')).toMatchObject([
      { refundedMinor: 500, disputedMinor: 300, disputeState: 'open' },
    ]);
  });

  test('that is an inquiry is open and holds nothing', async () => {
    const { scene, payment } = await paid();
    const inquiry = await scene.fake.dispute(payment, { isInquiry: true });
    expect(await scene.factsOf('charge.dispute.created')).toMatchObject([{ disputedMinor: 0, disputeState: 'open' }]);
    await scene.fake.moveDispute(inquiry, 'warning_closed');
    expect(await scene.factsOf('charge.dispute.closed')).toMatchObject([{ disputedMinor: 0, disputeState: 'won' }]);
  });
});

describe('whose money it was', () => {
  test('a payment of another channel is none of ours', async () => {
    const { scene, payment } = await paid();
    await scene.fake.refund(payment);
    const channel = { ...scene.channel, id: 'chan_00000000000000000000000002' as ChannelId };
    expect(await scene.factsOf('charge.refunded', { channel })).toMatchObject([{ kind: 'ignored' }]);
  });

  test('a payment of somebody else at the same account is none of ours', async () => {
    const { scene, payment } = await paid();
    await scene.fake.edit(payment, { metadata: { shop: 'other' } });
    await scene.fake.dispute(payment);
    expect(await scene.factsOf('charge.dispute.created')).toMatchObject([{ kind: 'ignored' }]);
  });

  test('a payment of a subscription is found by its invoice', async () => {
    const scene = await stripeScene();
    const { session } = await scene.start({ renews: true, period: { count: 1, unit: 'month' } });
    await scene.fake.pay(session);
    const [taken] = await scene.fake.moneyTaken();
    await scene.fake.refund(taken?.paymentIntent ?? '', 400);
    expect(taken?.metadata).toEqual({});
    expect(await scene.factsOf('charge.refunded')).toMatchObject([
      { kind: 'reversal', paymentRef: taken?.paymentIntent, refundedMinor: 400 },
    ]);
  });

  test('an event that names only the charge leads to the payment', async () => {
    const { scene, payment } = await paid();
    await scene.fake.dispute(payment);
    const event = await scene.eventOf('charge.dispute.created');
    const told = (await scene.fake.read(event))['data'] as { object: Record<string, unknown> };
    await scene.fake.edit(event, { data: { object: { ...told.object, payment_intent: null } } });
    expect((await scene.read(event)).facts).toMatchObject([{ kind: 'reversal', paymentRef: payment }]);
    await scene.fake.edit(event, { data: { object: { ...told.object, payment_intent: null, charge: null } } });
    expect((await scene.read(event)).facts).toMatchObject([{ kind: 'ignored' }]);
  });

  test('when Stripe does not answer nothing is said, so that it is told again', async () => {
    const { scene, payment } = await paid();
    await scene.fake.refund(payment);
    await scene.fake.failNext({ path: '/v1/payment_intents' }, { when: 'before', how: 'cut' }, 9);
    await expect(scene.factsOf('charge.refunded')).rejects.toMatchObject({ code: 'upstream_failed' });
  });
});

async function paid(order: Parameters<typeof orderOf>[0] = {}): Promise<{ scene: StripeScene; payment: string }> {
  const scene = await stripeScene();
  const { session } = await scene.start({ order: orderOf(order) });
  await scene.fake.pay(session);
  return { scene, payment: String((await scene.fake.read(session))['payment_intent']) };
}
