import type { Order } from '../../orders/index.ts';
import type { OpenChannel, PaymentAttempt } from '../provider.ts';
import { objectOf, textOf } from './stripe-json.ts';

// A Stripe account may serve others besides Realms, and several channels of it. Metadata is written by the API alone,
// while a payer can choose `client_reference_id` on a payment link of the same account.
const CHANNEL = 'realms_channel';
const REFERENCE = 'realms_reference';
const ORDER = 'realms_order';
const REFUND = 'realms_refund';

export function ownMetadata(channel: OpenChannel, order: Order, attempt: PaymentAttempt): Record<string, string> {
  return { [CHANNEL]: channel.id, [REFERENCE]: attempt.reference, [ORDER]: order.number };
}

export function refundMetadata(channel: OpenChannel, refundKey: string): Record<string, string> {
  return { [CHANNEL]: channel.id, [REFUND]: refundKey };
}

/** The attempt that an object was made for; null when it is not this channel's. */
export function referenceIn(channel: OpenChannel, metadata: unknown): string | null {
  const own = objectOf(metadata);
  return own[CHANNEL] === channel.id ? textOf(own[REFERENCE]) : null;
}

export function refundKeyIn(metadata: unknown): string | null {
  return textOf(objectOf(metadata)[REFUND]);
}
