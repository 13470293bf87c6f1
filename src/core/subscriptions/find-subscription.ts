import type { Ctx } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { invariant } from '../invariant.ts';
import type { Page, PageRequest } from '../page.ts';
import { notFound } from '../pick-by-ref.ts';
import { readAllPlanVersions } from '../plans/index.ts';
import { readGrant, readGrantsOf } from './grant-store.ts';
import { withVersions } from './load-subscriptions.ts';
import type { Grant, LiveSubscription, Subscription } from './subscription.ts';
import { readIdsLike, readSubscription, readSubscriptionPage, type SubscriptionFilter } from './subscription-store.ts';

/** `sub_` and four more: one letter that happens to be unique is a slip, not a choice. */
const PREFIX_MIN = 8;

/**
 * Finds a subscription by id or unique beginning of an id.
 * @throws Failure not_found; invalid_input when ambiguous.
 */
export async function findSubscription(ctx: Ctx, ref: string): Promise<LiveSubscription> {
  const exact = await readSubscription(ctx, ref);
  if (exact) return await withVersion(ctx, exact);
  const ids = /^sub_[0-9a-z]*$/.test(ref) && ref.length >= PREFIX_MIN ? await readIdsLike(ctx, ref) : [];
  if (ids.length > 1) {
    throw new Failure('invalid_input', {
      message: `"${ref}" means more than one subscription`,
      hint: `give the id: ${ids.join(', ')}`,
    });
  }
  const found = ids[0] && (await readSubscription(ctx, ids[0]));
  if (!found) throw notFound('subscription', ref);
  return await withVersion(ctx, found);
}

/** Newest first. */
export async function listSubscriptions(
  ctx: Ctx,
  filter: SubscriptionFilter,
  page: PageRequest,
): Promise<Page<LiveSubscription>> {
  const { items, nextCursor } = await readSubscriptionPage(ctx, filter, page);
  return { items: withVersions(items, await readAllPlanVersions(ctx)), nextCursor };
}

/** What gave a subscription its time, in the order of that time; what was taken back too. */
export async function listGrants(ctx: Ctx, subscription: Pick<Subscription, 'id'>): Promise<readonly Grant[]> {
  return await readGrantsOf(ctx, subscription.id);
}

/** What a source gave, or null. */
export async function findGrantBySource(ctx: Ctx, source: string): Promise<Grant | null> {
  return (await readGrant(ctx, source)) ?? null;
}

async function withVersion(ctx: Ctx, subscription: Subscription): Promise<LiveSubscription> {
  const [live] = withVersions([subscription], await readAllPlanVersions(ctx));
  invariant(live, 'one subscription in, one out');
  return live;
}
