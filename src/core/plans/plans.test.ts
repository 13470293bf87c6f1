import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../database/index.ts';
import { Failure } from '../failure.ts';
import type { UsdMicros } from '../money.ts';
import { type TestCtx, testCtx, testDatabase } from '../testing/test-database.ts';
import { addGroup } from '../upstreams/index.ts';
import {
  archivePlan,
  createPlan,
  editPlan,
  findPlan,
  listPlans,
  listPlanVersions,
  type NewPlan,
  openedGroups,
  opensModel,
  type PlanPatch,
  readPlanVersion,
  renameGroupInPlans,
  requireGroupUnsold,
} from './index.ts';

let database: Database;
let ctx: TestCtx;
beforeEach(async () => {
  database = await testDatabase();
  ctx = testCtx(database);
});
afterEach(async () => {
  await database.close();
});

const PRO = { code: 'pro', priceMinor: 2_000, currency: 'USD' };
const makePro = (more: PlanPatch = {}) => createPlan(ctx, { ...PRO, ...more } as NewPlan);

describe('a plan', () => {
  test('is a month for everything at list price unless said otherwise', async () => {
    const plan = await makePro();
    expect(plan).toMatchObject({ code: 'pro', state: 'active' });
    expect(plan.version).toMatchObject({
      version: 1,
      name: 'pro',
      priceMinor: 2_000,
      currency: 'USD',
      duration: { count: 1, unit: 'month' },
      windowLimits: { '5h': null, '1d': null, '7d': null, '30d': null },
      multiplierPpm: 1_000_000,
      groups: [],
      models: [],
      limits: { rpm: null, tpm: null, concurrency: null },
      allowsOverage: true,
      onRepurchase: 'extend',
      renews: false,
    });
  });

  test('keeps everything that it was given', async () => {
    await addGroup(ctx, { name: 'cheap' });
    const terms = {
      name: 'Pro, yearly',
      duration: { count: 12, unit: 'month' },
      windowLimits: {
        '5h': 1_000_000 as UsdMicros,
        '1d': null,
        '7d': 9_000_000_000_000 as UsdMicros,
        '30d': 1 as UsdMicros,
      },
      multiplierPpm: 800_000,
      groups: ['cheap'],
      models: ['gpt-*', 'claude-x'],
      limits: { rpm: 60, tpm: 100_000, concurrency: 4 },
      allowsOverage: false,
      onRepurchase: 'queue',
      renews: true,
    } as const;
    const plan = await makePro(terms);
    expect(plan.version).toMatchObject(terms);
    expect(await findPlan(ctx, 'pro')).toEqual(plan);
    expect(await findPlan(ctx, plan.id.slice(0, 14))).toEqual(plan);
    expect(await readPlanVersion(ctx, plan.version.id)).toEqual(plan.version);
  });

  test.each<[string, PlanPatch]>([
    ['a negative price', { priceMinor: -1 }],
    ['an unknown currency', { currency: 'XYZ' }],
    ['no time at all', { duration: { count: 0, unit: 'day' } }],
    ['more time than anybody means', { duration: { count: 121, unit: 'month' } }],
    ['a window of nothing', { windowLimits: { '5h': 0 as UsdMicros } }],
    ['a fraction of a micro-dollar', { windowLimits: { '1d': 0.5 as UsdMicros } }],
    ['a negative multiplier', { multiplierPpm: -1 }],
    ['a limit of zero, which would lift it', { limits: { rpm: 0 } }],
    ['a model that no client can write', { models: ['a b'] }],
    ['a name without letters', { name: ' ' }],
  ])('cannot have %s', async (_what, patch) => {
    await expect(makePro(patch)).rejects.toThrow(Failure);
    await expect(findPlan(ctx, 'pro')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('names groups that are there', async () => {
    await expect(makePro({ groups: ['cheap'] })).rejects.toMatchObject({ code: 'not_found' });
    const { id } = await addGroup(ctx, { name: 'cheap' });
    await expect(makePro({ groups: [id] })).rejects.toThrow(Failure);
    expect((await makePro({ groups: ['cheap'] })).version.groups).toEqual(['cheap']);
  });

  test('has a code of its own', async () => {
    await makePro();
    await expect(makePro()).rejects.toMatchObject({ code: 'already_exists' });
  });

  test('comes in pages, newest first, also by state', async () => {
    for (const code of ['a', 'b', 'c']) {
      ctx.clock.advance(1);
      await createPlan(ctx, { ...PRO, code });
    }
    await archivePlan(ctx, (await findPlan(ctx, 'b')).id);
    const codes = async (state?: 'active' | 'archived') =>
      (await listPlans(ctx, { state }, { limit: 10 })).items.map(({ code }) => code);
    expect(await codes()).toEqual(['c', 'b', 'a']);
    expect([await codes('active'), await codes('archived')]).toEqual([['c', 'a'], ['b']]);
    const first = await listPlans(ctx, {}, { limit: 2 });
    expect(first.items).toHaveLength(2);
    expect(first.nextCursor).not.toBeNull();
  });
});

describe('editing', () => {
  test('makes a version that is sold from now on and leaves the one before as it was', async () => {
    const before = await makePro({ windowLimits: { '5h': 5 as UsdMicros, '1d': 10 as UsdMicros } });
    ctx.clock.advance(1_000);
    const after = await editPlan(ctx, before.id, { priceMinor: 3_000, windowLimits: { '5h': null } });
    expect(after.version).toMatchObject({ version: 2, priceMinor: 3_000, currency: 'USD', name: 'pro' });
    expect(after.version.windowLimits).toEqual({ '5h': null, '1d': 10, '7d': null, '30d': null });
    expect(await findPlan(ctx, 'pro')).toEqual(after);
    expect(await readPlanVersion(ctx, before.version.id)).toEqual(before.version);
    expect(await listPlanVersions(ctx, before.id)).toEqual([after.version, before.version]);
  });

  test('to the same terms makes none', async () => {
    const before = await makePro({ limits: { rpm: 5 } });
    expect(await editPlan(ctx, before.id, { name: 'pro', limits: { rpm: 5 } })).toEqual(before);
    expect(await listPlanVersions(ctx, before.id)).toHaveLength(1);
  });

  test('by many at once numbers the versions without a gap', async () => {
    const { id } = await makePro();
    await Promise.all(Array.from({ length: 8 }, (_, i) => editPlan(ctx, id, { priceMinor: 100 + i })));
    const versions = (await listPlanVersions(ctx, id)).map(({ version }) => version);
    expect(versions).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
  });

  test('is over once the plan is archived, which can be said twice', async () => {
    const { id } = await makePro();
    await archivePlan(ctx, id);
    expect((await archivePlan(ctx, id)).state).toBe('archived');
    await expect(editPlan(ctx, id, { priceMinor: 1 })).rejects.toMatchObject({ code: 'conflict' });
  });

  test('by hand in the database is refused', async () => {
    const { version } = await makePro();
    const rows = () => database.knex('subscription_plan_versions').where({ id: version.id });
    await expect(rows().update({ price_minor: 1 })).rejects.toThrow('append-only');
    await expect(rows().update({ limit_5h_usd_micros: 1 })).rejects.toThrow('append-only');
    await expect(rows().delete()).rejects.toThrow('append-only');
    expect(await readPlanVersion(ctx, version.id)).toEqual(version);
  });
});

describe('groups', () => {
  test('are followed when they are renamed, in every version', async () => {
    await addGroup(ctx, { name: 'cheap' });
    await addGroup(ctx, { name: 'fast' });
    const { id, version } = await makePro({ groups: ['cheap', 'fast'] });
    await editPlan(ctx, id, { priceMinor: 1 });
    await renameGroupInPlans(ctx, 'cheap', 'budget');
    expect((await findPlan(ctx, 'pro')).version.groups).toEqual(['budget', 'fast']);
    expect((await readPlanVersion(ctx, version.id)).groups).toEqual(['budget', 'fast']);
  });

  test('are kept while a plan that is sold opens them', async () => {
    await addGroup(ctx, { name: 'cheap' });
    const { id } = await makePro({ groups: ['cheap'] });
    await expect(requireGroupUnsold(ctx, 'cheap')).rejects.toMatchObject({ code: 'conflict' });
    await requireGroupUnsold(ctx, 'other');
    await editPlan(ctx, id, { groups: [] });
    await requireGroupUnsold(ctx, 'cheap');
  });

  test('that a plan names are the only ones that it opens', () => {
    expect(openedGroups({ groups: [] }, ['a', null])).toBeNull();
    expect(openedGroups({ groups: ['a', 'b'] }, ['b', 'c', null])).toEqual(new Set(['b']));
    expect(openedGroups({ groups: ['a'] }, [null])).toEqual(new Set());
  });
});

test('a plan opens the models that it names, under their id or the alias that was asked for', () => {
  expect(opensModel({ models: [] }, 'anything')).toBe(true);
  expect(opensModel({ models: ['gpt-*'] }, 'gpt-x')).toBe(true);
  expect(opensModel({ models: ['fast'] }, 'gpt-x', 'fast')).toBe(true);
  expect(opensModel({ models: ['gpt-*'] }, 'claude-x', 'fast')).toBe(false);
});
