import type { Ctx } from '../database/index.ts';
import type { RefundId } from '../ids.ts';
import { REFUNDS_DUE, recordOrderEvent } from '../orders/index.ts';
import type { Payment } from './payment.ts';
import { reportDifference, resolveDifference } from './recon-items.ts';
import { type Refund, UNDECIDED } from './refund.ts';
import { changeRefund } from './refund-store.ts';

/** False when it was decided before. */
export async function markSucceeded(
  ctx: Ctx,
  refund: Refund,
  refundRef: string | null,
  actor: string,
): Promise<boolean> {
  const to = { state: 'succeeded', error: null, nextAt: null, ...(refundRef !== null && { refundRef }) } as const;
  if (!(await changeRefund(ctx, refund.id, UNDECIDED, to))) return false;
  await recordOrderEvent(ctx, refund.orderId, 'refund_succeeded', actor, { refund: refund.id });
  await resolveDifference(ctx, 'refund_unknown', refund.id);
  return true;
}

/** False when it was decided before. */
export async function markFailed(
  ctx: Ctx,
  refund: Refund,
  payment: Payment,
  reason: string,
  actor: string,
): Promise<boolean> {
  if (!(await changeRefund(ctx, refund.id, UNDECIDED, { state: 'failed', error: reason, nextAt: null }))) return false;
  await recordOrderEvent(ctx, refund.orderId, 'refund_failed', actor, { refund: refund.id, reason });
  await resolveDifference(ctx, 'refund_unknown', refund.id);
  if (payment.creditAccount === REFUNDS_DUE) {
    const { channelId, orderId } = refund;
    const detail = `money that is owed back did not go back: ${reason}`;
    await reportDifference(ctx, { kind: 'refund_failed', about: refund.id, detail, channelId, orderId });
  }
  return true;
}

export async function reportUnknown(ctx: Ctx, refund: Refund, reason: string): Promise<void> {
  const { id, channelId, orderId } = refund;
  const detail = `nobody knows whether the provider did it: ${reason}`;
  await reportDifference(ctx, { kind: 'refund_unknown', about: id satisfies RefundId, detail, channelId, orderId });
}
