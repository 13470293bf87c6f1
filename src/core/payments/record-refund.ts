import { inTransaction } from '../database/index.ts';
import { describeError } from '../failure.ts';
import { recordOrderEvent } from '../orders/index.ts';
import { epochMs, MINUTE_MS } from '../time.ts';
import { applyFacts } from './apply-facts.ts';
import { reverseTo } from './apply-reversal.ts';
import type { Cashier } from './cashier.ts';
import type { Payment } from './payment.ts';
import type { RefundAnswer, ReversalFact } from './provider.ts';
import { UNDECIDED } from './refund.ts';
import type { RefundCall } from './refund-call.ts';
import { markFailed, markSucceeded, reportUnknown } from './refund-outcome.ts';
import { changeRefund, readRefundsOf } from './refund-store.ts';
import { requirePayment } from './require-payment.ts';

/** Longer than any provider takes to answer: who is not done by then has died on the way. */
export const ANSWER_MS = 5 * MINUTE_MS;
const PENDING_MS = 30 * MINUTE_MS;

/** Writes what the provider said of a refund that was sent. */
export async function recordAnswer(cashier: Cashier, call: RefundCall, answer: RefundAnswer): Promise<void> {
  if (answer.state === 'failed') {
    await recordFailure(cashier, call, answer.reason, 'system');
    return;
  }
  if (answer.state === 'unknown') {
    await recordUnknown(cashier, call, answer.reason);
    return;
  }
  if (answer.state === 'pending') {
    await recordPending(cashier, call, answer.refundRef, null);
    return;
  }
  try {
    const told = (await call.provider.totals?.(call.input.channel, call.input)) ?? null;
    await recordSuccess(cashier, call, answer.refundRef, told, 'system');
  } catch (error) {
    // Nothing is posted on a guess: it is done when the provider has told how much is gone.
    await recordPending(cashier, call, answer.refundRef, describeError(error));
    throw error;
  }
}

/**
 * The refund was done. What goes back of the payment's worth is what the provider's totals say, and never their sum with a
 * refund that may be in them, or that took the place of one that came back. False when it was known before.
 */
export async function recordSuccess(
  cashier: Cashier,
  { refund, input }: RefundCall,
  refundRef: string | null,
  told: ReversalFact | null,
  actor: string,
): Promise<boolean> {
  const isNew = await inTransaction(cashier.ctx, async (ctx) => {
    // The payment first, as everyone does who holds both.
    const payment = await requirePayment(ctx, refund.paymentId);
    if (!(await markSucceeded(ctx, refund, refundRef, actor))) return false;
    if (told !== null) await applyFacts({ ...cashier, ctx }, input.channel, [told]);
    else
      await reverseTo(
        ctx,
        payment,
        { ...payment, refundedMinor: await doneOf({ ...cashier, ctx }, payment) },
        null,
        actor,
      );
    return true;
  });
  if (isNew) await cashier.changed('subscriptions');
  return isNew;
}

/** False when what became of it was known before. */
export async function recordFailure(
  cashier: Cashier,
  { refund }: RefundCall,
  reason: string,
  actor: string,
): Promise<boolean> {
  return await inTransaction(cashier.ctx, async (ctx) => {
    const payment = await requirePayment(ctx, refund.paymentId);
    return await markFailed(ctx, refund, payment, reason, actor);
  });
}

/** Nobody knows whether it was done; that is asked until it is known. */
export async function recordUnknown(cashier: Cashier, { refund }: RefundCall, reason: string): Promise<void> {
  await inTransaction(cashier.ctx, async (ctx) => {
    const to = { state: 'unknown', error: reason, nextAt: epochMs(ctx.clock.now() + ANSWER_MS) } as const;
    if (!(await changeRefund(ctx, refund.id, ['submitted'], to))) return;
    await recordOrderEvent(ctx, refund.orderId, 'refund_unknown', 'system', { refund: refund.id, reason });
    await reportUnknown(ctx, refund, reason);
  });
}

async function recordPending(
  { ctx }: Cashier,
  { refund }: RefundCall,
  refundRef: string | null,
  error: string | null,
): Promise<void> {
  const nextAt = epochMs(ctx.clock.now() + PENDING_MS);
  await changeRefund(ctx, refund.id, UNDECIDED, {
    state: 'submitted',
    nextAt,
    ...(refundRef !== null && { refundRef }),
    ...(error !== null && { error }),
  });
}

/** Where no provider tells totals: what is known of them, and what all refunds that were done come to. */
async function doneOf({ ctx }: Cashier, payment: Payment): Promise<number> {
  const refunds = await readRefundsOf(ctx, { paymentId: payment.id });
  const done = refunds.filter(({ state }) => state === 'succeeded').reduce((sum, each) => sum + each.amountMinor, 0);
  return Math.min(payment.amountMinor, Math.max(payment.refundedMinor, done));
}
