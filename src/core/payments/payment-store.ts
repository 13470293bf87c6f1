import type { Ctx } from '../database/index.ts';
import type { ChannelId, OrderId, PaymentId } from '../ids.ts';
import type { EpochMs } from '../time.ts';
import { OPEN_STATES, type Payment } from './payment.ts';
import { fromRow, type PaymentRow, toRow } from './payment-row.ts';

/** False when the channel has a payment of that reference. */
export async function insertPayment(ctx: Ctx, payment: Payment): Promise<boolean> {
  const insert = ctx.db('payments').insert(toRow(payment));
  const done: unknown[] = await insert.onConflict(['channel_id', 'reference']).ignore().returning('id');
  return done.length > 0;
}

/** Writes all of it; only for one that `lockPayment` gave in the same transaction. */
export async function updatePayment(ctx: Ctx, payment: Payment): Promise<void> {
  const { id, ...row } = toRow(payment);
  await ctx.db('payments').where({ id }).update(row);
}

/** As it is now; held until the transaction ends where the database can hold a row. */
export async function lockPayment(ctx: Ctx, id: PaymentId): Promise<Payment | undefined> {
  const row: PaymentRow | undefined = await ctx.db('payments').where({ id }).forUpdate().first();
  return row && fromRow(row);
}

export async function readPayment(ctx: Ctx, id: PaymentId): Promise<Payment | undefined> {
  const row: PaymentRow | undefined = await ctx.db('payments').where({ id }).first();
  return row && fromRow(row);
}

/** By what the provider knows it by: of one channel, or of any. */
export async function readByReference(
  ctx: Ctx,
  reference: string,
  channelId?: ChannelId,
): Promise<Payment | undefined> {
  const query = ctx.db('payments').where({ reference });
  if (channelId !== undefined) query.where({ channel_id: channelId });
  const row: PaymentRow | undefined = await query.first();
  return row && fromRow(row);
}

export async function readByPaymentRef(ctx: Ctx, channelId: ChannelId, paymentRef: string): Promise<Payment[]> {
  const rows: PaymentRow[] = await ctx
    .db('payments')
    .where({ channel_id: channelId, payment_ref: paymentRef })
    .orderBy('id')
    .limit(2);
  return rows.map(fromRow);
}

/** The payment that began a subscription which the provider renews. */
export async function readFirstOf(
  ctx: Ctx,
  channelId: ChannelId,
  subscriptionRef: string,
): Promise<Payment | undefined> {
  const row: PaymentRow | undefined = await ctx
    .db('payments')
    .where({ channel_id: channelId, subscription_ref: subscriptionRef })
    .orderBy('id')
    .first();
  return row && fromRow(row);
}

/** Oldest first. */
export async function readPaymentsOf(ctx: Ctx, orderId: OrderId): Promise<Payment[]> {
  const rows: PaymentRow[] = await ctx.db('payments').where({ order_id: orderId }).orderBy('id');
  return rows.map(fromRow);
}

/** Those whose time to be asked about has come, the longest waiting first. */
export async function readDuePayments(ctx: Ctx, now: EpochMs, limit: number): Promise<Payment[]> {
  const due = ctx.db('payments').where('next_ask_at', '<=', now).orderBy('next_ask_at').limit(limit);
  return ((await due) as PaymentRow[]).map(fromRow);
}

/** Of a channel, made or paid since then, in the order of their ids. */
export async function readRecentPayments(
  ctx: Ctx,
  channelId: ChannelId,
  since: EpochMs,
  limit: number,
  after: string,
): Promise<Payment[]> {
  const rows: PaymentRow[] = await ctx
    .db('payments')
    .where({ channel_id: channelId, by_hand: 0 })
    .where((recent) =>
      recent
        .where('created_at', '>=', since)
        .orWhere('paid_at', '>=', since)
        .orWhereIn('state', [...OPEN_STATES]),
    )
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit);
  return rows.map(fromRow);
}

/** First payments of what the provider goes on to collect for. */
export async function readRenewing(ctx: Ctx, limit: number, after: string): Promise<Payment[]> {
  const rows: PaymentRow[] = await ctx
    .db('payments')
    .where({ renewal: 'running' })
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit);
  return rows.map(fromRow);
}

/** Whether money may still come by a channel: of an attempt that is asked about, or of what renews itself. */
export async function hasPaymentsUnderWay(ctx: Ctx, channelId: ChannelId): Promise<boolean> {
  const mayCome = ctx.db('payments').where((open) => open.whereNotNull('next_ask_at').orWhere({ renewal: 'running' }));
  return (await mayCome.where({ channel_id: channelId }).first('id')) !== undefined;
}

/** What came of starting it; nothing when it was paid or given up meanwhile. */
export async function writeStarted(
  ctx: Ctx,
  id: PaymentId,
  started: Partial<Pick<Payment, 'state' | 'providerRef' | 'payUrl' | 'payUrlUntil' | 'qrText' | 'nextAskAt'>>,
): Promise<void> {
  const { state, providerRef, payUrl, payUrlUntil, qrText, nextAskAt } = started;
  const changes = {
    ...(providerRef !== undefined && { provider_ref: providerRef }),
    ...(payUrl !== undefined && { pay_url: payUrl }),
    ...(payUrlUntil !== undefined && { pay_url_until: payUrlUntil }),
    ...(qrText !== undefined && { qr_text: qrText }),
  };
  if (Object.keys(changes).length > 0) await ctx.db('payments').where({ id }).update(changes);
  await ctx
    .db('payments')
    .where({ id, state: 'initiated' })
    .update({ ...(state !== undefined && { state }), ...(nextAskAt !== undefined && { next_ask_at: nextAskAt }) });
}

/** Takes the next asking for this process. False when another one was faster. */
export async function claimAsking(
  ctx: Ctx,
  { id, asked }: Pick<Payment, 'id' | 'asked'>,
  nextAskAt: EpochMs | null,
): Promise<boolean> {
  const changes = { asked: asked + 1, next_ask_at: nextAskAt };
  return (await ctx.db('payments').where({ id, asked }).update(changes)) > 0;
}

export async function writeRenewal(ctx: Ctx, id: PaymentId, renewal: Payment['renewal']): Promise<void> {
  await ctx.db('payments').where({ id }).update({ renewal });
}
