import { type Ctx, inChange } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { newId, type PlanVersionId, type UserId } from '../ids.ts';
import { invariant } from '../invariant.ts';
import { dayOfMonth, endOfPeriod, type PlanVersion, readPlanVersion } from '../plans/index.ts';
import type { EpochMs } from '../time.ts';
import { insertGrant, readGrant } from './grant-store.ts';
import type { Grant, Subscription } from './subscription.ts';
import { insertSubscription, readSubscription, readUnended, updateSubscription } from './subscription-store.ts';
import { insertWindows } from './window-store.ts';

export interface GrantInput {
  readonly userId: UserId;
  readonly planVersionId: PlanVersionId;
  /** `order:ord_…`, `redeem:…`, `invoice:in_…`, `grant:…`: the same source never gives twice. */
  readonly source: string;
  /** When the time begins that is given, unless it follows other time. */
  readonly at: EpochMs;
  /** The provider's subscription that will renew this one. */
  readonly providerSubscriptionRef?: string | null;
  /** The provider's own end of the first period; the plan's duration unless given. */
  readonly endsAt?: EpochMs;
}

export interface GrantAnswer {
  readonly kind: 'granted' | 'already_granted';
  readonly subscription: Subscription;
  readonly grant: Grant;
}

/**
 * Gives a user time on a plan, once for each source. What happens to one who has the plan already is written in the bought
 * version: the last subscription is extended, a second one runs at once, or one waits until the last has ended. Time is
 * only added to a subscription of the same version; bought after the plan was changed, it waits like a queued one. One
 * that the provider renews follows the provider's calendar: it begins at once, and nobody else's time is added to it.
 * @throws Failure not_found; conflict when the source gave something else.
 */
export async function grantSubscription(ctx: Ctx, input: GrantInput): Promise<GrantAnswer> {
  return await inChange(ctx, 'subscriptions', async (tx) => {
    const version = await readPlanVersion(tx, input.planVersionId);
    const given = await readGrant(tx, input.source);
    if (given) return await alreadyGranted(tx, given, input);
    const last = await lastOfPlan(tx, input, version);
    if (last && addsTo(last, version)) return await extend(tx, last, version, input);
    return await begin(tx, version, input, last);
  });
}

/** @throws Failure conflict: a source is one purchase, and one purchase is of one version for one user. */
async function alreadyGranted(tx: Ctx, grant: Grant, input: GrantInput): Promise<GrantAnswer> {
  const subscription = await readSubscription(tx, grant.subscriptionId);
  invariant(subscription, `the subscription of the grant ${grant.source} exists`);
  if (subscription.userId !== input.userId || grant.planVersionId !== input.planVersionId) {
    throw new Failure('conflict', `"${grant.source}" has already given something else: ${subscription.id}`);
  }
  return { kind: 'already_granted', subscription, grant };
}

/** Of those that have not ended, the one after which new time would come; undefined when it begins at once. */
async function lastOfPlan(tx: Ctx, input: GrantInput, version: PlanVersion): Promise<Subscription | undefined> {
  if (version.onRepurchase === 'stack' || input.providerSubscriptionRef) return undefined;
  const unended = await readUnended(tx, input.at, { userId: input.userId, planId: version.planId });
  return unended.sort((a, b) => b.endsAt - a.endsAt)[0];
}

function addsTo(last: Subscription, version: PlanVersion): boolean {
  const isSame = last.planVersionId === version.id && last.providerSubscriptionRef === null;
  return isSame && version.onRepurchase === 'extend';
}

async function extend(tx: Ctx, last: Subscription, version: PlanVersion, input: GrantInput): Promise<GrantAnswer> {
  const endsAt = endOfPeriod(last.endsAt, version.duration, last.anchorDay);
  const subscription: Subscription = {
    ...last,
    endsAt,
    anchorDay: anchorOf(version, last.anchorDay, endsAt),
    cancelAtEnd: false,
  };
  await updateSubscription(tx, subscription);
  const grant = newGrant(subscription, input, last.endsAt);
  await insertGrant(tx, grant);
  return { kind: 'granted', subscription, grant };
}

async function begin(
  tx: Ctx,
  version: PlanVersion,
  input: GrantInput,
  last: Subscription | undefined,
): Promise<GrantAnswer> {
  const startsAt = last?.endsAt ?? input.at;
  const anchorDay = last?.anchorDay ?? dayOfMonth(startsAt);
  const endsAt = input.endsAt ?? endOfPeriod(startsAt, version.duration, anchorDay);
  if (endsAt <= startsAt) throw new Failure('invalid_input', 'a subscription cannot end before it begins');
  const now = tx.clock.now();
  const subscription: Subscription = {
    id: newId('sub', now, tx.random),
    userId: input.userId,
    planId: version.planId,
    planVersionId: version.id,
    startsAt,
    endsAt,
    anchorDay: anchorOf(version, anchorDay, endsAt),
    state: 'active',
    canceledAt: null,
    cancelReason: null,
    cancelAtEnd: false,
    pastDue: false,
    source: input.source,
    providerSubscriptionRef: input.providerSubscriptionRef ?? null,
    createdAt: now,
  };
  await insertSubscription(tx, subscription);
  await insertWindows(tx, subscription.id, version);
  const grant = newGrant(subscription, input, startsAt);
  await insertGrant(tx, grant);
  return { kind: 'granted', subscription, grant };
}

/** Months go on from the day on which they began; after hours or days the day of the end is the one to go on from. */
function anchorOf(version: PlanVersion, anchorDay: number, endsAt: EpochMs): number {
  return version.duration.unit === 'month' ? anchorDay : dayOfMonth(endsAt);
}

function newGrant(subscription: Subscription, { source, at }: GrantInput, startsAt: EpochMs): Grant {
  const { id: subscriptionId, planVersionId, endsAt } = subscription;
  return { source, subscriptionId, planVersionId, startsAt, endsAt, at, revokedAt: null, takenMs: 0 };
}
