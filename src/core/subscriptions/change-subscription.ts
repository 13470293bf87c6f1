import { type Ctx, inChange } from '../database/index.ts';
import { Failure } from '../failure.ts';
import type { SubscriptionId } from '../ids.ts';
import { notFound } from '../pick-by-ref.ts';
import { dayOfMonth } from '../plans/index.ts';
import { type EpochMs, epochMs } from '../time.ts';
import { insertGrant, readGrant } from './grant-store.ts';
import { moveQueued } from './move-queued.ts';
import type { Grant, Subscription } from './subscription.ts';
import { readSubscription, updateSubscription } from './subscription-store.ts';

export interface ExtendInput {
  readonly subscriptionId: SubscriptionId;
  /** The new end. */
  readonly endsAt: EpochMs;
  /** The same source never extends twice. */
  readonly source: string;
}

export interface CancelInput {
  readonly subscriptionId: SubscriptionId;
  readonly reason: string;
  /** True: it runs to its end and is not renewed. Otherwise it ends at once. */
  readonly atEnd?: boolean | undefined;
}

/**
 * Moves the end of a subscription; one that has expired runs again from now on.
 * @throws Failure not_found; invalid_input unless the end is later than it was; conflict when it was canceled or revoked.
 */
export async function extendTo(ctx: Ctx, input: ExtendInput): Promise<Subscription> {
  return await inChange(ctx, 'subscriptions', async (tx) => {
    const before = await requireSubscription(tx, input.subscriptionId);
    const given = await readGrant(tx, input.source);
    if (given?.subscriptionId === before.id) return before;
    if (given) throw new Failure('conflict', `"${input.source}" has already given something else`);
    requireActive(before);
    const now = tx.clock.now();
    const startsAt = epochMs(Math.max(before.endsAt, now));
    if (input.endsAt <= startsAt) {
      throw new Failure('invalid_input', {
        message: 'the new end must be later than now and the old end',
        param: 'to',
      });
    }
    const subscription = { ...before, endsAt: input.endsAt, anchorDay: dayOfMonth(input.endsAt), cancelAtEnd: false };
    await updateSubscription(tx, subscription);
    await insertGrant(tx, grantOf(subscription, input.source, startsAt, input.endsAt, now));
    await moveQueued(tx, before, input.endsAt);
    return subscription;
  });
}

/**
 * Ends a subscription at once, or keeps it from being renewed. Canceling what is canceled changes nothing.
 * @throws Failure not_found; conflict when it was revoked.
 */
export async function cancelSubscription(ctx: Ctx, input: CancelInput): Promise<Subscription> {
  return await inChange(ctx, 'subscriptions', async (tx) => {
    const before = await requireSubscription(tx, input.subscriptionId);
    if (before.state === 'canceled') return before;
    requireActive(before);
    const now = tx.clock.now();
    const cancelReason = input.reason;
    const subscription: Subscription = input.atEnd
      ? { ...before, cancelAtEnd: true, cancelReason }
      : { ...before, state: 'canceled', canceledAt: now, cancelReason };
    await updateSubscription(tx, subscription);
    // What waited for its end begins now.
    if (!input.atEnd) await moveQueued(tx, before, epochMs(Math.max(now, before.startsAt)));
    return subscription;
  });
}

/** @throws Failure not_found */
async function requireSubscription(ctx: Ctx, id: string): Promise<Subscription> {
  const subscription = await readSubscription(ctx, id);
  if (!subscription) throw notFound('subscription', id);
  return subscription;
}

export function grantOf(
  subscription: Subscription,
  source: string,
  startsAt: EpochMs,
  endsAt: EpochMs,
  at: EpochMs,
): Grant {
  const { id: subscriptionId, planVersionId } = subscription;
  return { source, subscriptionId, planVersionId, startsAt, endsAt, at, revokedAt: null, takenMs: 0 };
}

function requireActive(subscription: Subscription): void {
  if (subscription.state === 'active') return;
  throw new Failure('conflict', {
    message: `the subscription ${subscription.id} is ${subscription.state}`,
    hint: 'grant a new one: realms subscription grant',
  });
}
