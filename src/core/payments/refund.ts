import type { ChannelId, OrderId, PaymentId, RefundId } from '../ids.ts';
import type { EpochMs } from '../time.ts';

export const REFUND_STATES = ['requested', 'submitted', 'succeeded', 'failed', 'unknown'] as const;
/** `submitted` is written before the provider is called: from then on it is never called again for this refund. */
export type RefundState = (typeof REFUND_STATES)[number];

/** Money that goes back to the payer outside. */
export interface Refund {
  readonly id: RefundId;
  readonly paymentId: PaymentId;
  readonly orderId: OrderId;
  readonly channelId: ChannelId;
  readonly amountMinor: number;
  readonly currency: string;
  readonly state: RefundState;
  /** The provider's id for it. */
  readonly refundRef: string | null;
  readonly reason: string;
  readonly actor: string;
  readonly error: string | null;
  /** How often the provider was asked what became of it. */
  readonly asked: number;
  /** When something is done about it again; null: never. */
  readonly nextAt: EpochMs | null;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
}

/** It was sent, and may still turn out one way or the other. */
export const UNDECIDED: readonly RefundState[] = ['submitted', 'unknown'];

/** Not yet in what the provider says is refunded, and maybe on its way. */
export const OPEN_REFUNDS: readonly RefundState[] = ['requested', 'submitted', 'unknown'];
