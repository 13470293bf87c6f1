import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Order } from '../orders/index.ts';
import { Secret } from '../secret.ts';
import { listSubscriptions } from '../subscriptions/index.ts';
import { type CallbackFault, FAKE_STRIPE_KEY, type FakeStripe, startFakeStripe } from '../testing/fake-stripe.ts';
import { DAY_MS, HOUR_MS, SECOND_MS } from '../time.ts';
import { askProviders } from './ask-providers.ts';
import { type Cashier, openCashier } from './cashier.ts';
import type { PaymentChannel } from './channel.ts';
import { retryInbox } from './inbox.ts';
import { addChannel } from './manage-channels.ts';
import { createSubscriptionOrder, createTopupOrder } from './open-order.ts';
import type { Payment } from './payment.ts';
import { openProviders } from './providers.ts';
import { receiveCallback } from './receive-callback.ts';
import { requestRefund } from './request-refund.ts';
import { followRefunds } from './send-refunds.ts';
import { startPayment } from './start-payment.ts';
import { BEGIN, type PaymentScene, paymentScene } from './testing/payment-scene.ts';

const PATIENCE_MS = 240_000;
const SECRET = 'whsec_TheSecretOfThisChannel';
const TWENTY_USD = 20_000_000;
/** Of trying again what came before what it is about. */
const ROUNDS_MAX = 3;

let scene: PaymentScene;
let fake: FakeStripe;
let cashier: Cashier;
let channel: PaymentChannel;

beforeEach(async () => {
  scene = await paymentScene();
  const { ctx, cashier: house } = scene;
  fake = await startFakeStripe({ clock: ctx.clock });
  cashier = openCashier({
    ctx,
    keyring: house.keyring,
    config: () => scene.config,
    providers: openProviders({ clock: ctx.clock }),
  });
  channel = await addChannel(cashier, {
    name: 'intl',
    provider: 'stripe',
    settings: { api_base: fake.url },
    secrets: { secret_key: new Secret(FAKE_STRIPE_KEY), webhook_secret: new Secret(SECRET) },
    allowPrivate: true,
  });
});

afterEach(async () => {
  expect(await scene.violations()).toEqual([]);
  await fake.close();
  await scene.close();
});

describe('a top-up by Stripe', () => {
  test('is the channel of test money that its key says', () => {
    expect(channel).toMatchObject({ livemode: false, settings: { api_base: fake.url } });
  });

  test('ends the same in each of the 120 orders of its events', { timeout: PATIENCE_MS }, async () => {
    let before = 0;
    for (const order of permutations([0, 1, 2, 3, 4])) {
      const topup = await startTopup();
      const events = await liveTopup(topup.session);
      await tell(order.flatMap((at) => events[at] ?? []));
      // 20 USD, of which 5 were refunded; the dispute about 7 was won.
      const balance = await scene.balance();
      expect([order, balance - before]).toEqual([order, 15_000_000]);
      before = balance;
      expect(await scene.now(topup.order)).toMatchObject({ state: 'fulfilled' });
      expect(await scene.payments(topup.order)).toMatchObject([
        { state: 'partially_refunded', refundedMinor: 500, disputedMinor: 0 },
      ]);
    }
  });

  test('is credited once, however many tell of it at once', async () => {
    const { session } = await startTopup();
    await fake.pay(session);
    const [completed = ''] = await idsOf(['checkout.session.completed']);
    const answers = await Promise.all(Array.from({ length: 40 }, () => hand(completed)));
    expect(new Set(answers)).toEqual(new Set([200]));
    expect(await scene.balance()).toBe(TWENTY_USD);
  });

  test('whose webhook is lost is found by asking', async () => {
    const { session, order } = await startTopup();
    await fake.pay(session);
    scene.ctx.clock.advance(60 * SECOND_MS);
    await askProviders(cashier);
    expect(await scene.now(order)).toMatchObject({ state: 'fulfilled' });
    expect(await scene.balance()).toBe(TWENTY_USD);
  });

  test('that is refunded here is taken back once, by the answer and by the events', async () => {
    const { session, payment } = await startTopup();
    await fake.pay(session);
    await tell(await idsOf(['checkout.session.completed']));
    await requestRefund(cashier.ctx, { of: payment.id, amount: '8.00', reason: 'asked for', actor: 'root' });
    await followRefunds(cashier);
    expect(await scene.balance()).toBe(12_000_000);
    await tell(await idsOf(['refund.created', 'charge.refunded']));
    expect(await scene.balance()).toBe(12_000_000);
    expect(await fake.events(['refund.created'])).toHaveLength(1);
  });

  test.each(['forged', 'tampered', 'unsigned', 'empty_secret', 'stale', 'future', 'wrong_livemode'] as const)(
    'is not credited by a callback that is %s',
    async (fault) => {
      const { session, order } = await startTopup();
      await fake.pay(session);
      const [completed = ''] = await idsOf(['checkout.session.completed']);
      expect(await hand(completed, fault)).toBe(400);
      expect(await scene.balance()).toBe(0);
      expect(await scene.now(order)).toMatchObject({ state: 'pending' });
      // The true one still comes through.
      expect(await hand(completed)).toBe(200);
      expect(await scene.balance()).toBe(TWENTY_USD);
    },
  );
});

describe('a plan that Stripe renews', () => {
  test('ends the same in each order of the events of its life', { timeout: PATIENCE_MS }, async () => {
    const plan = await scene.plan({ code: 'pro', priceMinor: 900, renews: true, onRepurchase: 'stack' });
    const ends = new Set<string>();
    for (const places of permutations([0, 1, 2, 3])) {
      const { order, session } = await startPlan(plan.code);
      await fake.pay(session);
      const { subscription, invoice } = await fake.read(session);
      const renewal = await fake.renew(String(subscription));
      await fake.cancel(String(subscription));
      const types = ['checkout.session.completed', 'invoice.paid', 'customer.subscription.deleted'];
      const events = await idsOf(types, [session, String(subscription), String(invoice), renewal]);
      expect(events).toHaveLength(4);
      await tell(places.flatMap((at) => events[at] ?? []));
      const { items } = await listSubscriptions(scene.ctx, { userId: scene.user.id }, { limit: 100 });
      const bought = items.find(({ providerSubscriptionRef }) => providerSubscriptionRef === subscription);
      const taken = (await scene.payments(order)).map(({ state, amountMinor }) => `${state} ${amountMinor}`);
      const { items: stripes } = (await fake.read(String(subscription))) as {
        items?: { data: { current_period_end: number }[] };
      };
      const endsWithStripe = bought?.endsAt === (stripes?.data[0]?.current_period_end ?? 0) * SECOND_MS;
      ends.add(JSON.stringify([(await scene.now(order)).state, taken, bought?.cancelAtEnd, endsWithStripe]));
    }
    expect([...ends]).toEqual([JSON.stringify(['fulfilled', ['succeeded 900', 'succeeded 900'], true, true])]);
  });

  test('is given by whichever event comes, and renewed by its invoice', async () => {
    const plan = await scene.plan({ code: 'pro', priceMinor: 900, renews: true });
    const { order, session } = await startPlan(plan.code);
    await fake.pay(session);
    await tell(await idsOf(['invoice.paid']));
    expect(await scene.now(order)).toMatchObject({ state: 'fulfilled' });
    const [first] = (await listSubscriptions(scene.ctx, {}, { limit: 10 })).items;
    await fake.advance(32 * DAY_MS);
    await tell(await idsOf(['checkout.session.completed', 'invoice.paid']));
    const [renewed] = (await listSubscriptions(scene.ctx, {}, { limit: 10 })).items;
    expect(renewed?.id).toBe(first?.id);
    expect((renewed?.endsAt ?? 0) - (first?.endsAt ?? 0)).toBeGreaterThan(27 * DAY_MS);
  });
});

interface Begun {
  readonly order: Order;
  readonly payment: Payment;
  readonly session: string;
}

async function startTopup(): Promise<Begun> {
  const { user } = scene;
  return begin(await createTopupOrder(cashier, { userId: user.id, amount: '20.00', currency: 'USD', channel: 'intl' }));
}

async function startPlan(plan: string): Promise<Begun> {
  return begin(await createSubscriptionOrder(cashier, { userId: scene.user.id, plan, channel: 'intl' }));
}

async function begin(order: Order): Promise<Begun> {
  scene.ctx.clock.advance(1);
  await startPayment(cashier, order, BEGIN);
  const payment = (await scene.payments(order)).at(-1);
  if (payment?.providerRef == null) throw new Error('nothing was started');
  return { order, payment, session: payment.providerRef };
}

/** A slow payment, a refund of 5, a dispute about 7 that is won: five events. */
async function liveTopup(session: string): Promise<string[]> {
  await fake.pay(session, 'delayed');
  await fake.settle(session, 'succeeded');
  const paymentIntent = String((await fake.read(session))['payment_intent']);
  await fake.refund(paymentIntent, 500);
  const dispute = await fake.dispute(paymentIntent, { amount: 700 });
  await fake.moveDispute(dispute, 'won');
  const charge = String((await fake.read(paymentIntent))['latest_charge']);
  const types = ['completed', 'async_payment_succeeded'].map((type) => `checkout.session.${type}`);
  const reversals = ['charge.refunded', 'charge.dispute.created', 'charge.dispute.closed'];
  return idsOf([...types, ...reversals], [session, charge, dispute]);
}

async function idsOf(types: readonly string[], about?: readonly string[]): Promise<string[]> {
  const events = await fake.events(types);
  return events.filter((event) => about?.includes(event.about) ?? true).map(({ id }) => id);
}

/** Delivers in this order; what had to wait for something is tried again as time goes on. */
async function tell(events: readonly string[]): Promise<void> {
  for (const event of events) {
    scene.ctx.clock.advance(SECOND_MS);
    expect(await hand(event)).toBe(200);
  }
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    scene.ctx.clock.advance(HOUR_MS);
    await retryInbox(cashier);
  }
}

async function hand(event: string, fault?: CallbackFault): Promise<number> {
  const { headers, body } = await fake.sign(event, [SECRET], fault === undefined ? {} : { fault });
  const receivedAt = scene.ctx.clock.now();
  const raw = { method: 'POST' as const, query: '', headers, body: Buffer.from(body), receivedAt };
  return (await receiveCallback(cashier, { provider: 'stripe', channel: 'intl' }, raw)).status;
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}
