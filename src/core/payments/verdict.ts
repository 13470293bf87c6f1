import type { OrderId } from '../ids.ts';
import type { PaymentChannel } from './channel.ts';

/** What became of a fact, or of a callback as a whole. */
export const VERDICTS = [
  'received',
  'applied',
  /** It had been applied before. */
  'already_applied',
  'paid_late',
  'paid_again',
  'amount_mismatch',
  'currency_mismatch',
  'channel_mismatch',
  'livemode_mismatch',
  'unknown_reference',
  /** It is about a payment that is not here yet. */
  'not_yet_known',
  'ignored',
  'not_authentic',
  'failed',
  'given_up',
] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface FactOutcome {
  readonly verdict: Verdict;
  readonly orderId: OrderId | null;
  /** One sentence where there is more to say. */
  readonly detail: string | null;
}

export type ChannelRef = Pick<PaymentChannel, 'id' | 'name'>;
