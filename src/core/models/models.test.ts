import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../database/index.ts';
import type { ModelId, UpstreamId } from '../ids.ts';
import type { MicrosPerMillion } from '../money.ts';
import { type TestCtx, testCtx, testDatabase } from '../testing/test-database.ts';
import { epochMs } from '../time.ts';
import {
  addAlias,
  addModel,
  bindModel,
  completeRates,
  editModel,
  findModel,
  listModels,
  listPrices,
  loadCatalog,
  type Model,
  removeAlias,
  removeModel,
  setPrice,
  unbindModel,
} from './index.ts';

const UP_ONE = 'up_00000000000000000000000001' as UpstreamId;
const UP_TWO = 'up_00000000000000000000000002' as UpstreamId;
let database: Database;
let ctx: TestCtx;

beforeAll(async () => {
  database = await testDatabase();
  await database.knex('upstreams').insert([UP_ONE, UP_TWO].map(upstreamRow));
});
afterAll(async () => {
  await database.close();
});
beforeEach(async () => {
  await database.knex('managed_models').delete();
  ctx = testCtx(database);
});

function upstreamRow(id: UpstreamId) {
  const flags = { enabled: 1, allow_private: 0, allow_http: 0, inject_stream_usage: 1 };
  const documents = { param_override: '{}', header_override: '{}', error_rules: '[]' };
  return { id, name: id, kind: 'openai', priority: 0, weight: 1, created_at: 0, ...flags, ...documents };
}

function rate(micros: number): MicrosPerMillion {
  return micros as MicrosPerMillion;
}

async function addOne(publicId = 'gpt-5'): Promise<Model> {
  ctx.clock.advance(1);
  return await addModel(ctx, { publicId });
}

describe('models', () => {
  test('are added, found by id, prefix, public id and alias, edited and removed', async () => {
    const model = await addModel(ctx, { publicId: 'openai/gpt-5:free', maxOutputTokens: 1_000, ownedBy: 'openai' });
    expect(await findModel(ctx, 'openai/gpt-5:free')).toEqual(model);
    await addAlias(ctx, model.id, 'fast');
    expect((await findModel(ctx, 'fast')).id).toBe(model.id);
    expect((await findModel(ctx, model.id.slice(0, -3))).id).toBe(model.id);
    await expect(findModel(ctx, 'fats')).rejects.toMatchObject({ facts: { hint: 'did you mean "fast"?' } });
    const edited = await editModel(ctx, model.id, { enabled: false, maxOutputTokens: null, contextTokens: 5 });
    expect(edited).toMatchObject({ enabled: false, maxOutputTokens: null, contextTokens: 5, aliases: ['fast'] });
    expect(await findModel(ctx, model.id)).toEqual(edited);
    await removeModel(ctx, model.id);
    await expect(removeModel(ctx, model.id)).rejects.toMatchObject({ code: 'not_found' });
    expect(await database.knex('model_aliases').select()).toEqual([]);
  });

  test.each([
    [{ publicId: 'a b' }, 'public_id'],
    [{ publicId: '' }, 'public_id'],
    [{ publicId: 'x'.repeat(201) }, 'public_id'],
    [{ publicId: 'a\0' }, 'public_id'],
    [{ publicId: 'a', maxOutputTokens: 0 }, 'max_output_tokens'],
    [{ publicId: 'a', contextTokens: 1.5 }, 'context_tokens'],
    [{ publicId: 'a', ownedBy: '' }, 'owned_by'],
  ])('refuse %j', async (input, param) => {
    await expect(addModel(ctx, input)).rejects.toMatchObject({ code: 'invalid_input', facts: { param } });
  });

  test('public ids and aliases are one name space', async () => {
    const one = await addOne('one');
    const two = await addOne('two');
    await addAlias(ctx, one.id, 'uno');
    await expect(addModel(ctx, { publicId: 'one' })).rejects.toMatchObject({ code: 'already_exists' });
    await expect(addModel(ctx, { publicId: 'uno' })).rejects.toMatchObject({ code: 'already_exists' });
    await expect(editModel(ctx, two.id, { publicId: 'uno' })).rejects.toMatchObject({ code: 'already_exists' });
    await expect(addAlias(ctx, two.id, 'one')).rejects.toMatchObject({ code: 'already_exists' });
    await expect(addAlias(ctx, two.id, 'uno')).rejects.toMatchObject({ code: 'already_exists' });
    await removeAlias(ctx, 'uno');
    await expect(removeAlias(ctx, 'uno')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('a public id and an alias that are added at once do not both win', async () => {
    const model = await addOne('one');
    const racers = [addAlias(ctx, model.id, 'new'), addModel(ctx, { publicId: 'new' })];
    const results = await Promise.allSettled(racers);
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
  });

  test('are bound to upstreams, a second time with other words', async () => {
    const model = await addOne();
    await bindModel(ctx, model.id, { upstreamId: UP_TWO });
    await bindModel(ctx, model.id, { upstreamId: UP_ONE, upstreamModel: 'gpt-5-2025', enabled: false });
    const bound = await bindModel(ctx, model.id, { upstreamId: UP_TWO, upstreamModel: 'other' });
    expect(bound.bindings).toEqual([
      { upstreamId: UP_ONE, upstreamModel: 'gpt-5-2025', enabled: false },
      { upstreamId: UP_TWO, upstreamModel: 'other', enabled: true },
    ]);
    expect((await unbindModel(ctx, model.id, UP_ONE)).bindings).toHaveLength(1);
    await expect(unbindModel(ctx, model.id, UP_ONE)).rejects.toMatchObject({ code: 'not_found' });
    const nowhere = 'mdl_00000000000000000000000000' as ModelId;
    await expect(bindModel(ctx, nowhere, { upstreamId: UP_ONE })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('are listed in pages', async () => {
    for (const name of ['a', 'b', 'c']) await addOne(name);
    const { items, nextCursor } = await listModels(ctx, { limit: 2 });
    expect(items.map((model) => model.publicId)).toEqual(['c', 'b']);
    expect(nextCursor).not.toBeNull();
  });
});

describe('prices', () => {
  test('what is left out follows from the rest', () => {
    const rates = { input: rate(100), output: rate(400) };
    expect(completeRates(rates)).toEqual({ ...rates, cachedInput: 100, cacheWrite5m: 100, cacheWrite1h: 100 });
    expect(completeRates({ ...rates, cachedInput: rate(10), cacheWrite5m: rate(125) })).toEqual({
      ...rates,
      cachedInput: 10,
      cacheWrite5m: 125,
      cacheWrite1h: 125,
    });
  });

  test('are versions; an equal one changes nothing', async () => {
    const { id } = await addOne();
    const first = await setPrice(ctx, id, { standard: { input: rate(1), output: rate(2) } });
    const input = {
      standard: { input: rate(1), output: rate(3) },
      priority: { input: rate(2), output: rate(6) },
      highContext: { aboveTokens: 200_000, rates: { input: rate(4), output: rate(8) } },
    };
    // The same millisecond: the second version starts a little later.
    const second = await setPrice(ctx, id, input);
    expect(second.effectiveFrom).toBe(first.effectiveFrom + 1);
    ctx.clock.advance(1_000);
    expect(await setPrice(ctx, id, input)).toEqual(second);
    expect(await listPrices(ctx, id)).toEqual([second, first]);
    expect((await findModel(ctx, id)).price).toEqual(second);
  });

  test('may start later, and then count from then on', async () => {
    const { id } = await addOne();
    const now = ctx.clock.now();
    const today = await setPrice(ctx, id, { standard: { input: rate(1), output: rate(1) } });
    const tomorrow = await setPrice(ctx, id, {
      standard: { input: rate(2), output: rate(2) },
      effectiveFrom: epochMs(now + 1_000),
    });
    const catalog = await loadCatalog(ctx);
    expect(catalog.modelByName.get('gpt-5')?.price).toEqual(today);
    expect(catalog.priceAt(id, epochMs(now - 1))).toBeNull();
    expect(catalog.priceAt(id, epochMs(now + 999))).toEqual(today);
    expect(catalog.priceAt(id, epochMs(now + 1_000))).toEqual(tomorrow);
  });

  test.each([
    { standard: { input: rate(-1), output: rate(1) } },
    { standard: { input: rate(0.5), output: rate(1) } },
    { standard: { input: rate(1), output: rate(1e13) } },
    { standard: { input: rate(1), output: rate(1) }, effectiveFrom: epochMs(0) },
    {
      standard: { input: rate(1), output: rate(1) },
      highContext: { aboveTokens: 0, rates: { input: rate(1), output: rate(1) } },
    },
  ])('refuse %j', async (input) => {
    const { id } = await addOne();
    await expect(setPrice(ctx, id, input)).rejects.toMatchObject({ code: 'invalid_input' });
  });
});

test('the catalogue names models by public id and alias, in order', async () => {
  const b = await addOne('b');
  await addOne('a');
  await addAlias(ctx, b.id, 'bee');
  const catalog = await loadCatalog(ctx);
  expect(catalog.models.map((model) => model.publicId)).toEqual(['a', 'b']);
  expect(catalog.modelByName.get('bee')?.publicId).toBe('b');
  expect(new Set(catalog.modelByName.keys())).toEqual(new Set(['a', 'b', 'bee']));
});
