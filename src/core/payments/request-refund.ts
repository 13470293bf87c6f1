import { type Ctx, inTransaction } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { newId } from '../ids.ts';
import { findOrder, formatAmount, parseAmount, recordOrderEvent } from '../orders/index.ts';
import { notFound } from '../pick-by-ref.ts';
import { isPaid, type Payment } from './payment.ts';
import { readPayment, readPaymentsOf } from './payment-store.ts';
import { OPEN_REFUNDS, type Refund } from './refund.ts';
import { insertRefund, readRefundsOf } from './refund-store.ts';
import { requirePayment } from './require-payment.ts';

export interface RefundRequest {
  /** A payment (`pay_…`), or an order that has only one. */
  readonly of: string;
  /** As "5.00" in the currency of the payment; absent: all that is left. */
  readonly amount?: string | undefined;
  readonly reason: string;
  readonly actor: string;
}

/**
 * Queues a refund; `followRefunds` sends it to the provider.
 * @throws Failure not_found, invalid_input; conflict when there is not so much left of the payment.
 */
export async function requestRefund(ctx: Ctx, request: RefundRequest): Promise<Refund> {
  return await inTransaction(ctx, async (tx) => {
    const payment = await requirePayment(tx, (await findPaid(tx, request.of)).id);
    const left = await refundableOf(tx, payment);
    const amountMinor = request.amount === undefined ? left : parseAmount(request.amount, payment.currency);
    if (amountMinor > left || left <= 0) {
      throw new Failure('conflict', {
        message: `of the payment ${payment.id} ${formatAmount(Math.max(left, 0), payment.currency)} ${payment.currency} can go back`,
        hint: 'what is refunded, on its way or disputed cannot go back again',
        param: 'amount',
      });
    }
    return await queueRefund(tx, payment, amountMinor, request.reason, request.actor);
  });
}

/** The same without questions, for a payment that is held by this transaction. */
export async function queueRefund(
  ctx: Ctx,
  payment: Payment,
  amountMinor: number,
  reason: string,
  actor: string,
): Promise<Refund> {
  const now = ctx.clock.now();
  const refund: Refund = {
    id: newId('rfd', now, ctx.random),
    paymentId: payment.id,
    orderId: payment.orderId,
    channelId: payment.channelId,
    amountMinor,
    currency: payment.currency,
    state: 'requested',
    refundRef: null,
    reason,
    actor,
    error: null,
    asked: 0,
    nextAt: now,
    createdAt: now,
    updatedAt: now,
  };
  await insertRefund(ctx, refund);
  await recordOrderEvent(ctx, payment.orderId, 'refund_requested', actor, {
    refund: refund.id,
    payment: payment.id,
    amount: `${formatAmount(amountMinor, payment.currency)} ${payment.currency}`,
    reason,
  });
  return refund;
}

/** In the smallest unit: what nobody has taken back and nothing is on its way to. */
async function refundableOf(tx: Ctx, payment: Payment): Promise<number> {
  const refunds = await readRefundsOf(tx, { paymentId: payment.id });
  const onTheWay = refunds.filter(({ state }) => OPEN_REFUNDS.includes(state));
  const disputed = payment.disputeState === 'won' ? 0 : payment.disputedMinor;
  return (
    payment.amountMinor - payment.refundedMinor - disputed - onTheWay.reduce((sum, each) => sum + each.amountMinor, 0)
  );
}

async function findPaid(ctx: Ctx, ref: string): Promise<Payment> {
  if (ref.startsWith('pay_')) {
    const payment = await readPayment(ctx, ref as Payment['id']);
    if (!payment) throw notFound('payment', ref);
    if (isPaid(payment)) return payment;
    throw new Failure('conflict', `the payment ${ref} was never paid`);
  }
  const order = await findOrder(ctx, ref);
  const [only, second] = (await readPaymentsOf(ctx, order.id)).filter(isPaid);
  if (!only) throw new Failure('conflict', `the order ${order.number} was never paid`);
  if (!second) return only;
  throw new Failure('invalid_input', {
    message: `the order ${order.number} was paid more than once`,
    hint: `name the payment, like ${only.id}; see them with: realms order show ${order.number}`,
  });
}
