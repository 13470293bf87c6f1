import { inTransaction } from '../database/index.ts';
import { describeError, Failure } from '../failure.ts';
import { newId, type OrderId } from '../ids.ts';
import { invariant } from '../invariant.ts';
import { findOrder } from '../orders/index.ts';
import { notFound } from '../pick-by-ref.ts';
import { epochMs, HOUR_MS } from '../time.ts';
import type { Cashier } from './cashier.ts';
import type { SealedChannel } from './channel.ts';
import { openChannel } from './channel-secrets.ts';
import { readChannels } from './channel-store.ts';
import { backoff, processEvent } from './inbox.ts';
import type { InboxEvent } from './inbox-event.ts';
import { countUnread, insertEvent, lockEventByKey, updateEvent } from './inbox-store.ts';
import { requireChannel } from './manage-channels.ts';
import { fingerprintOf, maskCallback, plainText } from './mask-callback.ts';
import { ensureManualAttempt } from './new-attempt.ts';
import { readByReference } from './payment-store.ts';
import type { CallbackAnswers, CallbackReading, RawCallback } from './provider.ts';
import { MANUAL, providerOf } from './providers.ts';

/** Whoever floods a channel with what is not authentic fills a log, not the database. */
const UNREAD_AN_HOUR_MAX = 500;
const REFERENCES_WITHIN_BYTES = 16_384;
const REFERENCES_MAX = 3;

/** What the provider is told, as plain text. Anything else in it could be taken for the word that it waits for. */
export type CallbackAnswer = CallbackAnswers['accepted'];

/**
 * Takes a callback: reads it, and in one transaction stores it and gives it its effect. The provider hears "got it" only
 * when that is committed. A repetition of one that was applied does nothing and is accepted.
 * @throws Failure not_found when there is no such enabled channel: then the path does not exist.
 */
export async function receiveCallback(
  cashier: Cashier,
  to: { readonly provider: string; readonly channel: string | null },
  raw: RawCallback,
): Promise<CallbackAnswer> {
  return await receive(cashier, await channelFor(cashier, to.provider, to.channel), raw);
}

/**
 * Takes the message of another system that an order of a manual channel was paid.
 * @throws Failure not_found when there is no such order, or when its channel takes no such messages.
 */
export async function receiveOrderPaid(cashier: Cashier, orderRef: string, raw: RawCallback): Promise<CallbackAnswer> {
  const order = await findOrder(cashier.ctx, orderRef, 'subscription');
  const channel = await requireChannel(cashier, order.channelId);
  const { secrets } = openChannel(cashier.keyring, channel);
  if (channel.provider !== MANUAL || !channel.enabled || !secrets['webhook_secret']) throw notFound('order', orderRef);
  return await receive(cashier, channel, raw, async (reading) => {
    const isForIt = reading.facts.every((fact) => fact.kind === 'paid' && fact.reference === order.number);
    if (!isForIt) throw new Failure('forbidden', 'the callback is about another order than its address');
    await ensureManualAttempt(cashier, order);
  });
}

async function receive(
  cashier: Cashier,
  channel: SealedChannel,
  raw: RawCallback,
  beforeEffect?: (reading: CallbackReading) => Promise<void>,
): Promise<CallbackAnswer> {
  const { ctx } = cashier;
  const provider = providerOf(cashier.providers, channel.provider);
  const { accepted, refused } = provider.answers;
  let reading: CallbackReading;
  try {
    reading = await provider.readCallback(openChannel(cashier.keyring, channel), raw);
    await beforeEffect?.(reading);
  } catch (error) {
    await storeUnread(cashier, channel, raw, error);
    return refused;
  }
  try {
    const { event, isNew } = await inTransaction(
      ctx,
      async (tx) => await accept({ ...cashier, ctx: tx }, channel, reading, raw),
    );
    if (isNew && event.verdict === 'applied') await cashier.changed('subscriptions');
    return event.state === 'refused' ? refused : accepted;
  } catch (error) {
    ctx.log.error(
      { channel: channel.name, type: reading.type, error: describeError(error) },
      'a callback could not be applied',
    );
    await storeFailed(cashier, channel, reading, raw, describeError(error));
    return refused;
  }
}

/** @throws Failure not_found */
async function channelFor({ ctx }: Cashier, provider: string, ref: string | null): Promise<SealedChannel> {
  const open = (await readChannels(ctx)).filter((channel) => channel.provider === provider && channel.enabled);
  const meant = ref === null ? open : open.filter(({ id, name }) => id === ref || name === ref);
  const [channel, second] = meant;
  // Without a name the only channel is meant; which of two it is must not be guessed.
  if (!channel || second) throw notFound('channel', ref ?? provider);
  return channel;
}

/** `isNew`: it was looked at now, and not only counted. */
async function accept(
  cashier: Cashier,
  channel: SealedChannel,
  reading: CallbackReading,
  raw: RawCallback,
): Promise<{ readonly event: InboxEvent; readonly isNew: boolean }> {
  const { ctx } = cashier;
  const fresh = newEvent(cashier, channel, reading, raw);
  if (await insertEvent(ctx, fresh)) return { event: await processEvent(cashier, fresh), isNew: true };
  const known = await lockEventByKey(ctx, fresh);
  invariant(known, `the callback ${fresh.eventKey} is neither new nor there`);
  const again = { ...known, deliveries: known.deliveries + 1 };
  if (known.state === 'applied') {
    await updateEvent(ctx, again);
    return { event: again, isNew: false };
  }
  // What it says now counts: the one before may have been incomplete.
  const { type, shown, facts, livemode } = fresh;
  return { event: await processEvent(cashier, { ...again, type, shown, facts, livemode }), isNew: true };
}

function newEvent(
  { ctx }: Cashier,
  channel: SealedChannel,
  reading: Pick<CallbackReading, 'eventKey' | 'type' | 'shown' | 'facts' | 'livemode'>,
  raw: RawCallback,
): InboxEvent {
  return {
    id: newId('inb', ctx.clock.now(), ctx.random),
    channelId: channel.id,
    eventKey: plainText(reading.eventKey),
    type: plainText(reading.type),
    shown: plainText(reading.shown),
    facts: reading.facts,
    livemode: reading.livemode ?? null,
    state: 'received',
    verdict: 'received',
    error: null,
    orderId: null,
    deliveries: 1,
    attempts: 0,
    nextAt: null,
    receivedAt: raw.receivedAt,
    updatedAt: ctx.clock.now(),
  };
}

/** The callback is authentic and its effect failed: it is kept, and tried here as well as sent again from there. */
async function storeFailed(
  cashier: Cashier,
  channel: SealedChannel,
  reading: CallbackReading,
  raw: RawCallback,
  error: string,
): Promise<void> {
  const fresh = newEvent(cashier, channel, reading, raw);
  await store(cashier, fresh, (known) => ({
    ...known,
    ...(known.state !== 'applied' && {
      state: 'retry',
      verdict: 'failed',
      error,
      attempts: known.attempts + 1,
      nextAt: backoff(cashier.ctx.clock.now(), known.attempts + 1),
    }),
  }));
}

/** Not authentic, or not to be read just now. Nothing of it is ever applied; the provider is asked in its own time. */
async function storeUnread(cashier: Cashier, channel: SealedChannel, raw: RawCallback, error: unknown): Promise<void> {
  const { ctx } = cashier;
  const isForged = error instanceof Failure && error.code === 'forbidden';
  const reason = describeError(error);
  ctx.log.warn(
    { channel: channel.name, reason },
    isForged ? 'a callback is not authentic' : 'a callback cannot be read',
  );
  const since = epochMs(ctx.clock.now() - HOUR_MS);
  if (isForged && (await countUnread(ctx, channel.id, since)) >= UNREAD_AN_HOUR_MAX) return;
  const reading = { eventKey: `unread:${fingerprintOf(raw)}`, type: 'unread', shown: maskCallback(raw), facts: [] };
  const fresh = newEvent(cashier, channel, reading, raw);
  const verdict = isForged ? 'not_authentic' : 'failed';
  const orderId = await orderNamedIn(cashier, channel, raw).catch(() => null);
  await store(cashier, fresh, (known) => ({ ...known, orderId, state: 'refused', verdict, error: plainText(reason) }));
}

/** The order that a forged callback claims to be about, so that its history shows the try. */
async function orderNamedIn(
  { ctx }: Cashier,
  channel: SealedChannel,
  { query, body }: RawCallback,
): Promise<OrderId | null> {
  const text = `${query} ${body.subarray(0, REFERENCES_WITHIN_BYTES).toString('latin1')}`;
  for (const [reference] of [...text.matchAll(/\b[0-9a-z]{26}\b/g)].slice(0, REFERENCES_MAX)) {
    const payment = await readByReference(ctx, reference, channel.id);
    if (payment) return payment.orderId;
  }
  return null;
}

/** Writes a row beside the transaction that failed. The answer is a refusal anyhow, so a fault here only shows in the log. */
async function store(cashier: Cashier, fresh: InboxEvent, change: (known: InboxEvent) => InboxEvent): Promise<void> {
  try {
    await inTransaction(cashier.ctx, async (ctx) => {
      if (await insertEvent(ctx, change(fresh))) return;
      const known = await lockEventByKey(ctx, fresh);
      if (known)
        await updateEvent(ctx, { ...change(known), deliveries: known.deliveries + 1, updatedAt: ctx.clock.now() });
    });
  } catch (error) {
    cashier.ctx.log.error({ error: describeError(error) }, 'a callback could not be stored');
  }
}
