import type { Knex } from 'knex';
import type { Ctx } from '../database/index.ts';
import type { PlanId, PlanVersionId, SubscriptionId, UserId } from '../ids.ts';
import { cutPage, type Page, type PageRequest } from '../page.ts';
import { type EpochMs, epochMs } from '../time.ts';
import type { Standing, Subscription, SubscriptionState } from './subscription.ts';

interface SubscriptionRow {
  readonly id: SubscriptionId;
  readonly user_id: UserId;
  readonly plan_id: PlanId;
  readonly plan_version_id: PlanVersionId;
  readonly starts_at: number;
  readonly ends_at: number;
  readonly anchor_day: number;
  readonly state: SubscriptionState;
  readonly canceled_at: number | null;
  readonly cancel_reason: string | null;
  readonly cancel_at_end: number;
  readonly past_due: number;
  readonly source: string;
  readonly provider_subscription_ref: string | null;
  readonly created_at: number;
}

/** Every given condition must hold. */
export interface SubscriptionFilter {
  readonly userId?: UserId | undefined;
  readonly planId?: PlanId | undefined;
  /** As of the clock's now. */
  readonly standing?: Standing | undefined;
}

export async function insertSubscription(ctx: Ctx, subscription: Subscription): Promise<void> {
  await ctx.db('user_subscriptions').insert(toRow(subscription));
}

/** Writes what can change. Whose it is and what it was sold as never does. */
export async function updateSubscription(ctx: Ctx, subscription: Subscription): Promise<void> {
  const { id, user_id: _u, plan_id: _p, plan_version_id: _v, source: _s, ...row } = toRow(subscription);
  await ctx.db('user_subscriptions').where({ id }).update(row);
}

export async function readSubscription(ctx: Ctx, id: string): Promise<Subscription | undefined> {
  const row: SubscriptionRow | undefined = await ctx.db('user_subscriptions').where({ id }).first();
  return row && fromRow(row);
}

/** Ids that begin so; at most two, since a third one changes nothing about "not unique". */
export async function readIdsLike(ctx: Ctx, prefix: string): Promise<SubscriptionId[]> {
  const rows: { id: SubscriptionId }[] = await ctx
    .db('user_subscriptions')
    .select('id')
    .where('id', '>=', prefix)
    // Ids are made of ASCII letters and digits only.
    .where('id', '<', `${prefix}~`)
    .limit(2);
  return rows.map((row) => row.id);
}

/** The newest one that the provider renews under this reference. */
export async function readByProviderRef(ctx: Ctx, ref: string): Promise<Subscription | undefined> {
  const row: SubscriptionRow | undefined = await ctx
    .db('user_subscriptions')
    .where({ provider_subscription_ref: ref })
    .orderBy('id', 'desc')
    .first();
  return row && fromRow(row);
}

/** Active and not ended at `now`: those that run and those that are queued. */
export async function readUnended(
  ctx: Ctx,
  now: EpochMs,
  of: { readonly userId?: UserId; readonly planId?: PlanId } = {},
): Promise<Subscription[]> {
  const query = ctx.db('user_subscriptions').where({ state: 'active' }).where('ends_at', '>', now);
  if (of.userId !== undefined) query.where({ user_id: of.userId });
  if (of.planId !== undefined) query.where({ plan_id: of.planId });
  const rows: SubscriptionRow[] = await query;
  return rows.map(fromRow);
}

/** Newest first. */
export async function readSubscriptionPage(
  ctx: Ctx,
  filter: SubscriptionFilter,
  { limit, after }: PageRequest,
): Promise<Page<Subscription>> {
  const query = ctx
    .db('user_subscriptions')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (filter.userId !== undefined) query.where({ user_id: filter.userId });
  if (filter.planId !== undefined) query.where({ plan_id: filter.planId });
  if (filter.standing !== undefined) narrowToStanding(query, filter.standing, ctx.clock.now());
  if (after !== undefined) query.where('id', '<', after);
  const rows: SubscriptionRow[] = await query;
  return cutPage(rows.map(fromRow), limit);
}

/** The same rule as `standingOf`, for the database. */
function narrowToStanding(query: Knex.QueryBuilder, standing: Standing, now: EpochMs): void {
  if (standing === 'canceled' || standing === 'revoked') {
    query.where({ state: standing });
    return;
  }
  query.where({ state: 'active' });
  if (standing === 'expired') {
    query.where('ends_at', '<=', now);
    return;
  }
  query.where('ends_at', '>', now);
  if (standing === 'queued') query.where('starts_at', '>', now);
  else query.where('starts_at', '<=', now).where({ past_due: standing === 'past_due' ? 1 : 0 });
}

function toRow(subscription: Subscription): SubscriptionRow {
  return {
    id: subscription.id,
    user_id: subscription.userId,
    plan_id: subscription.planId,
    plan_version_id: subscription.planVersionId,
    starts_at: subscription.startsAt,
    ends_at: subscription.endsAt,
    anchor_day: subscription.anchorDay,
    state: subscription.state,
    canceled_at: subscription.canceledAt,
    cancel_reason: subscription.cancelReason,
    cancel_at_end: Number(subscription.cancelAtEnd),
    past_due: Number(subscription.pastDue),
    source: subscription.source,
    provider_subscription_ref: subscription.providerSubscriptionRef,
    created_at: subscription.createdAt,
  };
}

function fromRow(row: SubscriptionRow): Subscription {
  return {
    id: row.id,
    userId: row.user_id,
    planId: row.plan_id,
    planVersionId: row.plan_version_id,
    startsAt: epochMs(row.starts_at),
    endsAt: epochMs(row.ends_at),
    anchorDay: row.anchor_day,
    state: row.state,
    canceledAt: row.canceled_at === null ? null : epochMs(row.canceled_at),
    cancelReason: row.cancel_reason,
    cancelAtEnd: row.cancel_at_end === 1,
    pastDue: row.past_due === 1,
    source: row.source,
    providerSubscriptionRef: row.provider_subscription_ref,
    createdAt: epochMs(row.created_at),
  };
}
