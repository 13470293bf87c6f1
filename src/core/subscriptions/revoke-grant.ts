import { type Ctx, inChange } from '../database/index.ts';
import { invariant } from '../invariant.ts';
import { epochMs } from '../time.ts';
import { readGrant, readGrantsOf, updateGrant } from './grant-store.ts';
import { movedBy, moveQueued } from './move-queued.ts';
import type { Grant, Subscription } from './subscription.ts';
import { readSubscription, updateSubscription } from './subscription-store.ts';

export type RevokeAnswer =
  | { readonly kind: 'revoked' | 'already_revoked'; readonly subscription: Subscription; readonly grant: Grant }
  | { readonly kind: 'unknown_source' };

export type RestoreAnswer =
  | { readonly kind: 'restored' | 'not_revoked'; readonly subscription: Subscription; readonly grant: Grant }
  | { readonly kind: 'unknown_source' };

/**
 * Takes back what a source gave, as after a refund: what is left of that time is cut out, and what follows moves up. What
 * was used stays used. A subscription of which nothing else is left is revoked. Doing it again changes nothing.
 */
export async function revokeGrant(ctx: Ctx, source: string): Promise<RevokeAnswer> {
  return await inChange(ctx, 'subscriptions', async (tx) => {
    const known = await readGrant(tx, source);
    if (!known) return { kind: 'unknown_source' };
    const before = await subscriptionOf(tx, known);
    if (known.revokedAt !== null) return { kind: 'already_revoked', subscription: before, grant: known };
    const now = tx.clock.now();
    const cutAt = epochMs(Math.min(known.endsAt, Math.max(now, known.startsAt)));
    const takenMs = known.endsAt - cutAt;
    const grant: Grant = { ...known, endsAt: cutAt, revokedAt: now, takenMs };
    await updateGrant(tx, grant);
    const others = (await readGrantsOf(tx, before.id)).filter((other) => other.source !== source);
    const moved = others.map((other) => (other.startsAt >= known.endsAt ? movedBy(other, -takenMs) : other));
    for (const other of moved) await updateGrant(tx, other);
    const subscription: Subscription = {
      ...before,
      endsAt: epochMs(Math.max(grant.endsAt, ...moved.map((other) => other.endsAt))),
      state: others.some((other) => other.revokedAt === null) ? before.state : 'revoked',
    };
    await updateSubscription(tx, subscription);
    // What waited for one that was canceled did not wait any longer.
    if (before.state === 'active') await moveQueued(tx, before, subscription.endsAt);
    return { kind: 'revoked', subscription, grant };
  });
}

/**
 * Gives back what `revokeGrant` took, as after a dispute that was won: as much time as was cut out, at the end of the
 * subscription or, when that has passed, from now on. A canceled subscription stays canceled.
 */
export async function restoreGrant(ctx: Ctx, source: string): Promise<RestoreAnswer> {
  return await inChange(ctx, 'subscriptions', async (tx) => {
    const known = await readGrant(tx, source);
    if (!known) return { kind: 'unknown_source' };
    const before = await subscriptionOf(tx, known);
    if (known.revokedAt === null) return { kind: 'not_revoked', subscription: before, grant: known };
    const startsAt = epochMs(Math.max(before.endsAt, tx.clock.now()));
    const endsAt = epochMs(startsAt + known.takenMs);
    const grant: Grant = { ...known, startsAt, endsAt, revokedAt: null, takenMs: 0 };
    await updateGrant(tx, grant);
    const state = before.canceledAt === null ? 'active' : 'canceled';
    const subscription: Subscription = { ...before, endsAt, state };
    await updateSubscription(tx, subscription);
    await moveQueued(tx, before, endsAt);
    return { kind: 'restored', subscription, grant };
  });
}

async function subscriptionOf(tx: Ctx, grant: Grant): Promise<Subscription> {
  const subscription = await readSubscription(tx, grant.subscriptionId);
  invariant(subscription, `the subscription of the grant ${grant.source} exists`);
  return subscription;
}
