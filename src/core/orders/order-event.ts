import type { OrderEventId, OrderId } from '../ids.ts';
import type { EpochMs } from '../time.ts';

/** What can happen to an order, in the words of `realms order show`. */
export const ORDER_EVENT_KINDS = [
  'created',
  'payment_started',
  'payment_ready',
  'payment_failed',
  'paid',
  'fulfilled',
  'paid_late',
  'paid_again',
  'marked_paid',
  'canceled',
  'expired',
  'failed',
  'mismatch',
  'refund_requested',
  'refund_submitted',
  'refund_succeeded',
  'refund_failed',
  'refund_unknown',
  'reversed',
  'grant_revoked',
  'renewed',
  'renewal_state',
] as const;
export type OrderEventKind = (typeof ORDER_EVENT_KINDS)[number];

/** One thing that an order went through; kept for ever. */
export interface OrderEvent {
  readonly id: OrderEventId;
  readonly orderId: OrderId;
  readonly kind: OrderEventKind;
  /** `user:usr_…`, `provider:<channel>`, `system`, or who called the admin API. */
  readonly actor: string;
  /** Plain JSON; never holds a secret. */
  readonly detail: Readonly<Record<string, unknown>>;
  readonly at: EpochMs;
}
