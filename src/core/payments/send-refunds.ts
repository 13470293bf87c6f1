import { inTransaction } from '../database/index.ts';
import { describeError, Failure } from '../failure.ts';
import { recordOrderEvent } from '../orders/index.ts';
import type { Page, PageRequest } from '../page.ts';
import { notFound } from '../pick-by-ref.ts';
import { DAY_MS, epochMs, HOUR_MS, MINUTE_MS } from '../time.ts';
import { applyAndTell } from './apply-facts.ts';
import { reverseTo } from './apply-reversal.ts';
import type { Cashier } from './cashier.ts';
import { openChannel } from './channel-secrets.ts';
import { requireChannel } from './manage-channels.ts';
import type { Payment } from './payment.ts';
import { readPayment } from './payment-store.ts';
import type { PaymentProvider, RefundAnswer, RefundInput } from './provider.ts';
import { MANUAL, providerOf } from './providers.ts';
import type { Refund, RefundState } from './refund.ts';
import { markFailed, markSucceeded, reportUnknown } from './refund-outcome.ts';
import { changeRefund, claimRefund, readDueRefunds, readRefund, readRefundPage } from './refund-store.ts';
import { requirePayment } from './require-payment.ts';

const BATCH = 50;
/** Longer than any provider takes to answer: who is not done by then has died on the way. */
const ANSWER_MS = 5 * MINUTE_MS;
const PENDING_MS = 30 * MINUTE_MS;
const ASK_DELAYS_MS = [5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, ...Array<number>(14).fill(DAY_MS)];

/** Sends what is queued, and asks what became of what was sent. Returns how many it looked at. For several daemons at once. */
export async function followRefunds(cashier: Cashier): Promise<number> {
  const { ctx } = cashier;
  const due = await readDueRefunds(ctx, ctx.clock.now(), BATCH);
  for (const refund of due) {
    try {
      await (refund.state === 'requested' ? send(cashier, refund) : ask(cashier, refund));
    } catch (error) {
      ctx.log.error({ refund: refund.id, error: describeError(error) }, 'a refund could not be followed');
    }
  }
  return due.length;
}

/** A person says what became of a refund. @throws Failure not_found; conflict when that is decided already. */
export async function settleRefund(
  cashier: Cashier,
  id: string,
  outcome: 'succeeded' | 'failed',
  actor: string,
  reason: string,
): Promise<Refund> {
  const refund = await findRefund(cashier, id);
  const answer: RefundAnswer =
    outcome === 'succeeded' ? { state: 'succeeded', refundRef: null } : { state: 'failed', reason };
  if (!(await recordAnswer(cashier, refund, answer, actor))) {
    throw new Failure('conflict', {
      message: `the refund ${refund.id} is ${refund.state}, so there is nothing to settle`,
      hint: 'only one that was sent and of which nobody knows the outcome is settled by hand',
    });
  }
  return await findRefund(cashier, id);
}

/** @throws Failure not_found */
export async function findRefund({ ctx }: Pick<Cashier, 'ctx'>, id: string): Promise<Refund> {
  const refund = await readRefund(ctx, id);
  if (!refund) throw notFound('refund', id);
  return refund;
}

/** Newest first. */
export async function listRefunds(
  { ctx }: Pick<Cashier, 'ctx'>,
  filter: { readonly state?: RefundState | undefined },
  page: PageRequest,
): Promise<Page<Refund>> {
  return await readRefundPage(ctx, filter, page);
}

/** Calls the provider at most once in the life of a refund, whatever happens to this process. */
async function send(cashier: Cashier, refund: Refund): Promise<void> {
  const { ctx } = cashier;
  const { provider, input, payment } = await inputOf(cashier, refund);
  const claimed = await inTransaction(ctx, async (tx) => {
    const nextAt = epochMs(tx.clock.now() + ANSWER_MS);
    if (!(await changeRefund(tx, refund.id, ['requested'], { state: 'submitted', nextAt }))) return false;
    await recordOrderEvent(tx, payment.orderId, 'refund_submitted', 'system', { refund: refund.id });
    return true;
  });
  if (!claimed) return;
  const answer = await provider
    .refund(input)
    .catch((error: unknown): RefundAnswer => ({ state: 'unknown', reason: describeError(error) }));
  await recordAnswer(cashier, refund, answer, 'system');
}

async function ask(cashier: Cashier, refund: Refund): Promise<void> {
  const { ctx } = cashier;
  const delayMs = ASK_DELAYS_MS[refund.asked];
  if (!(await claimRefund(ctx, refund, delayMs === undefined ? null : epochMs(ctx.clock.now() + delayMs)))) return;
  const { provider, input, payment } = await inputOf(cashier, refund);
  const found = await provider.findRefund?.(input);
  if (found) {
    await recordAnswer(cashier, refund, found, 'system');
    return;
  }
  const standing = await provider.query(input.channel, payment);
  await applyAndTell(cashier, input.channel, standing.facts);
  if (standing.hasRefundOfUnknownAmount) {
    await recordAnswer(cashier, refund, { state: 'succeeded', refundRef: null }, 'system');
    return;
  }
  const now = await findRefund(cashier, refund.id);
  // Whoever sent it died before the answer came: the provider may have done it or not.
  const isLost = now.state === 'submitted' && now.refundRef === null;
  if (isLost) await recordAnswer(cashier, now, { state: 'unknown', reason: 'the answer was lost' }, 'system');
}

/** False when it changed nothing, because the outcome was known before. */
async function recordAnswer(cashier: Cashier, refund: Refund, answer: RefundAnswer, actor: string): Promise<boolean> {
  const isNew = await inTransaction(cashier.ctx, async (ctx) => {
    // The payment first, as everyone does who holds both.
    const payment = await requirePayment(ctx, refund.paymentId);
    switch (answer.state) {
      case 'succeeded':
        if (!(await markSucceeded(ctx, refund, answer.refundRef, actor))) return false;
        await reverseTo(ctx, payment, withRefund(payment, refund), ctx.clock.now(), actor);
        return true;
      case 'pending':
        return await changeRefund(ctx, refund.id, ['submitted', 'unknown'], {
          state: 'submitted',
          refundRef: answer.refundRef,
          nextAt: epochMs(ctx.clock.now() + PENDING_MS),
        });
      case 'failed':
        return await markFailed(ctx, refund, payment, answer.reason, actor);
      case 'unknown': {
        const to = { state: 'unknown', error: answer.reason, nextAt: epochMs(ctx.clock.now() + ANSWER_MS) } as const;
        if (!(await changeRefund(ctx, refund.id, ['submitted'], to))) return false;
        await recordOrderEvent(ctx, refund.orderId, 'refund_unknown', actor, {
          refund: refund.id,
          reason: answer.reason,
        });
        await reportUnknown(ctx, refund, answer.reason);
        return true;
      }
    }
  });
  if (isNew) await cashier.changed('subscriptions');
  return isNew;
}

/** The totals with one more refund: nobody knew of it, or it would have been marked as done by the totals that had it. */
function withRefund(payment: Payment, { amountMinor }: Refund): Payment {
  return { ...payment, refundedMinor: Math.min(payment.amountMinor, payment.refundedMinor + amountMinor) };
}

async function inputOf(
  cashier: Cashier,
  refund: Refund,
): Promise<{ provider: PaymentProvider; input: RefundInput; payment: Payment }> {
  const payment = await readPayment(cashier.ctx, refund.paymentId);
  if (!payment) throw notFound('payment', refund.paymentId);
  const channel = openChannel(cashier.keyring, await requireChannel(cashier, refund.channelId));
  // What was paid by hand goes back by hand; its provider knows nothing of it.
  const provider = providerOf(cashier.providers, payment.byHand ? MANUAL : channel.provider);
  const { amountMinor, currency, id: refundKey } = refund;
  const input = { channel, attempt: payment, paymentRef: payment.paymentRef ?? '', amountMinor, currency, refundKey };
  return { provider, input, payment };
}
