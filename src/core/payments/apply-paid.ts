import type { Ctx } from '../database/index.ts';
import { invariant } from '../invariant.ts';
import { channelAccount, postTransfer } from '../ledger/index.ts';
import {
  closeOrder,
  formatAmount,
  lockOrder,
  type PaymentIn,
  type PaymentTaken,
  REFUNDS_DUE,
  recordOrderEvent,
  takePayment,
} from '../orders/index.ts';
import type { Cashier } from './cashier.ts';
import { isPaid, OPEN_STATES, type Payment } from './payment.ts';
import { readByPaymentRef, readByReference, readPaymentsOf, updatePayment } from './payment-store.ts';
import type { PaymentFact } from './provider.ts';
import { reportDifference } from './recon-items.ts';
import { queueRefund } from './request-refund.ts';
import { requirePayment } from './require-payment.ts';
import type { ChannelRef, FactOutcome, Verdict } from './verdict.ts';

export type PaidFact = Extract<PaymentFact, { kind: 'paid' }>;
type EndedFact = Extract<PaymentFact, { kind: 'failed' | 'expired' }>;

/** Checks a payment against the attempt that it names and gives what was bought, once. Runs in a transaction. */
export async function applyPaid(cashier: Cashier, channel: ChannelRef, fact: PaidFact): Promise<FactOutcome> {
  const { ctx } = cashier;
  const found = await readByReference(ctx, fact.reference, channel.id);
  if (!found) return await unknownReference(cashier, fact.reference);
  const payment = await requirePayment(ctx, found.id);
  if (isPaid(payment)) return await completeRefs(cashier, payment, fact);
  if (await isBookedByHand(ctx, payment, fact)) return await giveUp(ctx, payment);
  const mismatch = mismatchOf(payment, fact);
  if (mismatch) return await refuse(cashier, channel, payment, fact, mismatch);
  const { latePayment: late } = cashier.billing();
  const debitAccount = channelAccount(channel.id);
  return await take(ctx, payment, fact, { actor: `provider:${channel.name}`, late, debitAccount });
}

type Taking = Pick<PaymentIn, 'actor' | 'late' | 'debitAccount' | 'reason'>;

/** Takes money for an attempt that is known to be what was agreed on. The attempt is locked. */
export async function take(
  ctx: Ctx,
  payment: Payment,
  paid: Pick<PaidFact, 'paymentRef' | 'method' | 'subscriptionRef'>,
  { actor, late, debitAccount, reason }: Taking,
): Promise<FactOutcome> {
  const taken = await takePayment(
    ctx,
    { kind: payment.orderKind, id: payment.orderId },
    {
      debitAccount,
      late,
      actor,
      ...(reason !== undefined && { reason }),
      subscriptionRef: paid.subscriptionRef,
      detail: { payment: payment.id, payment_ref: paid.paymentRef, ...(paid.method !== '' && { method: paid.method }) },
    },
  );
  const after: Payment = {
    ...payment,
    state: 'succeeded',
    paymentRef: paid.paymentRef,
    subscriptionRef: paid.subscriptionRef,
    renewal: paid.subscriptionRef === null ? 'none' : 'running',
    debitAccount,
    creditAccount: taken.creditAccount,
    creditedUsdMicros: taken.order.creditUsdMicros,
    nextAskAt: null,
    paidAt: ctx.clock.now(),
  };
  await updatePayment(ctx, after);
  if (taken.outcome === 'paid_again') await keepExtra(ctx, after, taken, actor);
  if (taken.creditAccount === REFUNDS_DUE) {
    await queueRefund(ctx, after, after.amountMinor, `the order was ${taken.outcome.replace('_', ' ')}`, 'system');
  }
  const verdict: Verdict = taken.outcome === 'fulfilled' ? 'applied' : taken.outcome;
  return { verdict, orderId: payment.orderId, detail: null };
}

/** An attempt came to nothing; the order lives on while another attempt may still be paid. */
export async function applyEnded(cashier: Cashier, channel: ChannelRef, fact: EndedFact): Promise<FactOutcome> {
  const { ctx } = cashier;
  const found = await readByReference(ctx, fact.reference, channel.id);
  if (!found) return await unknownReference(cashier, fact.reference);
  const payment = await requirePayment(ctx, found.id);
  const { orderId, orderKind } = payment;
  if (!OPEN_STATES.includes(payment.state)) return { verdict: 'already_applied', orderId, detail: null };
  await updatePayment(ctx, { ...payment, state: 'failed', nextAskAt: null });
  const actor = `provider:${channel.name}`;
  const detail = { payment: payment.id, reason: fact.reason };
  await recordOrderEvent(ctx, orderId, 'payment_failed', actor, detail);
  // The order is locked before its attempts are looked at: one that begins meanwhile is then seen, or sees it closed.
  await lockOrder(ctx, orderKind, orderId);
  const others = await readPaymentsOf(ctx, orderId);
  const isOver = others.every(({ id, state }) => id === payment.id || !OPEN_STATES.includes(state));
  if (isOver) await closeOrder(ctx, { kind: orderKind, id: orderId }, fact.kind, actor, detail);
  return { verdict: 'applied', orderId, detail: null };
}

async function unknownReference({ ctx }: Cashier, reference: string): Promise<FactOutcome> {
  const elsewhere = await readByReference(ctx, reference);
  if (!elsewhere)
    return {
      verdict: 'unknown_reference',
      orderId: null,
      detail: `no attempt has the reference ${reference.slice(0, 64)}`,
    };
  return { verdict: 'channel_mismatch', orderId: elsewhere.orderId, detail: 'the attempt belongs to another channel' };
}

/** Somebody has booked this very payment by hand, e.g. because its callback never came: it is the same money. */
async function isBookedByHand(ctx: Ctx, { orderId, channelId }: Payment, { paymentRef }: PaidFact): Promise<boolean> {
  const known = await readByPaymentRef(ctx, channelId, paymentRef);
  return known.some((each) => each.byHand && each.orderId === orderId);
}

/** Nothing is to be expected of the attempt any more. */
async function giveUp(ctx: Ctx, payment: Payment): Promise<FactOutcome> {
  if (OPEN_STATES.includes(payment.state)) await updatePayment(ctx, { ...payment, state: 'failed', nextAskAt: null });
  return { verdict: 'already_applied', orderId: payment.orderId, detail: 'it was booked by hand' };
}

/** The same payment may be told twice with different ids known. */
async function completeRefs({ ctx }: Cashier, payment: Payment, fact: PaidFact): Promise<FactOutcome> {
  if (payment.subscriptionRef === null && fact.subscriptionRef !== null) {
    await updatePayment(ctx, { ...payment, subscriptionRef: fact.subscriptionRef, renewal: 'running' });
  }
  return { verdict: 'already_applied', orderId: payment.orderId, detail: null };
}

function mismatchOf(payment: Payment, { amountMinor, currency }: PaidFact): Verdict | undefined {
  if (currency !== payment.currency) return 'currency_mismatch';
  return amountMinor === payment.amountMinor ? undefined : 'amount_mismatch';
}

async function refuse(
  cashier: Cashier,
  channel: ChannelRef,
  payment: Payment,
  fact: PaidFact,
  verdict: Verdict,
): Promise<FactOutcome> {
  const { ctx } = cashier;
  const { orderId } = payment;
  const agreed = `${formatAmount(payment.amountMinor, payment.currency)} ${payment.currency}`;
  const detail = `${fact.amountMinor} of the smallest unit of ${fact.currency.slice(0, 10)} came for an order of ${agreed}`;
  const about = `${payment.id}:${fact.amountMinor}:${fact.currency.slice(0, 10)}`;
  const isNew = await reportDifference(ctx, { kind: 'mismatch', about, detail, channelId: channel.id, orderId });
  const said = { payment: payment.id, verdict, detail };
  if (isNew) await recordOrderEvent(ctx, orderId, 'mismatch', `provider:${channel.name}`, said);
  return { verdict, orderId, detail };
}

/** The order has its money already: what came on top is the user's, or goes back. */
async function keepExtra(ctx: Ctx, payment: Payment, taken: PaymentTaken, actor: string): Promise<void> {
  const { debitAccount, creditAccount } = payment;
  invariant(debitAccount && creditAccount, 'a payment that was taken has its accounts');
  await postTransfer(ctx, {
    id: `order:${payment.id}`,
    kind: 'order',
    debitAccount,
    creditAccount,
    amountUsdMicros: taken.order.creditUsdMicros,
    refType: 'payment',
    refId: payment.id,
    actor,
    reason: 'the order was paid before',
  });
  await recordOrderEvent(ctx, payment.orderId, 'paid_again', actor, { payment: payment.id, to: creditAccount });
}
