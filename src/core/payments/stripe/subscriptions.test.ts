import { describe, expect, test } from 'vitest';
import type { ChannelId } from '../../ids.ts';
import { DAY_MS } from '../../time.ts';
import { type StripeScene, stripeScene } from './testing/stripe-scene.ts';

const OLD = '2024-06-20';
const MONTHLY = { renews: true, period: { count: 1, unit: 'month' as const } };

describe.each([undefined, OLD])('a subscription, told in the version %s', (apiVersion) => {
  const how = apiVersion === undefined ? {} : { apiVersion };

  test('begins with one payment, whichever event tells it', async () => {
    const { scene, ids } = await subscribed();
    const fact = {
      kind: 'paid',
      reference: 'REFERENCE1',
      paymentRef: ids.firstPayment,
      amountMinor: 2_000,
      currency: 'USD',
      method: '',
      subscriptionRef: ids.subscription,
    };
    expect(await scene.factsOf('checkout.session.completed', how)).toEqual([fact]);
    expect(await scene.factsOf('invoice.paid', how)).toEqual([fact]);
    expect(await scene.factsOf('invoice.payment_succeeded', how)).toEqual([fact]);
  });

  test('renews by the period of its own line', async () => {
    const { scene, ids } = await subscribed();
    const invoice = await scene.fake.renew(ids.subscription);
    expect(await factsAbout(scene, 'invoice.paid', invoice, how)).toEqual([
      {
        kind: 'renewal_paid',
        subscriptionRef: ids.subscription,
        invoiceRef: invoice,
        paymentRef: expect.stringMatching(/^pi_/),
        amountMinor: 2_000,
        currency: 'USD',
        periodStart: Date.UTC(2026, 1, 1),
        periodEnd: Date.UTC(2026, 2, 1),
        reference: null,
      },
    ]);
  });

  test('that is not paid is past due, and active again once it is', async () => {
    const { scene, ids } = await subscribed();
    await scene.fake.setCard(ids.subscription, 'declined');
    const invoice = await scene.fake.renew(ids.subscription);
    const pastDue = [
      { kind: 'subscription_state', subscriptionRef: ids.subscription, state: 'past_due', cancelAtPeriodEnd: false },
    ];
    expect(await factsAbout(scene, 'invoice.payment_failed', invoice, how)).toMatchObject(pastDue);
    await scene.fake.setCard(ids.subscription, 'works');
    await scene.fake.retry(ids.subscription);
    // The same event, late: it says how things stand now.
    expect(await factsAbout(scene, 'invoice.payment_failed', invoice, how)).toMatchObject([{ state: 'active' }]);
    expect(await factsAbout(scene, 'invoice.paid', invoice, how)).toMatchObject([{ kind: 'renewal_paid' }]);
  });

  test('that ends is canceled for every event, also for the one that began it', async () => {
    const { scene, ids } = await subscribed();
    await scene.fake.cancel(ids.subscription);
    for (const type of ['customer.subscription.created', 'customer.subscription.deleted']) {
      expect(await scene.factsOf(type, how)).toMatchObject([{ kind: 'subscription_state', state: 'canceled' }]);
    }
  });
});

describe('how a subscription stands', () => {
  test.each([
    ['active', 'active'],
    ['trialing', 'active'],
    ['past_due', 'past_due'],
    ['unpaid', 'past_due'],
    ['paused', 'past_due'],
    ['of_tomorrow', 'past_due'],
    ['', 'past_due'],
    [null, 'past_due'],
    ['canceled', 'canceled'],
    ['incomplete_expired', 'canceled'],
  ])('%s is %s', async (status, state) => {
    const { scene, ids } = await subscribed();
    await scene.fake.edit(ids.subscription, { status });
    expect(await scene.factsOf('customer.subscription.created')).toMatchObject([{ state }]);
  });

  test('nothing hangs on one whose first payment is not made', async () => {
    const { scene, ids } = await subscribed();
    await scene.fake.edit(ids.subscription, { status: 'incomplete' });
    expect(await scene.factsOf('customer.subscription.created')).toMatchObject([{ kind: 'ignored' }]);
  });

  test('its end is announced', async () => {
    const { scene, ids } = await subscribed();
    await scene.fake.cancel(ids.subscription, 'at_period_end');
    expect(await scene.factsOf('customer.subscription.updated')).toMatchObject([
      { state: 'active', cancelAtPeriodEnd: true },
    ]);
    await scene.fake.edit(ids.subscription, { cancel_at_period_end: false });
    expect(await scene.factsOf('customer.subscription.updated')).toMatchObject([{ cancelAtPeriodEnd: true }]);
  });

  test('it is asked for, and says when', async () => {
    const { scene } = await subscribed();
    scene.clock.advance(1_500);
    const [fact] = await scene.factsOf('customer.subscription.created');
    expect(fact).toMatchObject({ asOf: scene.clock.now() });
  });

  test('one that Stripe no longer knows is canceled', async () => {
    const { scene, ids } = await subscribed();
    await scene.fake.forget(ids.subscription);
    expect(await scene.factsOf('customer.subscription.created')).toMatchObject([{ state: 'canceled' }]);
  });

  test('one of another channel is none of ours', async () => {
    const { scene, ids } = await subscribed();
    await scene.fake.edit(ids.subscription, { metadata: {} });
    expect(await scene.factsOf('customer.subscription.created')).toMatchObject([{ kind: 'ignored' }]);
    const channel = { ...scene.channel, id: 'chan_00000000000000000000000002' as ChannelId };
    expect(await scene.factsOf('invoice.paid', { channel })).toMatchObject([{ kind: 'ignored' }]);
  });

  test('is not said when Stripe does not answer, so that it is told again', async () => {
    const { scene } = await subscribed();
    await scene.fake.failNext({ path: '/v1/subscriptions' }, { when: 'before', how: { status: 503 } }, 9);
    await expect(scene.factsOf('customer.subscription.created')).rejects.toMatchObject({ code: 'upstream_failed' });
    await scene.fake.healApi();
    expect(await scene.factsOf('customer.subscription.created')).toMatchObject([{ state: 'active' }]);
  });
});

describe('an invoice', () => {
  test.each(['manual', 'subscription_threshold', 'of_tomorrow', null])(
    'for %s is no period of a plan',
    async (reason) => {
      expect(await editedInvoice({ billing_reason: reason })).toMatchObject([{ kind: 'ignored' }]);
    },
  );

  test.each(['open', 'draft', 'void', 'of_tomorrow'])('that is %s is not paid', async (status) => {
    expect(await editedInvoice({ status })).toMatchObject([{ kind: 'ignored' }]);
  });

  test('that names no metadata is known by its subscription', async () => {
    const { scene, ids } = await subscribed();
    const invoice = await scene.fake.renew(ids.subscription);
    const parent = {
      type: 'subscription_details',
      subscription_details: { metadata: null, subscription: ids.subscription },
    };
    await scene.fake.edit(invoice, { parent });
    const [, event] = await scene.fake.events(['invoice.paid']);
    const told = (await scene.fake.read(event?.id ?? ''))['data'] as { object: Record<string, unknown> };
    await scene.fake.edit(event?.id ?? '', { data: { object: { ...told.object, parent } } });
    expect(await factsAbout(scene, 'invoice.paid', invoice)).toMatchObject([{ kind: 'renewal_paid' }]);
  });

  test('that is paid for a period nobody can read is no silent loss', async () => {
    const { scene, ids } = await subscribed();
    const invoice = await scene.fake.renew(ids.subscription);
    await scene.fake.edit(invoice, { lines: { object: 'list', data: [] } });
    await expect(factsAbout(scene, 'invoice.paid', invoice)).rejects.toMatchObject({ code: 'upstream_failed' });
  });
});

test('a year passes by the clock, month by month', async () => {
  const { scene } = await subscribed();
  await scene.fake.advance(364 * DAY_MS);
  const paid = await scene.fake.events(['invoice.paid']);
  const facts = (await Promise.all(paid.map(({ id }) => scene.read(id)))).flatMap((reading) => reading.facts);
  expect(facts).toHaveLength(12);
  const periods = facts.flatMap((fact) => (fact.kind === 'renewal_paid' ? [[fact.periodStart, fact.periodEnd]] : []));
  expect(periods).toEqual(
    Array.from({ length: 11 }, (_, at) => [Date.UTC(2026, at + 1, 1), Date.UTC(2026, at + 2, 1)]),
  );
});

async function subscribed() {
  const scene = await stripeScene();
  const { session } = await scene.start(MONTHLY);
  await scene.fake.pay(session);
  const { subscription } = await scene.fake.read(session);
  const [taken] = await scene.fake.moneyTaken();
  return { scene, ids: { session, subscription: String(subscription), firstPayment: taken?.paymentIntent } };
}

async function factsAbout(scene: StripeScene, type: string, about: string, how = {}) {
  const event = (await scene.fake.events([type])).find((note) => note.about === about);
  return (await scene.read(event?.id ?? '', how)).facts;
}

async function editedInvoice(changes: Record<string, unknown>) {
  const { scene } = await subscribed();
  const event = await scene.eventOf('invoice.paid');
  const told = (await scene.fake.read(event))['data'] as { object: Record<string, unknown> };
  await scene.fake.edit(event, { data: { object: { ...told.object, ...changes } } });
  return (await scene.read(event)).facts;
}
