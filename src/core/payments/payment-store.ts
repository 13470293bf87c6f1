import type { Ctx } from '../database/index.ts';
import type { ChannelId, OrderId, PaymentId } from '../ids.ts';
import type { LedgerAccount } from '../ledger/index.ts';
import type { UsdMicros } from '../money.ts';
import type { OrderKind } from '../orders/index.ts';
import { type EpochMs, epochMs } from '../time.ts';
import { type DisputeState, OPEN_STATES, type Payment, type PaymentState } from './payment.ts';

interface PaymentRow {
  readonly id: PaymentId;
  readonly order_kind: OrderKind;
  readonly order_id: OrderId;
  readonly channel_id: ChannelId;
  readonly reference: string;
  readonly provider_ref: string | null;
  readonly payment_ref: string | null;
  readonly subscription_ref: string | null;
  readonly state: PaymentState;
  readonly renewal: Payment['renewal'];
  readonly by_hand: number;
  readonly amount_minor: number;
  readonly currency: string;
  readonly pay_url: string | null;
  readonly pay_url_until: number | null;
  readonly qr_text: string | null;
  readonly debit_account: string | null;
  readonly credit_account: string | null;
  readonly credited_usd_micros: number;
  readonly refunded_minor: number;
  readonly disputed_minor: number;
  readonly dispute_state: DisputeState;
  readonly returned_usd_micros: number;
  readonly disputed_usd_micros: number;
  readonly reversals: number;
  readonly reversal_as_of: number | null;
  readonly subscription_as_of: number | null;
  readonly asked: number;
  readonly next_ask_at: number | null;
  readonly created_at: number;
  readonly paid_at: number | null;
}

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

function toRow(payment: Payment): PaymentRow {
  return {
    id: payment.id,
    order_kind: payment.orderKind,
    order_id: payment.orderId,
    channel_id: payment.channelId,
    reference: payment.reference,
    provider_ref: payment.providerRef,
    payment_ref: payment.paymentRef,
    subscription_ref: payment.subscriptionRef,
    state: payment.state,
    renewal: payment.renewal,
    by_hand: Number(payment.byHand),
    amount_minor: payment.amountMinor,
    currency: payment.currency,
    pay_url: payment.payUrl,
    pay_url_until: payment.payUrlUntil,
    qr_text: payment.qrText,
    debit_account: payment.debitAccount,
    credit_account: payment.creditAccount,
    credited_usd_micros: payment.creditedUsdMicros,
    refunded_minor: payment.refundedMinor,
    disputed_minor: payment.disputedMinor,
    dispute_state: payment.disputeState,
    returned_usd_micros: payment.returnedUsdMicros,
    disputed_usd_micros: payment.disputedUsdMicros,
    reversals: payment.reversals,
    reversal_as_of: payment.reversalAsOf,
    subscription_as_of: payment.subscriptionAsOf,
    asked: payment.asked,
    next_ask_at: payment.nextAskAt,
    created_at: payment.createdAt,
    paid_at: payment.paidAt,
  };
}

function fromRow(row: PaymentRow): Payment {
  return {
    id: row.id,
    orderKind: row.order_kind,
    orderId: row.order_id,
    channelId: row.channel_id,
    reference: row.reference,
    providerRef: row.provider_ref,
    paymentRef: row.payment_ref,
    subscriptionRef: row.subscription_ref,
    state: row.state,
    renewal: row.renewal,
    byHand: row.by_hand === 1,
    amountMinor: row.amount_minor,
    currency: row.currency,
    payUrl: row.pay_url,
    payUrlUntil: instantOrNull(row.pay_url_until),
    qrText: row.qr_text,
    debitAccount: row.debit_account as LedgerAccount | null,
    creditAccount: row.credit_account as LedgerAccount | null,
    creditedUsdMicros: row.credited_usd_micros as UsdMicros,
    refundedMinor: row.refunded_minor,
    disputedMinor: row.disputed_minor,
    disputeState: row.dispute_state,
    returnedUsdMicros: row.returned_usd_micros,
    disputedUsdMicros: row.disputed_usd_micros,
    reversals: row.reversals,
    reversalAsOf: instantOrNull(row.reversal_as_of),
    subscriptionAsOf: instantOrNull(row.subscription_as_of),
    asked: row.asked,
    nextAskAt: instantOrNull(row.next_ask_at),
    createdAt: epochMs(row.created_at),
    paidAt: instantOrNull(row.paid_at),
  };
}

function instantOrNull(value: number | null): EpochMs | null {
  return value === null ? null : epochMs(value);
}
