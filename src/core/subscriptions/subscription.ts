import type { PlanId, PlanVersionId, SubscriptionId, UserId } from '../ids.ts';
import type { PlanVersion } from '../plans/index.ts';
import type { EpochMs } from '../time.ts';

/** What is stored. Whether one runs depends on the time as well: see `standingOf`. */
export type SubscriptionState = 'active' | 'canceled' | 'revoked';

/** One user's time on one version of a plan. */
export interface Subscription {
  readonly id: SubscriptionId;
  readonly userId: UserId;
  readonly planId: PlanId;
  readonly planVersionId: PlanVersionId;
  readonly startsAt: EpochMs;
  /** Exclusive. */
  readonly endsAt: EpochMs;
  /** The day of the month (1–31, UTC) on which months of it end; see `endOfPeriod`. */
  readonly anchorDay: number;
  readonly state: SubscriptionState;
  readonly canceledAt: EpochMs | null;
  readonly cancelReason: string | null;
  /** It runs to its end and is not renewed. */
  readonly cancelAtEnd: boolean;
  /** The provider could not collect for it; it pays for nothing until it could. */
  readonly pastDue: boolean;
  /** What began it: `order:ord_…`, `redeem:…`, `invoice:in_…`, `grant:…`. */
  readonly source: string;
  /** The provider's own subscription that renews it. */
  readonly providerSubscriptionRef: string | null;
  readonly createdAt: EpochMs;
}

/** A piece of time that something gave: each can be taken back alone. */
export interface Grant {
  /** The same source never gives twice. */
  readonly source: string;
  readonly subscriptionId: SubscriptionId;
  readonly planVersionId: PlanVersionId;
  readonly startsAt: EpochMs;
  readonly endsAt: EpochMs;
  readonly at: EpochMs;
  readonly revokedAt: EpochMs | null;
  /** Time that was cut off when it was taken back, in milliseconds. */
  readonly takenMs: number;
}

/** A subscription together with what it was sold as. */
export interface LiveSubscription extends Subscription {
  readonly planCode: string;
  readonly version: PlanVersion;
}

export const STANDINGS = ['queued', 'active', 'past_due', 'expired', 'canceled', 'revoked'] as const;
/** What a subscription is at an instant. Only `active` ones pay for requests. */
export type Standing = (typeof STANDINGS)[number];

/** Never stored: nothing needs to run at the moment in which a subscription ends. */
export function standingOf(
  subscription: Pick<Subscription, 'state' | 'startsAt' | 'endsAt' | 'pastDue'>,
  now: EpochMs,
): Standing {
  if (subscription.state !== 'active') return subscription.state;
  if (now >= subscription.endsAt) return 'expired';
  if (now < subscription.startsAt) return 'queued';
  return subscription.pastDue ? 'past_due' : 'active';
}
