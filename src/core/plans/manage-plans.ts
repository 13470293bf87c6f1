import { type Ctx, inChange } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { newId, type PlanId, type PlanVersionId } from '../ids.ts';
import { checkName, nameTaken } from '../name.ts';
import type { Page, PageRequest } from '../page.ts';
import type { Patch } from '../patch.ts';
import { notFound, pickByRef } from '../pick-by-ref.ts';
import { findGroup } from '../upstreams/index.ts';
import type { Plan, PlanState, PlanTerms, PlanVersion } from './plan.ts';
import { checkTerms, isSameTerms, PLAIN_TERMS } from './plan-rules.ts';
import {
  insertPlan,
  insertVersion,
  readAllPlans,
  readAllVersions,
  readPlan,
  readPlanPage,
  readPlanRefs,
  readVersion,
  readVersionsOf,
  updatePlan,
  writeGroups,
} from './plan-store.ts';

export type PlanPatch = Patch<
  Omit<PlanTerms, 'windowLimits' | 'limits'> & {
    readonly windowLimits: Patch<PlanTerms['windowLimits']>;
    readonly limits: Patch<PlanTerms['limits']>;
  }
>;
export type NewPlan = PlanPatch & {
  readonly code: string;
  /** The code unless said. */
  readonly name?: string | undefined;
  readonly priceMinor: number;
  readonly currency: string;
};

/** @throws Failure invalid_input; not_found for a group that is not there; already_exists when the code is taken. */
export async function createPlan(ctx: Ctx, input: NewPlan): Promise<Plan> {
  const now = ctx.clock.now();
  const code = checkName(input.code, 'code');
  const { priceMinor, currency } = input;
  const terms = laidOver({ ...PLAIN_TERMS, name: code, priceMinor, currency }, input);
  const id = newId('plan', now, ctx.random);
  const version = newVersion(ctx, id, 1, terms);
  const plan: Plan = { id, code, state: 'active', createdAt: now, version };
  return await inChange(ctx, 'subscriptions', async (tx) => {
    await requireGroups(tx, terms.groups);
    if (!(await insertPlan(tx, plan))) throw nameTaken('plan', code);
    return plan;
  });
}

/**
 * Follows the terms of a plan with a new version, which is sold from now on; subscriptions keep the version that they
 * were sold as. Terms equal to the present ones change nothing.
 * @throws Failure not_found, invalid_input; conflict when the plan is archived.
 */
export async function editPlan(ctx: Ctx, id: PlanId, patch: PlanPatch): Promise<Plan> {
  return await inChange(ctx, 'subscriptions', async (tx) => {
    const before = await requirePlan(tx, id);
    requireForSale(before);
    const terms = laidOver(before.version, patch);
    if (isSameTerms(terms, before.version)) return before;
    await requireGroups(tx, terms.groups);
    const after: Plan = { ...before, version: newVersion(tx, id, before.version.version + 1, terms) };
    await insertVersion(tx, after.version);
    await updatePlan(tx, after);
    return after;
  });
}

/** Takes a plan off sale for good; who has it keeps it. Archiving it again changes nothing. @throws Failure not_found */
export async function archivePlan(ctx: Ctx, id: PlanId): Promise<Plan> {
  return await inChange(ctx, 'subscriptions', async (tx) => {
    const plan: Plan = { ...(await requirePlan(tx, id)), state: 'archived' };
    await updatePlan(tx, plan);
    return plan;
  });
}

/**
 * Finds a plan by id, unique beginning of an id, or code.
 * @throws Failure not_found with the nearest code; invalid_input when ambiguous.
 */
export async function findPlan(ctx: Ctx, ref: string): Promise<Plan> {
  const { id } = pickByRef('plan', ref, await readPlanRefs(ctx, ref));
  return await requirePlan(ctx, id);
}

/** @throws Failure conflict when the plan is archived: it is neither sold, granted nor changed any more. */
export function requireForSale(plan: Plan): void {
  if (plan.state === 'active') return;
  throw new Failure('conflict', {
    message: `the plan "${plan.code}" is archived`,
    hint: 'make a new plan: realms plan add',
  });
}

/** Newest first. */
export async function listPlans(
  ctx: Ctx,
  filter: { readonly state?: PlanState | undefined },
  page: PageRequest,
): Promise<Page<Plan>> {
  return await readPlanPage(ctx, filter, page);
}

/** The latest first. @throws Failure not_found */
export async function listPlanVersions(ctx: Ctx, id: PlanId): Promise<readonly PlanVersion[]> {
  await requirePlan(ctx, id);
  return await readVersionsOf(ctx, id);
}

/** @throws Failure not_found */
export async function readPlanVersion(ctx: Ctx, id: PlanVersionId): Promise<PlanVersion> {
  const version = await readVersion(ctx, id);
  if (!version) throw notFound('plan version', id);
  return version;
}

/** Every version that was ever sold, with the code of its plan. */
export async function readAllPlanVersions(
  ctx: Ctx,
): Promise<ReadonlyMap<PlanVersionId, { readonly planCode: string; readonly version: PlanVersion }>> {
  const codes = new Map((await readAllPlans(ctx)).map((plan) => [plan.id, plan.code]));
  const versions = await readAllVersions(ctx);
  return new Map(versions.map((version) => [version.id, { planCode: codes.get(version.planId) ?? '', version }]));
}

/** A plan opens the group under its new name, also in the versions that were sold before. */
export async function renameGroupInPlans(ctx: Ctx, before: string, after: string): Promise<void> {
  await inChange(ctx, 'subscriptions', async (tx) => {
    const users = (await readAllVersions(tx)).filter((version) => version.groups.includes(before));
    for (const { id, groups } of users) {
      await writeGroups(
        tx,
        id,
        groups.map((name) => (name === before ? after : name)),
      );
    }
  });
}

/** @throws Failure conflict while a plan that is sold opens the group. */
export async function requireGroupUnsold(ctx: Ctx, group: string): Promise<void> {
  await inChange(ctx, 'subscriptions', async (tx) => {
    const sold = (await readAllPlans(tx)).filter(
      ({ state, version }) => state === 'active' && version.groups.includes(group),
    );
    const [first] = sold;
    if (!first) return;
    throw new Failure('conflict', {
      message: `${sold.length} plans open the group "${group}", among them "${first.code}"`,
      hint: 'take the group out of these plans first, or archive them',
    });
  });
}

function laidOver(before: PlanTerms, patch: PlanPatch): PlanTerms {
  return checkTerms({
    name: patch.name ?? before.name,
    priceMinor: patch.priceMinor ?? before.priceMinor,
    currency: patch.currency ?? before.currency,
    duration: patch.duration ?? before.duration,
    windowLimits: { ...before.windowLimits, ...given(patch.windowLimits) },
    multiplierPpm: patch.multiplierPpm ?? before.multiplierPpm,
    groups: patch.groups ?? before.groups,
    models: patch.models ?? before.models,
    limits: { ...before.limits, ...given(patch.limits) },
    allowsOverage: patch.allowsOverage ?? before.allowsOverage,
    onRepurchase: patch.onRepurchase ?? before.onRepurchase,
    renews: patch.renews ?? before.renews,
  });
}

/** What a patch names: null takes a limit away, undefined leaves it. */
function given<T extends object>(patch: Patch<T> = {}): Partial<T> {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function newVersion(ctx: Ctx, planId: PlanId, version: number, terms: PlanTerms): PlanVersion {
  const now = ctx.clock.now();
  return { ...terms, id: newId('plv', now, ctx.random), planId, version, createdAt: now };
}

async function requirePlan(ctx: Ctx, id: string): Promise<Plan> {
  const plan = await readPlan(ctx, id);
  if (!plan) throw notFound('plan', id);
  return plan;
}

/** By their exact names: an id would open nothing, since requests know groups by name. */
async function requireGroups(tx: Ctx, names: readonly string[]): Promise<void> {
  for (const name of names) {
    if ((await findGroup(tx, name)).name !== name) throw notFound('group', name);
  }
}
