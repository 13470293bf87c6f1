import { inTransaction } from '../database/index.ts';
import { describeError, Failure } from '../failure.ts';
import { formatAmount, recordOrderEvent } from '../orders/index.ts';
import type { Page, PageRequest } from '../page.ts';
import { notFound } from '../pick-by-ref.ts';
import { DAY_MS, epochMs, HOUR_MS, MINUTE_MS } from '../time.ts';
import { applyAndTell } from './apply-facts.ts';
import type { Cashier } from './cashier.ts';
import type { RefundAnswer } from './provider.ts';
import { ANSWER_MS, recordAnswer, recordFailure, recordSuccess, recordUnknown } from './record-refund.ts';
import { type Refund, type RefundState, UNDECIDED } from './refund.ts';
import { type RefundCall, refundCall } from './refund-call.ts';
import {
  changeRefund,
  claimRefund,
  postponeRefund,
  readDueRefunds,
  readRefund,
  readRefundPage,
  readRefundsOf,
} from './refund-store.ts';
import { requirePayment } from './require-payment.ts';

const BATCH = 50;
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

/**
 * A person says what became of a refund. A provider that can be asked what went back is not contradicted.
 * @throws Failure not_found; conflict when that is decided already, or when the provider says otherwise.
 */
export async function settleRefund(
  cashier: Cashier,
  id: string,
  outcome: 'succeeded' | 'failed',
  actor: string,
  reason: string,
): Promise<Refund> {
  const call = await refundCall(cashier, await findRefund(cashier, id));
  const isNew =
    outcome === 'succeeded'
      ? await settleSucceeded(cashier, call, actor)
      : await recordFailure(cashier, call, reason, actor);
  if (isNew) return await findRefund(cashier, id);
  throw new Failure('conflict', {
    message: `the refund ${call.refund.id} is ${call.refund.state}, so there is nothing to settle`,
    hint: 'only one that was sent and of which nobody knows the outcome is settled by hand',
  });
}

async function settleSucceeded(cashier: Cashier, call: RefundCall, actor: string): Promise<boolean> {
  const { provider, input, refund } = call;
  if (!UNDECIDED.includes(refund.state)) return false;
  // One that cannot be asked any more leaves the word to the person.
  const told = (await provider.totals?.(input.channel, input).catch(() => null)) ?? null;
  if (told !== null) await applyAndTell(cashier, input.channel, [told]);
  if (told !== null && told.refundedMinor < refund.amountMinor) {
    throw new Failure('conflict', {
      message: `of the payment ${refund.paymentId} the provider has given back ${formatAmount(told.refundedMinor, refund.currency)} ${refund.currency} in all`,
      hint: 'a refund that did not reach the payer has failed',
    });
  }
  return await recordSuccess(cashier, call, null, told, actor);
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
  const call = await refundCall(cashier, refund);
  if (!(await claimSending(cashier, call))) return;
  const answer = await call.provider
    .refund(call.input)
    .catch((error: unknown): RefundAnswer => ({ state: 'unknown', reason: describeError(error) }));
  await recordAnswer(cashier, call, answer);
}

/**
 * False when another process was faster, or when another refund of the payment has to be decided first: one of which not
 * even the name at the provider is known could be taken for this one.
 */
async function claimSending({ ctx }: Cashier, { refund }: RefundCall): Promise<boolean> {
  return await inTransaction(ctx, async (tx) => {
    await requirePayment(tx, refund.paymentId);
    const nextAt = epochMs(tx.clock.now() + ANSWER_MS);
    const others = await readRefundsOf(tx, { paymentId: refund.paymentId });
    const nameless = others.find(({ state, refundRef }) => UNDECIDED.includes(state) && refundRef === null);
    if (nameless) {
      await postponeRefund(tx, refund.id, { error: `waits until ${nameless.id} is decided`, nextAt });
      return false;
    }
    if (!(await changeRefund(tx, refund.id, ['requested'], { state: 'submitted', error: null, nextAt }))) return false;
    await recordOrderEvent(tx, refund.orderId, 'refund_submitted', 'system', { refund: refund.id });
    return true;
  });
}

async function ask(cashier: Cashier, refund: Refund): Promise<void> {
  const { ctx } = cashier;
  const delayMs = ASK_DELAYS_MS[refund.asked];
  if (!(await claimRefund(ctx, refund, delayMs === undefined ? null : epochMs(ctx.clock.now() + delayMs)))) return;
  const call = await refundCall(cashier, refund);
  const { provider, input, payment } = call;
  const found = await provider.findRefund?.(input);
  if (found) {
    await recordAnswer(cashier, call, found);
    return;
  }
  const standing = await provider.query(input.channel, payment);
  await applyAndTell(cashier, input.channel, standing.facts);
  if (standing.hasRefundOfUnknownAmount && !(await isExplained(cashier, refund))) {
    await recordAnswer(cashier, call, { state: 'succeeded', refundRef: null });
    return;
  }
  const now = await findRefund(cashier, refund.id);
  // Whoever sent it died before the answer came: the provider may have done it or not.
  const isLost = now.state === 'submitted' && now.refundRef === null;
  if (isLost) await recordUnknown(cashier, call, 'the answer was lost');
}

/** Something went back of the payment, and it may have been another refund of ours. */
async function isExplained({ ctx }: Cashier, { paymentId }: Refund): Promise<boolean> {
  return (await readRefundsOf(ctx, { paymentId })).some(({ state }) => state === 'succeeded');
}
