import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Secret } from '../secret.ts';
import { DAY_MS, HOUR_MS, SECOND_MS } from '../time.ts';
import { findInboxEvent, listInbox, pruneInbox, replayEvent, retryInbox } from './inbox.ts';
import { addChannel, editChannel } from './manage-channels.ts';
import { tellOrder } from './order-story.ts';
import type { CallbackReading } from './provider.ts';
import { receiveCallback } from './receive-callback.ts';
import { listReconItems } from './recon-items.ts';
import { fakeCallback } from './testing/fake-provider.ts';
import { type PaymentScene, paidFact, paymentScene } from './testing/payment-scene.ts';

const MAIN = { provider: 'fake', channel: 'main' };
let scene: PaymentScene;

beforeEach(async () => {
  scene = await paymentScene();
});
afterEach(async () => {
  expect(await scene.violations()).toEqual([]);
  await scene.close();
});

const send = async (reading: Omit<CallbackReading, 'shown'>, key?: string) =>
  (await receiveCallback(scene.cashier, MAIN, fakeCallback(reading, key, scene.ctx.clock.now()))).body;
const rows = async () => (await listInbox(scene.cashier, {}, { limit: 100 })).items;
const paid = async () => {
  const { order, payment } = await scene.topup();
  return { order, payment, reading: { eventKey: 'evt_1', type: 'paid', facts: [paidFact(payment)] } };
};

describe('a callback', () => {
  test('is stored with its verdict, and done nothing about when it comes again after it was applied', async () => {
    const { order, payment, reading } = await paid();
    expect(await send(reading)).toBe('success');
    expect(await send(reading)).toBe('success');
    expect(await rows()).toMatchObject([
      { state: 'applied', verdict: 'applied', deliveries: 2, attempts: 1, orderId: order.id, type: 'paid' },
    ]);
    const { callbacks } = await tellOrder(scene.ctx, order);
    expect(callbacks[0]?.facts).toEqual([paidFact(payment)]);
  });

  test('of another amount, currency or mode is refused, stored, told aloud, and credited never', async () => {
    const { order, payment } = await scene.topup();
    const wrong = [
      [paidFact(payment, { amountMinor: 1 }), undefined, 'amount_mismatch'],
      [paidFact(payment, { currency: 'USD' }), undefined, 'currency_mismatch'],
      [paidFact(payment), true, 'livemode_mismatch'],
      [paidFact(payment, { reference: 'x'.repeat(26) }), undefined, 'unknown_reference'],
    ] as const;
    for (const [fact, livemode, verdict] of wrong) {
      const reading = { eventKey: verdict, type: 'paid', facts: [fact], ...(livemode !== undefined && { livemode }) };
      expect(await send(reading)).toBe('fail');
      expect(await rows()).toContainEqual(expect.objectContaining({ eventKey: verdict, state: 'refused', verdict }));
      expect(scene.said.join('\n')).toContain(verdict);
    }
    expect(await scene.balance()).toBe(0);
    expect(await scene.now(order)).toMatchObject({ state: 'pending' });
  });

  test('that was refused is looked at anew when it comes again', async () => {
    const { payment, reading } = await paid();
    expect(await send({ ...reading, livemode: true })).toBe('fail');
    const secrets = { key: new Secret('live_key_2_of_the_channel') };
    await editChannel(scene.cashier, scene.channel.id, { secrets });
    expect(await send({ ...reading, livemode: true }, 'live_key_2_of_the_channel')).toBe('success');
    expect(await scene.balance()).toBeGreaterThan(0);
    expect((await rows())[0]).toMatchObject({ state: 'applied', deliveries: 2, attempts: 2 });
    expect(payment.state).toBe('pending');
  });

  test('that does not stand in the way of a later one under another key', async () => {
    const { order, reading } = await paid();
    expect(await send({ eventKey: 'evt_0', type: 'waiting', facts: [{ kind: 'ignored', why: 'not paid yet' }] })).toBe(
      'success',
    );
    expect(await send(reading)).toBe('success');
    expect(await scene.now(order)).toMatchObject({ state: 'fulfilled' });
  });

  test('that is forged is refused, kept once without its secrets, and shown with the order that it names', async () => {
    const { order, payment, reading } = await paid();
    const forged = { ...fakeCallback(reading, 'guessed'), query: `sign=abc123&out_trade_no=${payment.reference}` };
    expect((await receiveCallback(scene.cashier, MAIN, forged)).body).toBe('fail');
    expect((await receiveCallback(scene.cashier, MAIN, forged)).body).toBe('fail');
    const { callbacks } = await tellOrder(scene.ctx, order);
    expect(callbacks).toMatchObject([{ state: 'refused', verdict: 'not_authentic', deliveries: 2, facts: [] }]);
    expect(callbacks[0]?.shown).not.toContain('abc123');
    const [event] = callbacks;
    await expect(replayEvent(scene.cashier, event?.id ?? '')).rejects.toMatchObject({ code: 'conflict' });
    expect(await scene.balance()).toBe(0);
  });

  test('in a flood of forged ones fills no database, and authentic ones pass', async () => {
    const { order, reading } = await paid();
    for (let n = 0; n < 520; n++) await send({ ...reading, eventKey: `forged ${n}` }, 'guessed');
    expect(await scene.database.knex('payment_events').count({ n: '*' })).toMatchObject([{ n: 500 }]);
    expect(await send(reading)).toBe('success');
    expect(await scene.now(order)).toMatchObject({ state: 'fulfilled' });
    scene.ctx.clock.advance(31 * DAY_MS);
    await pruneInbox(scene.cashier);
    expect(await rows()).toMatchObject([{ state: 'applied' }]);
  }, 60_000);

  test('finds no channel that is unknown, out of use, of another provider, or one of several', async () => {
    const { reading } = await paid();
    const raw = fakeCallback(reading);
    const to = (provider: string, channel: string | null) => receiveCallback(scene.cashier, { provider, channel }, raw);
    await expect(to('fake', 'nope')).rejects.toMatchObject({ code: 'not_found' });
    await expect(to('manual', 'main')).rejects.toMatchObject({ code: 'not_found' });
    await addChannel(scene.cashier, {
      name: 'second',
      provider: 'fake',
      settings: {},
      secrets: { key: new Secret('test_2') },
      allowPrivate: false,
    });
    await expect(to('fake', null)).rejects.toMatchObject({ code: 'not_found' });
    await editChannel(scene.cashier, scene.channel.id, { enabled: false });
    await expect(to('fake', 'main')).rejects.toMatchObject({ code: 'not_found' });
    expect(await scene.balance()).toBe(0);
    await editChannel(scene.cashier, scene.channel.id, { enabled: true });
    expect(await to('fake', scene.channel.id)).toMatchObject({ body: 'success' });
  });

  test('for the only channel needs no name', async () => {
    const { reading } = await paid();
    const answer = await receiveCallback(scene.cashier, { provider: 'fake', channel: null }, fakeCallback(reading));
    expect(answer.body).toBe('success');
  });
});

describe('a callback whose effect fails', () => {
  const breakLedger = async () => await scene.database.knex.schema.renameTable('order_events', 'out_of_reach');
  const mend = async () => await scene.database.knex.schema.renameTable('out_of_reach', 'order_events');

  test('changes nothing, is answered with a refusal, and is tried again until it is applied', async () => {
    const { order, reading } = await paid();
    await breakLedger();
    expect(await send(reading)).toBe('fail');
    expect(await scene.balance()).toBe(0);
    expect(await rows()).toMatchObject([{ state: 'retry', verdict: 'failed', attempts: 1 }]);
    expect(await retryInbox(scene.cashier)).toBe(0);
    scene.ctx.clock.advance(11 * SECOND_MS);
    expect(await retryInbox(scene.cashier)).toBe(1);
    expect(await rows()).toMatchObject([{ state: 'retry', attempts: 2 }]);
    await mend();
    scene.ctx.clock.advance(21 * SECOND_MS);
    await retryInbox(scene.cashier);
    expect(await rows()).toMatchObject([{ state: 'applied', verdict: 'applied', attempts: 3 }]);
    expect(await scene.now(order)).toMatchObject({ state: 'fulfilled' });
  });

  test('is applied by its own repetition as well', async () => {
    const { order, reading } = await paid();
    await breakLedger();
    expect(await send(reading)).toBe('fail');
    await mend();
    expect(await send(reading)).toBe('success');
    expect(await scene.now(order)).toMatchObject({ state: 'fulfilled' });
  });

  test('for days is put before a person, who can replay it', async () => {
    const { order, reading } = await paid();
    await breakLedger();
    await send(reading);
    for (let hours = 0; hours < 80; hours++) {
      scene.ctx.clock.advance(HOUR_MS + SECOND_MS);
      await retryInbox(scene.cashier);
    }
    await mend();
    const [event] = await rows();
    expect(event).toMatchObject({ state: 'refused', verdict: 'given_up', nextAt: null });
    const items = async () => (await listReconItems(scene.ctx, {}, { limit: 10 })).items;
    expect(await items()).toMatchObject([{ kind: 'stuck_callback', state: 'open' }]);
    expect(await replayEvent(scene.cashier, event?.id ?? '')).toMatchObject({ state: 'applied' });
    expect(await scene.now(order)).toMatchObject({ state: 'fulfilled' });
    expect(await items()).toMatchObject([{ state: 'fixed' }]);
    expect(await replayEvent(scene.cashier, event?.id ?? '')).toMatchObject({ verdict: 'already_applied' });
  });
});

test('what is about a payment that never comes is given up in silence', async () => {
  const fact = {
    kind: 'reversal',
    paymentRef: 'pi_foreign',
    refundedMinor: 5,
    disputedMinor: 0,
    disputeState: 'none',
  } as const;
  expect(await send({ eventKey: 'evt_9', type: 'refund', facts: [fact] })).toBe('success');
  for (let hours = 0; hours < 80; hours++) {
    scene.ctx.clock.advance(HOUR_MS + SECOND_MS);
    await retryInbox(scene.cashier);
  }
  expect(await rows()).toMatchObject([{ state: 'ignored', verdict: 'given_up' }]);
  expect((await listReconItems(scene.ctx, {}, { limit: 10 })).items).toEqual([]);
  await expect(findInboxEvent(scene.cashier, 'inb_none')).rejects.toMatchObject({ code: 'not_found' });
});
