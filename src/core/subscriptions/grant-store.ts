import type { Ctx } from '../database/index.ts';
import type { PlanVersionId, SubscriptionId } from '../ids.ts';
import { epochMs } from '../time.ts';
import type { Grant } from './subscription.ts';

interface GrantRow {
  readonly source: string;
  readonly subscription_id: SubscriptionId;
  readonly plan_version_id: PlanVersionId;
  readonly starts_at: number;
  readonly ends_at: number;
  readonly at: number;
  readonly revoked_at: number | null;
  readonly taken_ms: number;
}

export async function insertGrant(ctx: Ctx, grant: Grant): Promise<void> {
  await ctx.db('subscription_grants').insert(toRow(grant));
}

/** Writes the time that it stands for now, and whether it was taken back. */
export async function updateGrant(ctx: Ctx, grant: Grant): Promise<void> {
  const { source, starts_at, ends_at, revoked_at, taken_ms } = toRow(grant);
  await ctx.db('subscription_grants').where({ source }).update({ starts_at, ends_at, revoked_at, taken_ms });
}

export async function readGrant(ctx: Ctx, source: string): Promise<Grant | undefined> {
  const row: GrantRow | undefined = await ctx.db('subscription_grants').where({ source }).first();
  return row && fromRow(row);
}

/** In the order of the time that they stand for. */
export async function readGrantsOf(ctx: Ctx, subscriptionId: SubscriptionId): Promise<Grant[]> {
  const rows: GrantRow[] = await ctx
    .db('subscription_grants')
    .where({ subscription_id: subscriptionId })
    .orderBy(['starts_at', 'at', 'source']);
  return rows.map(fromRow);
}

function toRow(grant: Grant): GrantRow {
  return {
    source: grant.source,
    subscription_id: grant.subscriptionId,
    plan_version_id: grant.planVersionId,
    starts_at: grant.startsAt,
    ends_at: grant.endsAt,
    at: grant.at,
    revoked_at: grant.revokedAt,
    taken_ms: grant.takenMs,
  };
}

function fromRow(row: GrantRow): Grant {
  return {
    source: row.source,
    subscriptionId: row.subscription_id,
    planVersionId: row.plan_version_id,
    startsAt: epochMs(row.starts_at),
    endsAt: epochMs(row.ends_at),
    at: epochMs(row.at),
    revokedAt: row.revoked_at === null ? null : epochMs(row.revoked_at),
    takenMs: row.taken_ms,
  };
}
