import { type Ctx, inTransaction } from '../database/index.ts';
import { invariant } from '../invariant.ts';
import { type LedgerAccount, postTransfer, userAccount } from '../ledger/index.ts';
import { notFound } from '../pick-by-ref.ts';
import { grantSubscription } from '../subscriptions/index.ts';
import type { Order } from './order.ts';
import { changeOrderState, lockOrder } from './order-store.ts';
import { recordOrderEvent } from './record-order-event.ts';

/** What is done with a payment that arrives when its order is over: given as balance, or sent back. */
export type LatePolicy = 'credit' | 'refund';

export interface PaymentIn {
  /** Where the money came from: `channel:chan_…`, `manual`, or `user:usr_…` for a plan that is bought from the wallet. */
  readonly debitAccount: LedgerAccount;
  readonly late: LatePolicy;
  readonly actor: string;
  /** The provider's subscription that this payment began. */
  readonly subscriptionRef: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
  /** Stands beside the transfer. */
  readonly reason?: string;
}

export interface PaymentTaken {
  readonly order: Order;
  /** `paid_again`: the order has its money already, so nothing was posted and this payment is one too many. */
  readonly outcome: 'fulfilled' | 'paid_late' | 'paid_again';
  /** Where the order's money went. */
  readonly creditAccount: LedgerAccount;
}

/** Money that is owed back to a payer outside. */
export const REFUNDS_DUE: LedgerAccount = 'refunds_due';
export const PLAN_REVENUE: LedgerAccount = 'revenue:plans';

/**
 * Takes the payment of an order: the state, what was bought and the transfer `order:<id>` in one transaction, exactly
 * once however often and wherever it is called. Whoever calls has compared the amount with the order.
 * @throws Failure not_found
 */
export async function takePayment(
  ctx: Ctx,
  ref: Pick<Order, 'kind' | 'id'>,
  payment: PaymentIn,
): Promise<PaymentTaken> {
  return await inTransaction(ctx, async (tx) => {
    const order = await lockOrder(tx, ref.kind, ref.id);
    if (!order) throw notFound('order', ref.id);
    switch (order.state) {
      case 'pending':
        return await fulfil(tx, order, payment);
      case 'canceled':
      case 'expired':
      case 'failed':
        return await takeLate(tx, order, payment);
      case 'paid':
      case 'fulfilled':
      case 'paid_late':
        return { order, outcome: 'paid_again', creditAccount: lateAccount(order, payment.late) };
    }
  });
}

/** Where money goes that its order has no use for. */
export function lateAccount(order: Pick<Order, 'userId'>, late: LatePolicy): LedgerAccount {
  return late === 'credit' ? userAccount(order.userId) : REFUNDS_DUE;
}

async function fulfil(tx: Ctx, order: Order, payment: PaymentIn): Promise<PaymentTaken> {
  const at = tx.clock.now();
  await advance(tx, order, 'pending', { state: 'paid', paidAt: at });
  await recordOrderEvent(tx, order.id, 'paid', payment.actor, payment.detail);
  const creditAccount = order.kind === 'topup' ? userAccount(order.userId) : PLAN_REVENUE;
  if (order.planVersionId !== null) {
    await grantSubscription(tx, {
      userId: order.userId,
      planVersionId: order.planVersionId,
      source: orderSource(order),
      at,
      ...(payment.subscriptionRef !== null && { providerSubscriptionRef: payment.subscriptionRef }),
    });
  }
  await post(tx, order, payment, creditAccount);
  await advance(tx, order, 'paid', { state: 'fulfilled', fulfilledAt: at });
  await recordOrderEvent(tx, order.id, 'fulfilled', payment.actor, { to: creditAccount });
  return { order: { ...order, state: 'fulfilled', paidAt: at, fulfilledAt: at }, outcome: 'fulfilled', creditAccount };
}

/** Never dropped and never given as what was ordered: the plan may be another by now. */
async function takeLate(tx: Ctx, order: Order, payment: PaymentIn): Promise<PaymentTaken> {
  const at = tx.clock.now();
  const creditAccount = lateAccount(order, payment.late);
  await advance(tx, order, order.state, { state: 'paid_late', paidAt: at });
  await post(tx, order, payment, creditAccount);
  await recordOrderEvent(tx, order.id, 'paid_late', payment.actor, {
    ...payment.detail,
    after: order.state,
    to: creditAccount,
  });
  return { order: { ...order, state: 'paid_late', paidAt: at }, outcome: 'paid_late', creditAccount };
}

async function advance(
  tx: Ctx,
  order: Order,
  from: Order['state'],
  to: Parameters<typeof changeOrderState>[3],
): Promise<void> {
  // The row is held since it was read; where the database cannot hold a row, nobody else writes meanwhile.
  invariant(await changeOrderState(tx, order, from, to), `order ${order.id} left the state ${from} under a lock`);
}

async function post(tx: Ctx, order: Order, payment: PaymentIn, creditAccount: LedgerAccount): Promise<void> {
  await postTransfer(tx, {
    id: orderSource(order),
    kind: 'order',
    debitAccount: payment.debitAccount,
    creditAccount,
    amountUsdMicros: order.creditUsdMicros,
    refType: 'order',
    refId: order.id,
    actor: payment.actor,
    ...(payment.reason !== undefined && { reason: payment.reason }),
  });
}

/** What an order's transfer and its grant are keyed by. */
export function orderSource(order: Pick<Order, 'id'>): string {
  return `order:${order.id}`;
}
