import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../database/index.ts';
import { createUser } from '../identity/index.ts';
import { findTransfers, listTransfers } from '../ledger/index.ts';
import { silentLog } from '../log.ts';
import { closeOrder, findOrder, type Order } from '../orders/index.ts';
import { Secret } from '../secret.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { testCtx, testDialect, testPlace } from '../testing/test-database.ts';
import { testKeyring } from '../testing/test-keyring.ts';
import { applyFacts } from './apply-facts.ts';
import { askProviders } from './ask-providers.ts';
import { type Cashier, openCashier } from './cashier.ts';
import { cancelOrder, expireOrders } from './close-orders.ts';
import { replayEvent, retryInbox } from './inbox.ts';
import { addChannel, editChannel } from './manage-channels.ts';
import { markPaid } from './mark-paid.ts';
import { createSubscriptionOrder, createTopupOrder } from './open-order.ts';
import { tellOrder } from './order-story.ts';
import { receiveCallback } from './receive-callback.ts';
import { requestRefund } from './request-refund.ts';
import { followRefunds } from './send-refunds.ts';
import { startPayment } from './start-payment.ts';
import { fakeCallback } from './testing/fake-provider.ts';
import { BEGIN, type PaymentScene, paidFact, paymentScene } from './testing/payment-scene.ts';

const TWENTY_YUAN = 2_777_777;
let scene: PaymentScene;

beforeEach(async () => {
  scene = await paymentScene();
});
afterEach(async () => {
  expect(await scene.violations()).toEqual([]);
  await scene.close();
});

const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));
const succeeded = (results: readonly PromiseSettledResult<unknown>[]) =>
  results.filter(({ status }) => status === 'fulfilled').length;
const MAIN = { provider: 'fake', channel: 'main' };

describe('at once', () => {
  test('fifty cancellations end an order once', async () => {
    const { order } = await scene.topup();
    const results = await Promise.allSettled(times(50, () => cancelOrder(scene.cashier, order, 'test')));
    expect(succeeded(results)).toBe(1);
    const { events } = await tellOrder(scene.ctx, order);
    expect(events.filter(({ kind }) => kind === 'canceled')).toHaveLength(1);
  });

  test('fifty cancellations and fifty payments give the money once, whoever is first', async () => {
    const { order, payment } = await scene.topup();
    const results = await Promise.allSettled(
      times(100, async (n) =>
        n % 2 === 0
          ? await cancelOrder(scene.cashier, order, 'test')
          : await applyFacts(scene.cashier, scene.channel, [paidFact(payment)]),
      ),
    );
    const canceled = (await tellOrder(scene.ctx, order)).events.some(({ kind }) => kind === 'canceled');
    expect(succeeded(results)).toBe(50 + Number(canceled));
    expect(await scene.now(order)).toMatchObject({ state: canceled ? 'paid_late' : 'fulfilled' });
    expect(await scene.balance()).toBe(TWENTY_YUAN);
  });

  test('fifty payments, expiries and failures of a plan order grant it at most once', async () => {
    await scene.plan();
    const order = await createSubscriptionOrder(scene.cashier, { userId: scene.user.id, plan: 'pro', channel: 'main' });
    const payment = await scene.begin(order);
    scene.ctx.clock.advance(3_600_000);
    await Promise.all(
      times(50, async (n) => {
        if (n % 3 === 0) await expireOrders(scene.cashier);
        else if (n % 3 === 1) await closeOrder(scene.ctx, order, 'failed', 'test');
        else await applyFacts(scene.cashier, scene.channel, [paidFact(payment)]);
      }),
    );
    const { state } = await scene.now(order);
    const grants = await scene.database.knex('subscription_grants');
    expect(grants).toHaveLength(state === 'fulfilled' ? 1 : 0);
    expect(await scene.balance()).toBe(state === 'fulfilled' ? 0 : 10_000_000);
  });

  test('two hundred identical callbacks are one credit', async () => {
    const { payment } = await scene.topup();
    const raw = fakeCallback({ eventKey: 'evt_1', type: 'paid', facts: [paidFact(payment)] });
    const answers = await Promise.all(times(200, () => receiveCallback(scene.cashier, MAIN, raw)));
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['success']));
    expect(await scene.balance()).toBe(TWENTY_YUAN);
    const rows = await scene.database.knex('payment_events');
    expect(rows).toMatchObject([{ state: 'applied', verdict: 'applied', deliveries: 200 }]);
  });

  test('two hundred callbacks of one payment under different keys are one credit', async () => {
    const { payment } = await scene.topup();
    const facts = [paidFact(payment)];
    await Promise.all(
      times(200, (n) =>
        receiveCallback(scene.cashier, MAIN, fakeCallback({ eventKey: `evt_${n}`, type: 'paid', facts })),
      ),
    );
    expect(await scene.balance()).toBe(TWENTY_YUAN);
    const verdicts = await scene.database
      .knex('payment_events')
      .select('verdict')
      .groupBy('verdict')
      .orderBy('verdict');
    expect(verdicts).toMatchObject([{ verdict: 'already_applied' }, { verdict: 'applied' }]);
  });

  test('fifty marks by hand with different references are one credit', async () => {
    const { order } = await scene.topup();
    const results = await Promise.allSettled(
      times(50, (n) => markPaid(scene.cashier, order, { reference: `bank ${n}`, actor: 'test', reason: null })),
    );
    expect(succeeded(results)).toBe(1);
    expect(await scene.balance()).toBe(TWENTY_YUAN);
  });

  test('fifty requests to send a payment back send it back once', async () => {
    const { order, payment } = await scene.topup();
    await applyFacts(scene.cashier, scene.channel, [paidFact(payment)]);
    const request = { of: order.number, reason: 'test', actor: 'test' };
    const results = await Promise.allSettled(times(50, () => requestRefund(scene.ctx, request)));
    expect(succeeded(results)).toBe(1);
    await Promise.all(times(20, () => followRefunds(scene.cashier)));
    expect(scene.provider.refunds).toHaveLength(1);
    expect(await scene.balance()).toBe(0);
  });

  test('jobs that overlap ask about a payment once', async () => {
    await scene.topup();
    scene.ctx.clock.advance(31_000);
    await Promise.all(times(10, () => askProviders(scene.cashier)));
    expect(scene.provider.asked).toHaveLength(1);
  });

  test('orders beyond the limit of a user are refused', async () => {
    const { id: userId } = scene.user;
    const order = { userId, amount: '20.00', currency: 'CNY', channel: 'main' };
    for (const _ of times(20, () => 0)) await createTopupOrder(scene.cashier, order);
    await expect(createTopupOrder(scene.cashier, order)).rejects.toMatchObject({ code: 'conflict' });
  });

  test('changes of a channel and callbacks do not wait for each other for ever', async () => {
    const { order, payment } = await scene.topup();
    const raw = fakeCallback({ eventKey: 'evt_1', type: 'paid', facts: [paidFact(payment)] });
    await Promise.all(
      times(20, async (n) =>
        n % 2 === 0
          ? await editChannel(scene.cashier, scene.channel.id, { settings: { n } })
          : await receiveCallback(scene.cashier, MAIN, raw),
      ),
    );
    expect(await scene.now(order)).toMatchObject({ state: 'fulfilled' });
  });
});

/** SQLite belongs to one process. */
function twoDaemons(): void {
  let first: Database;
  let second: Database;
  let remove: () => Promise<void>;

  beforeEach(async () => {
    const place = await testPlace('migrated');
    [first, second] = await Promise.all([
      openDatabase(place.options, silentLog),
      openDatabase(place.options, silentLog),
    ]);
    remove = place.remove;
  });
  afterEach(async () => {
    await first.close();
    await second.close();
    await remove();
  });

  async function cashierOn(database: Database, seed: number): Promise<Cashier> {
    const { providers } = scene.cashier;
    const ctx = testCtx(database, { random: seededRandom(seed) });
    return openCashier({ ctx, keyring: await testKeyring(), config: () => scene.config, providers });
  }

  test('credit a payment once, however often each of them hears of it', async () => {
    const [one, two] = [await cashierOn(first, 1), await cashierOn(second, 2)];
    const user = await createUser(one.ctx, { name: 'bob' });
    const secrets = { key: new Secret('test_key_1') };
    const channel = await addChannel(one, {
      name: 'main',
      provider: 'fake',
      settings: {},
      secrets,
      allowPrivate: false,
    });
    const order: Order = await createTopupOrder(one, {
      userId: user.id,
      amount: '20.00',
      currency: 'CNY',
      channel: 'main',
    });
    await startPayment(one, order, BEGIN);
    const [payment] = (await tellOrder(two.ctx, order)).payments;
    if (!payment) throw new Error('nothing was started');
    const raw = fakeCallback({ eventKey: 'evt_1', type: 'paid', facts: [paidFact(payment)] });
    const either = (n: number) => (n % 2 === 0 ? one : two);
    const answers = await Promise.all([
      ...times(200, (n) => receiveCallback(either(n), MAIN, raw)),
      ...times(20, async (n) => {
        await applyFacts(either(n), channel, [paidFact(payment)]);
        return { body: 'success' };
      }),
      ...times(20, async (n) => {
        await cancelOrder(either(n), order, 'test').catch(() => undefined);
        return { body: 'success' };
      }),
    ]);
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['success']));
    const transfers = await findTransfers(two.ctx, [`order:${order.id}`]);
    expect(transfers.get(`order:${order.id}`)).toMatchObject({ amountUsdMicros: TWENTY_YUAN });
    expect((await listTransfers(one.ctx, {}, { limit: 10 })).items).toHaveLength(1);
    const [event] = (await tellOrder(one.ctx, order)).callbacks;
    expect(event?.state).toBe('applied');
    if (event) await Promise.all(times(20, (n) => replayEvent(either(n), event.id)));
    await Promise.all([retryInbox(one), retryInbox(two), expireOrders(one), expireOrders(two)]);
    expect((await listTransfers(one.ctx, {}, { limit: 10 })).items).toHaveLength(1);
    expect(await findOrder(one.ctx, order.id)).toMatchObject({
      state: expect.stringMatching(/fulfilled|paid_late/) as string,
    });
  });
}

if (testDialect() === 'postgres') describe('two daemons on one database', twoDaemons);
