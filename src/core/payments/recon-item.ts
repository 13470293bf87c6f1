import type { ChannelId, OrderId, ReconItemId } from '../ids.ts';
import type { EpochMs } from '../time.ts';

export const RECON_STATES = ['open', 'explained', 'fixed'] as const;
export type ReconState = (typeof RECON_STATES)[number];

export const RECON_KINDS = [
  /** An authentic payment that is not what the order says. */
  'mismatch',
  /** The provider has a payment of ours that is not known here. */
  'unknown_here',
  /** A payment here that the provider does not have, or says is unpaid. */
  'missing_there',
  /** The provider says that money went back, and not how much; or what it says does not fit what is posted. */
  'refund_differs',
  /** A refund of which nobody knows whether it was done. */
  'refund_unknown',
  'refund_failed',
  /** A callback that could not be applied, however often it was tried. */
  'stuck_callback',
  /** The provider goes on to collect for a subscription that is over here. */
  'renewal_running',
  /** The provider could not be asked. */
  'not_asked',
] as const;
export type ReconKind = (typeof RECON_KINDS)[number];

/** A difference between the books here and those of a provider, for a person to look at. */
export interface ReconItem {
  readonly id: ReconItemId;
  /** What it is about, e.g. `mismatch:pay_…`; one difference is one item, however often it is found. */
  readonly subject: string;
  readonly kind: ReconKind;
  /** `fixed`: it was not found any more; `explained`: a person said why it is as it is. */
  readonly state: ReconState;
  readonly detail: string;
  readonly channelId: ChannelId | null;
  readonly orderId: OrderId | null;
  readonly note: string | null;
  readonly createdAt: EpochMs;
  readonly seenAt: EpochMs;
}
