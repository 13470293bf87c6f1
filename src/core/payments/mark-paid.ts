import { type Ctx, inTransaction } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { channelAccount, type LedgerAccount } from '../ledger/index.ts';
import { findOrder, lockOrder, type Order, recordOrderEvent } from '../orders/index.ts';
import { notFound } from '../pick-by-ref.ts';
import { take } from './apply-paid.ts';
import type { Cashier } from './cashier.ts';
import { newAttempt } from './new-attempt.ts';
import { insertPayment, readByReference } from './payment-store.ts';
import { BALANCE, MANUAL } from './providers.ts';
import { explainAll } from './recon-store.ts';

/** What a provider takes is in its channel's account; what a person has seen elsewhere is not. */
const BY_HAND: LedgerAccount = 'manual';

export interface HandPayment {
  /** What names the money elsewhere: a bank's reference, a receipt. Never used for two orders. */
  readonly reference: string;
  readonly actor: string;
  readonly reason: string | null;
}

/**
 * Takes it from root that the whole of an order was paid. One that is over by then is treated like a late payment, which
 * is always given as balance: nobody outside could send it back.
 * @throws Failure conflict when the order has its money already, or when the reference belongs to another order.
 */
export async function markPaid(cashier: Cashier, order: Order, payment: HandPayment): Promise<Order> {
  const reference = payment.reference.trim();
  if (!/^[\x20-\x7e]{1,120}$/.test(reference)) {
    throw new Failure('invalid_input', {
      message: 'a reference has 1 to 120 printable ASCII characters',
      param: 'reference',
    });
  }
  if (order.provider === BALANCE)
    throw new Failure('conflict', 'an order that is paid from the balance is paid by nobody else');
  await inTransaction(cashier.ctx, async (ctx) => {
    const now = await lockOrder(ctx, order.kind, order.id);
    if (!now) throw notFound('order', order.id);
    if (now.state === 'paid' || now.state === 'fulfilled' || now.state === 'paid_late') {
      throw new Failure('conflict', `the order ${order.number} has its money already`);
    }
    await requireNewReference(ctx, reference);
    const attempt = { ...newAttempt({ ctx }, now, `hand:${reference}`), byHand: true, nextAskAt: null };
    if (!(await insertPayment(ctx, attempt))) throw usedAlready(reference, 'before');
    await recordOrderEvent(ctx, order.id, 'marked_paid', payment.actor, { reference, reason: payment.reason });
    const paid = { paymentRef: reference, method: 'manual', subscriptionRef: null };
    const debitAccount = order.provider === MANUAL ? channelAccount(order.channelId) : BY_HAND;
    const reason = `by hand: ${reference}`;
    await take(ctx, attempt, paid, { actor: payment.actor, late: 'credit', debitAccount, reason });
    // What a provider has of it differs for good: the person who booked it has said why.
    await explainAll(ctx, { kind: 'mismatch', orderId: order.id }, `booked ${reason}`);
  });
  await cashier.changed('subscriptions');
  return await findOrder(cashier.ctx, order.id);
}

/** One receipt is one payment, whatever the channels of the orders are. @throws Failure conflict */
async function requireNewReference(ctx: Ctx, reference: string): Promise<void> {
  const other = await readByReference(ctx, `hand:${reference}`);
  if (other) throw usedAlready(reference, other.orderId);
}

function usedAlready(reference: string, orderId: string): Failure {
  return new Failure('conflict', `the reference "${reference}" was used already for the order ${orderId}`);
}
