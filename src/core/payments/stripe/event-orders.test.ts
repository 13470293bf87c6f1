import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SECOND_MS } from '../../time.ts';
import type { PaymentFact } from '../provider.ts';
import { foldFacts } from './testing/fold-facts.ts';
import { type OpenedPayment, type StripeScene, stripeScene } from './testing/stripe-scene.ts';

const PATIENCE_MS = 60_000;

interface Life {
  readonly name: string;
  readonly renews?: boolean;
  /** At most five of what the life brings forth. */
  readonly types: readonly string[];
  /** One after the other; what an earlier one gave is there for the later ones. */
  readonly steps: readonly ((scene: StripeScene, it: Living) => Promise<unknown>)[];
  readonly ends: Readonly<Record<string, unknown>>;
}

interface Living {
  readonly opened: OpenedPayment;
  payment: string;
  subscription: string;
  thing: string;
}

const pay: Life['steps'][number] = async ({ fake }, it) => {
  await fake.pay(it.opened.session);
  it.subscription = String((await fake.read(it.opened.session))['subscription']);
  it.payment = (await fake.moneyTaken())[0]?.paymentIntent ?? '';
};

const LIVES: readonly Life[] = [
  {
    name: 'a slow payment, a refund that fails after it was reported',
    types: [
      'checkout.session.completed',
      'checkout.session.async_payment_succeeded',
      'refund.created',
      'charge.refunded',
      'refund.failed',
    ],
    steps: [
      ({ fake }, it) => fake.pay(it.opened.session, 'delayed'),
      ({ fake }, it) => fake.settle(it.opened.session, 'succeeded'),
      async ({ fake }, it) => {
        it.payment = (await fake.moneyTaken())[0]?.paymentIntent ?? '';
        it.thing = await fake.refund(it.payment, 500);
      },
      ({ fake }, it) => fake.moveRefund(it.thing, 'failed'),
    ],
    ends: { isPaid: true, refundedMinor: 0, disputedMinor: 0, disputeState: 'none' },
  },
  {
    name: 'a refund in part, a dispute that is won',
    types: [
      'checkout.session.completed',
      'charge.refunded',
      'charge.dispute.created',
      'charge.dispute.funds_reinstated',
      'charge.dispute.closed',
    ],
    steps: [
      pay,
      ({ fake }, it) => fake.refund(it.payment, 300),
      async ({ fake }, it) => {
        it.thing = await fake.dispute(it.payment, { amount: 700 });
      },
      ({ fake }, it) => fake.moveDispute(it.thing, 'under_review'),
      ({ fake }, it) => fake.moveDispute(it.thing, 'won'),
    ],
    ends: { isPaid: true, refundedMinor: 300, disputedMinor: 0, disputeState: 'won' },
  },
  {
    name: 'a dispute that is lost',
    types: [
      'checkout.session.completed',
      'charge.dispute.created',
      'charge.dispute.funds_withdrawn',
      'charge.dispute.updated',
      'charge.dispute.closed',
    ],
    steps: [
      pay,
      async ({ fake }, it) => {
        it.thing = await fake.dispute(it.payment);
      },
      ({ fake }, it) => fake.moveDispute(it.thing, 'under_review'),
      ({ fake }, it) => fake.moveDispute(it.thing, 'lost'),
    ],
    ends: { isPaid: true, refundedMinor: 0, disputedMinor: 2_000, disputeState: 'lost' },
  },
  {
    name: 'a subscription that renews and ends',
    renews: true,
    types: [
      'checkout.session.completed',
      'invoice.paid',
      'customer.subscription.updated',
      'customer.subscription.deleted',
    ],
    steps: [pay, ({ fake }, it) => fake.renew(it.subscription), ({ fake }, it) => fake.cancel(it.subscription)],
    ends: { isPaid: true, renewals: 1, state: 'canceled' },
  },
  {
    name: 'a subscription that is not paid in time, and then is',
    renews: true,
    types: [
      'checkout.session.completed',
      'invoice.payment_failed',
      'customer.subscription.updated',
      'invoice.payment_succeeded',
    ],
    steps: [
      pay,
      async ({ fake }, it) => {
        await fake.setCard(it.subscription, 'declined');
        await fake.drop(await fake.waiting());
        await fake.renew(it.subscription);
      },
      async ({ fake }, it) => {
        await fake.setCard(it.subscription, 'works');
        await fake.retry(it.subscription);
      },
    ],
    ends: { isPaid: true, renewals: 1, state: 'active' },
  },
  {
    name: 'a slow payment that never comes',
    types: [
      'checkout.session.completed',
      'checkout.session.async_payment_failed',
      'charge.failed',
      'payment_intent.payment_failed',
    ],
    steps: [
      ({ fake }, it) => fake.pay(it.opened.session, 'delayed'),
      ({ fake }, it) => fake.settle(it.opened.session, 'failed'),
    ],
    ends: { isPaid: false },
  },
];

describe.each(LIVES)('$name', (life) => {
  test('ends the same in every order of its events', { timeout: PATIENCE_MS }, async () => {
    const { scene, it } = await born(life);
    for (const step of life.steps) await step(scene, it);
    const events = await eventsOf(scene, life);
    expect(events.length).toBeGreaterThan(1);
    const natural = foldFacts(await readAll(scene, events));
    expect(endOf(natural, it)).toEqual(life.ends);
    // What an event says depends on the account and on nothing before it, so that one reading of each serves all orders…
    const told = new Map<string, PaymentFact[]>();
    for (const event of events) told.set(event, await readAll(scene, [event]));
    const orders = permutations(events.slice(0, 5)).map((order) => [...doubled(order), ...events.slice(5)]);
    for (const order of orders) expect(foldFacts(order.flatMap((event) => told.get(event) ?? []))).toEqual(natural);
    // …which some of them prove by reading in their own order.
    for (const order of orders.filter((_, at) => at % 17 === 5)) {
      expect(foldFacts(await readAll(scene, order))).toEqual(natural);
    }
  });

  test('ends the same however its events are read while it goes on, and whenever they are applied', {
    timeout: PATIENCE_MS,
  }, async () => {
    const move = fc.record({ what: fc.constantFrom('step', 'read', 'read', 'ask', 'apply'), pick: fc.nat(99) });
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 5, maxLength: 20 }), fc.nat(1_000), async (moves, salt) => {
        const { scene, it } = await born(life);
        const seen = new Set<string>();
        const held: PaymentFact[][] = [];
        const applied: PaymentFact[] = [];
        const applyOne = (pick: number) => applied.push(...held.splice(pick % held.length, 1).flat());
        let steps = 0;
        for (const { what, pick } of moves) {
          scene.clock.advance(SECOND_MS);
          const events = await eventsOf(scene, life);
          const event = events[pick % Math.max(1, events.length)];
          if (what === 'step') await life.steps[steps++]?.(scene, it);
          if (what === 'ask') held.push([...(await scene.provider.query(scene.channel, it.opened.attempt)).facts]);
          if (what === 'read' && event !== undefined) held.push([...(await scene.read(event)).facts]);
          if (what === 'read' && event !== undefined && steps >= life.steps.length) seen.add(event);
          if (what === 'apply' && held.length > 0) applyOne(pick);
        }
        while (steps < life.steps.length) await life.steps[steps++]?.(scene, it);
        // What was lost or came too early is delivered in the end, as Stripe does for days.
        const late = (await eventsOf(scene, life)).filter((event) => !seen.has(event));
        for (const event of shuffled(late, salt)) {
          scene.clock.advance(SECOND_MS);
          held.push([...(await scene.read(event)).facts]);
        }
        while (held.length > 0) applyOne(salt);
        expect(endOf(foldFacts(applied), it)).toEqual(life.ends);
        await scene.fake.close();
      }),
      { numRuns: 12 },
    );
  });
});

async function born(life: Life): Promise<{ scene: StripeScene; it: Living }> {
  const scene = await stripeScene();
  const renews = life.renews === true ? { renews: true, period: { count: 1, unit: 'month' as const } } : {};
  return { scene, it: { opened: await scene.start(renews), payment: '', subscription: '', thing: '' } };
}

async function eventsOf({ fake }: StripeScene, life: Life): Promise<string[]> {
  return (await fake.events(life.types)).map(({ id }) => id);
}

async function readAll(scene: StripeScene, events: readonly string[]): Promise<PaymentFact[]> {
  const facts: PaymentFact[] = [];
  for (const event of events) facts.push(...(await scene.read(event)).facts);
  return facts;
}

/** The fold in the words of a life's end. */
function endOf(folded: ReturnType<typeof foldFacts>, it: Living): Record<string, unknown> {
  const attempt = folded.attempts[it.opened.attempt.reference];
  const reversal = folded.reversals[it.payment];
  const subscription = folded.subscriptions[it.subscription];
  const { kind: _kind, paymentRef: _ref, ...totals } = reversal === undefined ? {} : JSON.parse(reversal);
  return {
    isPaid: attempt?.startsWith('{') ?? false,
    ...(it.subscription.startsWith('sub_') ? {} : totals),
    ...(subscription !== undefined && {
      renewals: Object.keys(folded.renewals).length,
      state: JSON.parse(subscription).state,
    }),
  };
}

/** Every other one comes twice. */
function doubled(order: readonly string[]): string[] {
  return order.flatMap((event, at) => (at % 2 === 0 ? [event, event] : [event]));
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}

function shuffled<T>(items: readonly T[], salt: number): T[] {
  return items
    .map((item, at) => ({ item, key: ((at + 1) * (salt + 7_919)) % 1_009 }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
