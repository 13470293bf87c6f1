import type { Ctx } from '../database/index.ts';
import { groupBy } from '../group-by.ts';
import type { PlanVersionId, UserId } from '../ids.ts';
import { invariant } from '../invariant.ts';
import { type PlanVersion, readAllPlanVersions } from '../plans/index.ts';
import type { EpochMs } from '../time.ts';
import { type LiveSubscription, type Subscription, standingOf } from './subscription.ts';
import { readUnended } from './subscription-store.ts';

/** Who has which plans, as of one moment. What runs follows from the time at which it is asked: see `runningAt`. */
export interface SubscriptionSnapshot {
  /** Those that had not ended at the load, queued and past-due ones too: the earliest end first, then by id. */
  of(userId: UserId): readonly LiveSubscription[];
  /** Users who have any. */
  readonly userIds: Iterable<UserId>;
}

const NONE: readonly LiveSubscription[] = [];

export async function loadSubscriptions(ctx: Ctx, now: EpochMs): Promise<SubscriptionSnapshot> {
  const unended = await readUnended(ctx, now);
  // Versions after subscriptions: a version is never deleted, so none can be missing.
  const live = withVersions(unended, await readAllPlanVersions(ctx)).sort(byEnd);
  const byUser = groupBy(live, (subscription) => subscription.userId);
  return { of: (userId) => byUser.get(userId) ?? NONE, userIds: byUser.keys() };
}

/** Those that pay at `now`, in the order in which they are asked to. */
export function runningAt(subscriptions: readonly LiveSubscription[], now: EpochMs): readonly LiveSubscription[] {
  return subscriptions.filter((subscription) => standingOf(subscription, now) === 'active');
}

export function withVersions(
  subscriptions: readonly Subscription[],
  versions: ReadonlyMap<PlanVersionId, { readonly planCode: string; readonly version: PlanVersion }>,
): LiveSubscription[] {
  return subscriptions.map((subscription) => {
    const sold = versions.get(subscription.planVersionId);
    invariant(sold, `the plan version of ${subscription.id} exists`);
    return { ...subscription, ...sold };
  });
}

function byEnd(a: Subscription, b: Subscription): number {
  return a.endsAt - b.endsAt || (a.id < b.id ? -1 : 1);
}
