import type { Ctx } from '../database/index.ts';
import type { ChannelId, OrderId, PaymentId, RefundId } from '../ids.ts';
import { cutPage, type Page, type PageRequest } from '../page.ts';
import { type EpochMs, epochMs } from '../time.ts';
import { type Refund, type RefundState, UNDECIDED } from './refund.ts';

interface RefundRow {
  readonly id: RefundId;
  readonly payment_id: PaymentId;
  readonly order_id: OrderId;
  readonly channel_id: ChannelId;
  readonly amount_minor: number;
  readonly currency: string;
  readonly state: RefundState;
  readonly refund_ref: string | null;
  readonly reason: string;
  readonly actor: string;
  readonly error: string | null;
  readonly asked: number;
  readonly next_at: number | null;
  readonly created_at: number;
  readonly updated_at: number;
}

export async function insertRefund(ctx: Ctx, refund: Refund): Promise<void> {
  await ctx.db('refunds').insert(toRow(refund));
}

/** False when it is in none of the states `from` any more: somebody else was first. */
export async function changeRefund(
  ctx: Ctx,
  id: RefundId,
  from: readonly RefundState[],
  to: Partial<Pick<Refund, 'refundRef' | 'error' | 'nextAt'>> & Pick<Refund, 'state'>,
): Promise<boolean> {
  const { state, refundRef, error, nextAt } = to;
  const changes = {
    state,
    ...(refundRef !== undefined && { refund_ref: refundRef }),
    ...(error !== undefined && { error }),
    ...(nextAt !== undefined && { next_at: nextAt }),
    updated_at: ctx.clock.now(),
  };
  return (
    (await ctx
      .db('refunds')
      .where({ id })
      .whereIn('state', [...from])
      .update(changes)) > 0
  );
}

/** Takes the next asking for this process. False when another one was faster. */
export async function claimRefund(
  ctx: Ctx,
  { id, asked, state }: Pick<Refund, 'id' | 'asked' | 'state'>,
  nextAt: EpochMs | null,
): Promise<boolean> {
  return (
    (await ctx
      .db('refunds')
      .where({ id, asked, state })
      .update({ asked: asked + 1, next_at: nextAt })) > 0
  );
}

/** Something is to be done about it at another time than was meant; nothing when it was decided meanwhile. */
export async function postponeRefund(
  ctx: Ctx,
  id: RefundId,
  { error, nextAt }: { readonly error: string; readonly nextAt: EpochMs },
): Promise<void> {
  await ctx.db('refunds').where({ id, state: 'requested' }).update({ error, next_at: nextAt });
}

/** Something is known of a payment that may be about its refunds: nobody waits any longer to ask what became of them. */
export async function askSoon(ctx: Ctx, paymentId: PaymentId): Promise<void> {
  await ctx
    .db('refunds')
    .where({ payment_id: paymentId })
    .whereIn('state', [...UNDECIDED])
    .update({ next_at: ctx.clock.now() });
}

export async function readRefund(ctx: Ctx, id: string): Promise<Refund | undefined> {
  const row: RefundRow | undefined = await ctx.db('refunds').where({ id }).first();
  return row && fromRow(row);
}

/** Oldest first. */
export async function readRefundsOf(ctx: Ctx, of: { paymentId: PaymentId } | { orderId: OrderId }): Promise<Refund[]> {
  const where = 'paymentId' in of ? { payment_id: of.paymentId } : { order_id: of.orderId };
  const rows: RefundRow[] = await ctx.db('refunds').where(where).orderBy('id');
  return rows.map(fromRow);
}

export async function readDueRefunds(ctx: Ctx, now: EpochMs, limit: number): Promise<Refund[]> {
  const rows: RefundRow[] = await ctx.db('refunds').where('next_at', '<=', now).orderBy(['next_at', 'id']).limit(limit);
  return rows.map(fromRow);
}

/** Newest first. */
export async function readRefundPage(
  ctx: Ctx,
  filter: { readonly state?: RefundState | undefined },
  { limit, after }: PageRequest,
): Promise<Page<Refund>> {
  const query = ctx
    .db('refunds')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (filter.state !== undefined) query.where({ state: filter.state });
  if (after !== undefined) query.where('id', '<', after);
  const rows: RefundRow[] = await query;
  return cutPage(rows.map(fromRow), limit);
}

function toRow(refund: Refund): RefundRow {
  return {
    id: refund.id,
    payment_id: refund.paymentId,
    order_id: refund.orderId,
    channel_id: refund.channelId,
    amount_minor: refund.amountMinor,
    currency: refund.currency,
    state: refund.state,
    refund_ref: refund.refundRef,
    reason: refund.reason,
    actor: refund.actor,
    error: refund.error,
    asked: refund.asked,
    next_at: refund.nextAt,
    created_at: refund.createdAt,
    updated_at: refund.updatedAt,
  };
}

function fromRow(row: RefundRow): Refund {
  return {
    id: row.id,
    paymentId: row.payment_id,
    orderId: row.order_id,
    channelId: row.channel_id,
    amountMinor: row.amount_minor,
    currency: row.currency,
    state: row.state,
    refundRef: row.refund_ref,
    reason: row.reason,
    actor: row.actor,
    error: row.error,
    asked: row.asked,
    nextAt: row.next_at === null ? null : epochMs(row.next_at),
    createdAt: epochMs(row.created_at),
    updatedAt: epochMs(row.updated_at),
  };
}
