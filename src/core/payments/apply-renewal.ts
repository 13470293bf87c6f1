import { newId } from '../ids.ts';
import { channelAccount, type LedgerAccount, postTransfer } from '../ledger/index.ts';
import {
  findOrder,
  formatAmount,
  lateAccount,
  type Order,
  PLAN_REVENUE,
  REFUNDS_DUE,
  recordOrderEvent,
} from '../orders/index.ts';
import { followProvider, renewSubscription } from '../subscriptions/index.ts';
import { applyPaid } from './apply-paid.ts';
import { INVOICE } from './apply-reversal.ts';
import type { Cashier } from './cashier.ts';
import { isPaid, type Payment, UNPAID } from './payment.ts';
import { insertPayment, readByReference, readFirstOf, updatePayment } from './payment-store.ts';
import type { PaymentFact } from './provider.ts';
import { reportDifference } from './recon-items.ts';
import { queueRefund } from './request-refund.ts';
import { requirePayment } from './require-payment.ts';
import type { ChannelRef, FactOutcome } from './verdict.ts';

type RenewalFact = Extract<PaymentFact, { kind: 'renewal_paid' }>;
type StateFact = Extract<PaymentFact, { kind: 'subscription_state' }>;

/** A period that the provider collected: the first one pays the order, every later one adds its time. In a transaction. */
export async function applyRenewal(cashier: Cashier, channel: ChannelRef, fact: RenewalFact): Promise<FactOutcome> {
  const { subscriptionRef, reference } = fact;
  if (reference !== null) {
    const { paymentRef, amountMinor, currency } = fact;
    return await applyPaid(cashier, channel, {
      kind: 'paid',
      reference,
      paymentRef,
      amountMinor,
      currency,
      method: '',
      subscriptionRef,
    });
  }
  const first = await readFirstOf(cashier.ctx, channel.id, subscriptionRef);
  if (!first || !isPaid(first)) return notYetKnown(subscriptionRef, first);
  if (first.paymentRef === fact.paymentRef) return { verdict: 'already_applied', orderId: first.orderId, detail: null };
  if (first.amountMinor !== fact.amountMinor || first.currency !== fact.currency) {
    return await refuse(cashier, channel, first, fact);
  }
  return await takeInvoice(cashier, channel, first, fact);
}

/** Past due, active again, or canceled at the provider. In a transaction. */
export async function applySubscriptionState(
  cashier: Cashier,
  channel: ChannelRef,
  fact: StateFact,
): Promise<FactOutcome> {
  const { ctx } = cashier;
  const { subscriptionRef, state, cancelAtPeriodEnd } = fact;
  const found = await readFirstOf(ctx, channel.id, subscriptionRef);
  if (!found) return notYetKnown(subscriptionRef);
  const first = await requirePayment(ctx, found.id);
  const { orderId } = first;
  const asOf = fact.asOf ?? ctx.clock.now();
  // What has ended at the provider never begins again, whatever else is still on its way.
  const isOld = first.renewal === 'ended' || (first.subscriptionAsOf !== null && asOf < first.subscriptionAsOf);
  if (isOld) return { verdict: 'already_applied', orderId, detail: null };
  const renewal = state === 'canceled' ? 'ended' : 'running';
  await updatePayment(ctx, { ...first, renewal, subscriptionAsOf: asOf });
  await followProvider(ctx, { providerSubscriptionRef: subscriptionRef, state, cancelAtPeriodEnd });
  await recordOrderEvent(ctx, orderId, 'renewal_state', `provider:${channel.name}`, {
    state,
    cancel_at_period_end: cancelAtPeriodEnd,
  });
  return { verdict: 'applied', orderId, detail: null };
}

async function takeInvoice(
  cashier: Cashier,
  channel: ChannelRef,
  first: Payment,
  fact: RenewalFact,
): Promise<FactOutcome> {
  const { ctx } = cashier;
  const { orderId } = first;
  const now = ctx.clock.now();
  const reference = `${INVOICE}${fact.invoiceRef}`;
  const invoice: Payment = {
    ...UNPAID,
    id: newId('pay', now, ctx.random),
    orderKind: first.orderKind,
    orderId,
    channelId: channel.id,
    reference,
    providerRef: fact.invoiceRef,
    paymentRef: fact.paymentRef,
    // Only the first payment of a subscription is found by it.
    subscriptionRef: null,
    state: 'succeeded',
    amountMinor: fact.amountMinor,
    currency: fact.currency,
    createdAt: now,
    paidAt: now,
  };
  if (!(await insertPayment(ctx, invoice))) {
    const known = await readByReference(ctx, reference, channel.id);
    return { verdict: 'already_applied', orderId: known?.orderId ?? orderId, detail: null };
  }
  const order = await findOrder(ctx, orderId);
  const creditAccount = await giveTime(cashier, order, invoice, fact);
  const paid = {
    ...invoice,
    debitAccount: channelAccount(channel.id),
    creditAccount,
    creditedUsdMicros: order.creditUsdMicros,
  };
  await updatePayment(ctx, paid);
  const actor = `provider:${channel.name}`;
  await postTransfer(ctx, {
    id: `invoice:${invoice.id}`,
    kind: 'invoice',
    debitAccount: paid.debitAccount,
    creditAccount,
    amountUsdMicros: order.creditUsdMicros,
    refType: 'payment',
    refId: invoice.id,
    actor,
  });
  if (creditAccount === REFUNDS_DUE)
    await queueRefund(ctx, paid, paid.amountMinor, 'there is nothing to renew', 'system');
  await recordOrderEvent(ctx, orderId, 'renewed', actor, {
    payment: invoice.id,
    invoice: fact.invoiceRef,
    to: creditAccount,
  });
  return { verdict: 'applied', orderId, detail: null };
}

/** Where the money of a period goes: it buys time, or, when there is nothing to renew, it is the user's or goes back. */
async function giveTime(cashier: Cashier, order: Order, invoice: Payment, fact: RenewalFact): Promise<LedgerAccount> {
  const renewed = await renewSubscription(cashier.ctx, {
    providerSubscriptionRef: fact.subscriptionRef,
    source: `invoice:${invoice.id}`,
    periodStart: fact.periodStart,
    periodEnd: fact.periodEnd,
  });
  return renewed.kind === 'unknown_subscription' ? lateAccount(order, cashier.billing().latePayment) : PLAN_REVENUE;
}

async function refuse(cashier: Cashier, channel: ChannelRef, first: Payment, fact: RenewalFact): Promise<FactOutcome> {
  const verdict = first.currency === fact.currency ? 'amount_mismatch' : 'currency_mismatch';
  const { orderId } = first;
  const agreed = `${formatAmount(first.amountMinor, first.currency)} ${first.currency}`;
  const detail = `invoice ${fact.invoiceRef} is of ${fact.amountMinor} of the smallest unit of ${fact.currency.slice(0, 10)} instead of ${agreed}`;
  const isNew = await reportDifference(cashier.ctx, {
    kind: 'mismatch',
    about: `${first.id}:${fact.invoiceRef}`,
    detail,
    channelId: channel.id,
    orderId,
  });
  const said = { invoice: fact.invoiceRef, verdict, detail };
  if (isNew) await recordOrderEvent(cashier.ctx, orderId, 'mismatch', `provider:${channel.name}`, said);
  return { verdict, orderId, detail };
}

function notYetKnown(subscriptionRef: string, first?: Payment): FactOutcome {
  const detail = `the first payment of ${subscriptionRef.slice(0, 64)} is not known yet`;
  return { verdict: 'not_yet_known', orderId: first?.orderId ?? null, detail };
}
