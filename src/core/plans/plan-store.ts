import type { Ctx } from '../database/index.ts';
import type { PlanId, PlanVersionId } from '../ids.ts';
import { invariant } from '../invariant.ts';
import type { UsdMicros } from '../money.ts';
import { cutPage, type Page, type PageRequest } from '../page.ts';
import { REFS_MAX, type Ref } from '../pick-by-ref.ts';
import { epochMs } from '../time.ts';
import type { DurationUnit } from './duration.ts';
import type { OnRepurchase, Plan, PlanState, PlanVersion, WindowSpan } from './plan.ts';

interface PlanRow {
  readonly id: PlanId;
  readonly code: string;
  readonly state: PlanState;
  readonly current_version_id: PlanVersionId;
  readonly created_at: number;
}

type LimitColumns = { readonly [Span in WindowSpan as `limit_${Span}_usd_micros`]: UsdMicros | null };

interface VersionRow extends LimitColumns {
  readonly id: PlanVersionId;
  readonly plan_id: PlanId;
  readonly version: number;
  readonly name: string;
  readonly price_minor: number;
  readonly currency: string;
  readonly duration_count: number;
  readonly duration_unit: DurationUnit;
  readonly multiplier_ppm: number;
  readonly group_names: string;
  readonly allowed_models: string;
  readonly rpm: number | null;
  readonly tpm: number | null;
  readonly concurrency: number | null;
  readonly allows_overage: number;
  readonly on_repurchase: OnRepurchase;
  readonly renews: number;
  readonly created_at: number;
}

/** False when the code is taken. */
export async function insertPlan(ctx: Ctx, plan: Plan): Promise<boolean> {
  const insert = ctx.db('subscription_plans').insert(planRow(plan));
  const done: unknown[] = await insert.onConflict('code').ignore().returning('id');
  if (done.length === 0) return false;
  await insertVersion(ctx, plan.version);
  return true;
}

export async function insertVersion(ctx: Ctx, version: PlanVersion): Promise<void> {
  await ctx.db('subscription_plan_versions').insert(versionRow(version));
}

export async function updatePlan(ctx: Ctx, plan: Plan): Promise<void> {
  await ctx.db('subscription_plans').where({ id: plan.id }).update(planRow(plan));
}

export async function readPlan(ctx: Ctx, id: string): Promise<Plan | undefined> {
  const row: PlanRow | undefined = await ctx.db('subscription_plans').where({ id }).first();
  return row && (await withVersions(ctx, [row]))[0];
}

/** The rows that `ref` could mean: exact ones, else all of them for prefixes and suggestions. */
export async function readPlanRefs(ctx: Ctx, ref: string): Promise<Ref[]> {
  const rows = () => ctx.db('subscription_plans').select('id', { name: 'code' }).orderBy('id', 'desc').limit(REFS_MAX);
  const exact: Ref[] = await rows().where({ id: ref }).orWhere({ code: ref });
  return exact.length > 0 ? exact : await rows();
}

export async function readPlanPage(
  ctx: Ctx,
  filter: { readonly state?: PlanState | undefined },
  { limit, after }: PageRequest,
): Promise<Page<Plan>> {
  const query = ctx
    .db('subscription_plans')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (filter.state !== undefined) query.where({ state: filter.state });
  if (after !== undefined) query.where('id', '<', after);
  const rows: PlanRow[] = await query;
  return cutPage(await withVersions(ctx, rows), limit);
}

export async function readAllPlans(ctx: Ctx): Promise<Plan[]> {
  return await withVersions(ctx, await ctx.db('subscription_plans').select());
}

export async function readVersion(ctx: Ctx, id: string): Promise<PlanVersion | undefined> {
  const row: VersionRow | undefined = await ctx.db('subscription_plan_versions').where({ id }).first();
  return row && versionFrom(row);
}

/** All versions of one plan, the latest first. */
export async function readVersionsOf(ctx: Ctx, planId: PlanId): Promise<PlanVersion[]> {
  const query = ctx.db('subscription_plan_versions').where({ plan_id: planId }).orderBy('version', 'desc');
  const rows: VersionRow[] = await query;
  return rows.map(versionFrom);
}

/** Every version of every plan. */
export async function readAllVersions(ctx: Ctx): Promise<PlanVersion[]> {
  const rows: VersionRow[] = await ctx.db('subscription_plan_versions').select();
  return rows.map(versionFrom);
}

export async function writeGroups(ctx: Ctx, id: PlanVersionId, groups: readonly string[]): Promise<void> {
  await ctx
    .db('subscription_plan_versions')
    .where({ id })
    .update({ group_names: JSON.stringify(groups) });
}

async function withVersions(ctx: Ctx, rows: readonly PlanRow[]): Promise<Plan[]> {
  const ids = new Set(rows.map((row) => row.current_version_id));
  // A few plans: reading all their current versions is one statement whatever their number.
  const versions: VersionRow[] = await ctx
    .db('subscription_plan_versions')
    .join('subscription_plans', 'subscription_plans.current_version_id', 'subscription_plan_versions.id')
    .select('subscription_plan_versions.*');
  const byId = new Map(versions.filter((row) => ids.has(row.id)).map((row) => [row.id, versionFrom(row)]));
  return rows.map((row) => {
    const version = byId.get(row.current_version_id);
    invariant(version, `the current version of plan ${row.id} exists`);
    const { id, code, state } = row;
    return { id, code, state, createdAt: epochMs(row.created_at), version };
  });
}

function planRow(plan: Plan): PlanRow {
  const { id, code, state, version, createdAt } = plan;
  return { id, code, state, current_version_id: version.id, created_at: createdAt };
}

function versionRow(version: PlanVersion): VersionRow {
  const { windowLimits, limits } = version;
  return {
    id: version.id,
    plan_id: version.planId,
    version: version.version,
    name: version.name,
    price_minor: version.priceMinor,
    currency: version.currency,
    duration_count: version.duration.count,
    duration_unit: version.duration.unit,
    limit_5h_usd_micros: windowLimits['5h'],
    limit_1d_usd_micros: windowLimits['1d'],
    limit_7d_usd_micros: windowLimits['7d'],
    limit_30d_usd_micros: windowLimits['30d'],
    multiplier_ppm: version.multiplierPpm,
    group_names: JSON.stringify(version.groups),
    allowed_models: JSON.stringify(version.models),
    rpm: limits.rpm,
    tpm: limits.tpm,
    concurrency: limits.concurrency,
    allows_overage: Number(version.allowsOverage),
    on_repurchase: version.onRepurchase,
    renews: Number(version.renews),
    created_at: version.createdAt,
  };
}

function versionFrom(row: VersionRow): PlanVersion {
  const { rpm, tpm, concurrency } = row;
  return {
    id: row.id,
    planId: row.plan_id,
    version: row.version,
    name: row.name,
    priceMinor: row.price_minor,
    currency: row.currency,
    duration: { count: row.duration_count, unit: row.duration_unit },
    windowLimits: {
      '5h': row.limit_5h_usd_micros,
      '1d': row.limit_1d_usd_micros,
      '7d': row.limit_7d_usd_micros,
      '30d': row.limit_30d_usd_micros,
    },
    multiplierPpm: row.multiplier_ppm,
    groups: JSON.parse(row.group_names) as string[],
    models: JSON.parse(row.allowed_models) as string[],
    limits: { rpm, tpm, concurrency },
    allowsOverage: row.allows_overage === 1,
    onRepurchase: row.on_repurchase,
    renews: row.renews === 1,
    createdAt: epochMs(row.created_at),
  };
}
