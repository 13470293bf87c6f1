import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS, SECOND_MS } from '../time.ts';
import { applyFacts } from './apply-facts.ts';
import { askProviders } from './ask-providers.ts';
import { cancelOrder } from './close-orders.ts';
import { editChannel } from './manage-channels.ts';
import { markPaid } from './mark-paid.ts';
import type { Payment } from './payment.ts';
import { explainItem, listReconItems } from './recon-items.ts';
import { reconcile } from './reconcile.ts';
import { type PaymentScene, paidFact, paymentScene } from './testing/payment-scene.ts';

let scene: PaymentScene;

beforeEach(async () => {
  scene = await paymentScene();
});
afterEach(async () => {
  expect(await scene.violations()).toEqual([]);
  await scene.close();
});

const paidThere = (payment: Payment) =>
  scene.provider.standings.set(payment.reference, { state: 'paid', facts: [paidFact(payment)] });
const listed = (payment: Payment, changes = {}) => ({
  reference: payment.reference,
  paymentRef: `pi_${payment.id}`,
  amountMinor: payment.amountMinor,
  currency: payment.currency,
  refundedMinor: 0,
  at: scene.ctx.clock.now(),
  ...changes,
});
const openKinds = async () =>
  (await listReconItems(scene.ctx, { state: 'open' }, { limit: 20 })).items
    .map(({ kind }) => kind)
    .sort((a, b) => (a < b ? -1 : 1));

describe('asking', () => {
  test('is done ever more seldom, until nothing can be paid any more', async () => {
    const { payment } = await scene.topup();
    const askedAt: number[] = [];
    for (let s = 0; s < 26 * 3_600; s += 15) {
      scene.ctx.clock.advance(15 * SECOND_MS);
      if ((await askProviders(scene.cashier)) > 0) askedAt.push(s + 15);
      if (s === 60 * 60) break;
    }
    expect(askedAt).toEqual([30, 90, 270, 870, 2_670]);
    for (let hours = 0; hours < 40; hours++) {
      scene.ctx.clock.advance(HOUR_MS);
      await askProviders(scene.cashier);
    }
    expect(scene.provider.asked.length).toBeLessThan(25);
    const [last] = await scene.payments({ id: payment.orderId } as never);
    expect(last?.nextAskAt).toBeNull();
  });

  test('finds a payment of which no callback came, also after the order was canceled', async () => {
    const { order, payment } = await scene.topup();
    await cancelOrder(scene.cashier, order, 'test');
    paidThere(payment);
    scene.ctx.clock.advance(31 * SECOND_MS);
    await askProviders(scene.cashier);
    expect(await scene.now(order)).toMatchObject({ state: 'paid_late' });
  });

  test('a provider that is away is asked again', async () => {
    const { order, payment } = await scene.topup();
    scene.provider.onQuery = async () => {
      throw new Error('unreachable');
    };
    scene.ctx.clock.advance(31 * SECOND_MS);
    await askProviders(scene.cashier);
    scene.provider.onQuery = null;
    paidThere(payment);
    scene.ctx.clock.advance(61 * SECOND_MS);
    await askProviders(scene.cashier);
    expect(await scene.now(order)).toMatchObject({ state: 'fulfilled' });
  });
});

describe('reconciliation', () => {
  test('finds nothing where nothing differs', async () => {
    const { payment } = await scene.topup();
    await applyFacts(scene.cashier, scene.channel, [paidFact(payment)]);
    paidThere(payment);
    scene.provider.listed = [listed(payment)];
    expect(await reconcile(scene.cashier)).toMatchObject({
      channels: 1,
      asked: 1,
      listed: 1,
      found: 0,
      open: 0,
      items: [],
    });
  });

  test('applies what was paid there and not here, by asking and from the list', async () => {
    const one = await scene.topup();
    const two = await scene.topup();
    paidThere(one.payment);
    scene.provider.listed = [listed(two.payment)];
    expect(await reconcile(scene.cashier)).toMatchObject({ found: 2, open: 0 });
    expect(await scene.now(one.order)).toMatchObject({ state: 'fulfilled' });
    expect(await scene.now(two.order)).toMatchObject({ state: 'fulfilled' });
  });

  test('reports what was paid here and not there, until it is there', async () => {
    const { payment } = await scene.topup();
    await applyFacts(scene.cashier, scene.channel, [paidFact(payment)]);
    scene.provider.standings.set(payment.reference, { state: 'unknown_there', facts: [] });
    expect(await reconcile(scene.cashier)).toMatchObject({ open: 1 });
    expect(await reconcile(scene.cashier)).toMatchObject({ open: 1, items: [{ kind: 'missing_there' }] });
    paidThere(payment);
    expect(await reconcile(scene.cashier)).toMatchObject({ open: 0 });
  });

  test('reports payments that are not known here, other amounts, and refunds of which nothing is posted', async () => {
    const [one, two] = [await scene.topup(), await scene.topup()];
    for (const { payment } of [one, two]) {
      await applyFacts(scene.cashier, scene.channel, [paidFact(payment)]);
      paidThere(payment);
    }
    scene.provider.listed = [
      listed(one.payment, { refundedMinor: 100 }),
      listed(two.payment, { amountMinor: 1 }),
      listed(one.payment, { reference: 'z'.repeat(26), paymentRef: 'pi_lost' }),
      listed(one.payment, { reference: 'SHOP-77', paymentRef: 'pi_of_a_shop' }),
    ];
    await reconcile(scene.cashier);
    expect(await openKinds()).toEqual(['refund_differs', 'refund_differs', 'unknown_here']);
    scene.provider.listed = [listed(one.payment), listed(two.payment)];
    await reconcile(scene.cashier);
    expect(await openKinds()).toEqual(['unknown_here']);
    expect(await scene.balance()).toBe(2 * 2_777_777);
  });

  test('reports a mismatch that it finds by asking, and keeps it open until a person explains it', async () => {
    const { payment } = await scene.topup();
    scene.provider.standings.set(payment.reference, { state: 'paid', facts: [paidFact(payment, { amountMinor: 1 })] });
    expect(await reconcile(scene.cashier)).toMatchObject({ found: 0, open: 1, items: [{ kind: 'mismatch' }] });
    const [item] = (await reconcile(scene.cashier)).items;
    await explainItem(scene.ctx, item?.id ?? '', 'sent back at the gateway');
    expect(await reconcile(scene.cashier)).toMatchObject({ open: 0 });
    await expect(explainItem(scene.ctx, item?.id ?? '', 'again')).rejects.toMatchObject({ code: 'conflict' });
  });

  test('reports money that went back without a word about how much, unless it was sent from here', async () => {
    const { payment } = await scene.topup();
    await applyFacts(scene.cashier, scene.channel, [paidFact(payment)]);
    const facts = [paidFact(payment)];
    scene.provider.standings.set(payment.reference, { state: 'paid', facts, hasRefundOfUnknownAmount: true });
    await reconcile(scene.cashier);
    expect(await openKinds()).toEqual(['refund_differs']);
  });

  test('says so when a provider cannot be asked, and goes on with the others', async () => {
    const { payment } = await scene.topup();
    scene.provider.listed = new Error('unreachable');
    paidThere(payment);
    expect(await reconcile(scene.cashier)).toMatchObject({
      asked: 1,
      found: 1,
      open: 1,
      items: [{ kind: 'not_asked' }],
    });
    scene.provider.listed = [];
    expect(await reconcile(scene.cashier)).toMatchObject({ open: 0 });
  });

  describe('a channel that is out of use', () => {
    test('is asked about what was begun there, and its list is gone through until nothing can come any more', async () => {
      const { order, payment } = await scene.topup();
      await editChannel(scene.cashier, scene.channel.id, { enabled: false });
      // The question about the attempt misses it, as where a gateway finds an order by its own number only.
      scene.provider.listed = [listed(payment)];
      expect(await reconcile(scene.cashier)).toMatchObject({ asked: 1, listed: 1, found: 1, open: 0 });
      expect(await scene.now(order)).toMatchObject({ state: 'fulfilled' });
      paidThere(payment);
      scene.provider.listed = new Error('unreachable');
      expect(await reconcile(scene.cashier)).toMatchObject({ listed: 0, open: 0 });
    });

    test('is listed while an order that is over may still be paid, and no longer', async () => {
      const { order } = await scene.topup();
      await editChannel(scene.cashier, scene.channel.id, { enabled: false });
      await cancelOrder(scene.cashier, order, 'test');
      scene.provider.listed = new Error('unreachable');
      expect(await reconcile(scene.cashier)).toMatchObject({ open: 1, items: [{ kind: 'not_asked' }] });
      scene.ctx.clock.advance(3 * DAY_MS);
      await askProviders(scene.cashier);
      expect(await reconcile(scene.cashier)).toMatchObject({ open: 0 });
    });

    test('is listed while a plan that it sold renews itself', async () => {
      const { payment } = await scene.topup();
      await applyFacts(scene.cashier, scene.channel, [paidFact(payment, { subscriptionRef: 'sub_1' })]);
      paidThere(payment);
      await editChannel(scene.cashier, scene.channel.id, { enabled: false });
      scene.provider.listed = new Error('unreachable');
      expect(await reconcile(scene.cashier)).toMatchObject({ items: [{ kind: 'not_asked' }] });
    });
  });

  test('asks nobody about what was paid by hand', async () => {
    const { order } = await scene.topup();
    await markPaid(scene.cashier, order, { reference: 'bank 1', actor: 'root', reason: null });
    const report = await reconcile(scene.cashier);
    expect(scene.provider.asked).toHaveLength(1);
    expect(report).toMatchObject({ open: 0 });
  });

  test('looks back as far as it is told, and always at what is open', async () => {
    const { payment } = await scene.topup();
    await applyFacts(scene.cashier, scene.channel, [paidFact(payment)]);
    paidThere(payment);
    scene.ctx.clock.advance(8 * DAY_MS);
    expect(await reconcile(scene.cashier)).toMatchObject({ asked: 0 });
    expect(await reconcile(scene.cashier, { days: 30 })).toMatchObject({ asked: 1 });
    await scene.topup();
    scene.ctx.clock.advance(20 * DAY_MS);
    expect(await reconcile(scene.cashier)).toMatchObject({ asked: 1 });
  });
});
