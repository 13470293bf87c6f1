import type { RefundAnswer, RefundInput } from '../provider.ts';
import type { StripeDesk } from './open-stripe.ts';
import { refundKeyIn, refundMetadata } from './own-metadata.ts';
import { toStripeAmount } from './stripe-amount.ts';
import { askStripe, isUncertain, sayStripeError } from './stripe-failure.ts';
import { idOf, type Json, objectOf, textOf } from './stripe-json.ts';

/**
 * Gives money back, once for each `refundKey`: by the idempotency key, and by the metadata of the refund for as long as
 * Stripe keeps it, since keys are forgotten after a day. Where the answer was lost the refund is looked for.
 */
export async function refundPayment(desk: StripeDesk, input: RefundInput): Promise<RefundAnswer> {
  if (!input.paymentRef.startsWith('pi_'))
    return { state: 'failed', reason: 'nothing was paid that could be refunded' };
  const { amount } = toStripeAmount(input.amountMinor, input.currency);
  try {
    const known = await searchRefund(desk, input);
    if (known !== null) return answerOf(known);
  } catch (error) {
    // An earlier call may have been cut off before its answer was kept.
    return { state: isUncertain(error) ? 'unknown' : 'failed', reason: sayStripeError(error) };
  }
  try {
    const params = {
      payment_intent: input.paymentRef,
      amount,
      metadata: refundMetadata(input.channel, input.refundKey),
    };
    return answerOf(
      objectOf(await desk.stripe.refunds.create(params, { idempotencyKey: `realms:refund:${input.refundKey}` })),
    );
  } catch (error) {
    if (!isUncertain(error)) return { state: 'failed', reason: sayStripeError(error) };
    const made = await searchRefund(desk, input).catch(() => null);
    return made === null ? { state: 'unknown', reason: sayStripeError(error) } : answerOf(made);
  }
}

/** What became of a refund; null when Stripe has none of that key. @throws Failure upstream_failed */
export async function findRefund(desk: StripeDesk, input: RefundInput): Promise<RefundAnswer | null> {
  if (!input.paymentRef.startsWith('pi_')) return null;
  const refund = await askStripe(desk.channel, () => searchRefund(desk, input));
  return refund === null ? null : answerOf(refund);
}

async function searchRefund({ stripe }: StripeDesk, { paymentRef, refundKey }: RefundInput): Promise<Json | null> {
  for await (const item of stripe.refunds.list({ payment_intent: paymentRef, limit: 100 })) {
    const refund = objectOf(item);
    if (refundKeyIn(refund['metadata']) === refundKey) return refund;
  }
  return null;
}

function answerOf(refund: Json): RefundAnswer {
  const refundRef = idOf(refund);
  const status = textOf(refund['status']) ?? 'without status';
  switch (status) {
    case 'succeeded':
      return { state: 'succeeded', refundRef };
    case 'pending':
    case 'requires_action':
      return { state: 'pending', refundRef };
    case 'failed':
    case 'canceled':
      return {
        state: 'failed',
        reason: `Stripe: the refund ${status} (${textOf(refund['failure_reason']) ?? 'no reason'})`,
      };
    default:
      return { state: 'unknown', reason: `Stripe: the refund is ${status}` };
  }
}
