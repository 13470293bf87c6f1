import type { Ctx } from '../database/index.ts';
import { type EpochMs, epochMs } from '../time.ts';
import { readGrantsOf, updateGrant } from './grant-store.ts';
import type { Grant, Subscription } from './subscription.ts';
import { readUnended, updateSubscription } from './subscription-store.ts';

/**
 * Moves what waits behind a subscription, so that the end of one stays the beginning of the next. What the provider renews
 * keeps the provider's calendar.
 * @param before the subscription as it was
 */
export async function moveQueued(tx: Ctx, before: Subscription, endsAt: EpochMs): Promise<void> {
  const { id, userId, planId } = before;
  const now = tx.clock.now();
  const unended = await readUnended(tx, now, { userId, planId });
  const waiting = unended
    .filter((next) => next.id !== id && next.startsAt > now && next.startsAt >= before.endsAt)
    .filter((next) => next.providerSubscriptionRef === null)
    .sort((a, b) => a.startsAt - b.startsAt);
  const [first] = waiting;
  if (!first) return;
  const byMs = endsAt < before.endsAt ? endsAt - before.endsAt : Math.max(0, endsAt - first.startsAt);
  for (const next of waiting) {
    await updateSubscription(tx, movedBy(next, byMs));
    for (const grant of await readGrantsOf(tx, next.id)) await updateGrant(tx, movedBy(grant, byMs));
  }
}

export function movedBy<T extends Pick<Grant, 'startsAt' | 'endsAt'>>(period: T, byMs: number): T {
  return { ...period, startsAt: epochMs(period.startsAt + byMs), endsAt: epochMs(period.endsAt + byMs) };
}
