import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../database/index.ts';
import { type TestCtx, testCtx, testDatabase } from '../testing/test-database.ts';
import { microsPerMillion } from './decimal-price.ts';
import {
  addAlias,
  addModel,
  applyPriceImport,
  findModel,
  listModels,
  listPrices,
  type Model,
  planPriceImport,
} from './index.ts';

let database: Database;
let ctx: TestCtx;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(async () => {
  await database.close();
});
beforeEach(async () => {
  await database.knex('managed_models').delete();
  ctx = testCtx(database);
});

const LIST = `{
  "sample_spec": { "input_cost_per_token": 0.0, "max_tokens": "LEGACY" },
  "gpt-5": {
    "input_cost_per_token": 1.25e-06, "output_cost_per_token": 1e-05, "cache_read_input_token_cost": 1.25e-07,
    "input_cost_per_token_priority": 2.5e-06, "output_cost_per_token_priority": 2e-05,
    "cache_read_input_token_cost_priority": 2.5e-07,
    "max_input_tokens": 272000, "max_output_tokens": 128000, "max_tokens": 1, "litellm_provider": "openai"
  },
  "claude": {
    "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05, "cache_read_input_token_cost": 3e-07,
    "cache_creation_input_token_cost": 3.75e-06, "cache_creation_input_token_cost_above_1hr": 6e-06,
    "input_cost_per_token_above_200k_tokens": 6e-06, "output_cost_per_token_above_200k_tokens": 2.25e-05,
    "cache_read_input_token_cost_above_200k_tokens": 6e-07, "cache_creation_input_token_cost_above_200k_tokens": 7.5e-06,
    "max_tokens": 64000
  },
  "image": { "output_cost_per_image": 0.04 },
  "half": { "input_cost_per_token": 1e-06 },
  "odd": { "input_cost_per_token": -1, "output_cost_per_token": 1 },
  "two tiers": { "input_cost_per_token": 1, "output_cost_per_token": 1 },
  "tiers": { "input_cost_per_token": 0, "output_cost_per_token": 0,
    "input_cost_per_token_above_128k_tokens": 0, "input_cost_per_token_above_200k_tokens": 0 }
}`;

async function current(): Promise<readonly Model[]> {
  return (await listModels(ctx, { limit: 500 })).items;
}

describe('microsPerMillion', () => {
  test.each([
    ['0', 0],
    ['0.0', 0],
    ['0e5', 0],
    ['1.25e-06', 1_250_000],
    ['0.00000125', 1_250_000],
    ['1E-5', 10_000_000],
    ['3.75e-6', 3_750_000],
    ['5e-13', 1],
    ['4.9e-13', 0],
    ['2.9999900000000002e-06', 2_999_990],
    ['1.0000000000000001e-07', 100_000],
    ['1', 1_000_000_000_000],
    ['0.0000000000001', 0],
  ])('%s is %i', (decimal, micros) => {
    expect(microsPerMillion(decimal)).toBe(micros);
  });

  test.each(['', 'x', '-1', '1.', '.5', '1e', 'NaN', 'Infinity', '1.1', '1e999', '0x1', '1_0'])(
    '%j is no price',
    (text) => {
      expect(microsPerMillion(text)).toBeUndefined();
    },
  );

  test('is exact for every price in whole micros, in every notation, as text and as a parsed number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999_999 }), fc.integer({ min: -6, max: 6 }), (micros, shift) => {
        const digits = String(micros);
        const forms = [`${digits}e-12`, `${digits}E-12`, `0.${digits.padStart(12, '0')}`, `${digits}.000e-12`];
        if (shift >= 0) forms.push(`${digits}${'0'.repeat(shift)}e-${12 + shift}`);
        for (const form of forms) {
          expect([form, microsPerMillion(form)]).toEqual([form, micros]);
          expect([form, microsPerMillion(String(Number(form)))]).toEqual([form, micros]);
        }
      }),
    );
  });

  test('rounds half up below a micro, digit by digit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000_000 }), fc.integer({ min: 0, max: 999_999 }), (micros, rest) => {
        const decimal = `${micros}.${String(rest).padStart(6, '0')}e-12`;
        expect(microsPerMillion(decimal)).toBe(micros + (rest >= 500_000 ? 1 : 0));
      }),
    );
  });
});

describe('a price list', () => {
  test('is planned against what is there', () => {
    const plan = planPriceImport(LIST, []);
    expect(plan.added.map((model) => model.publicId)).toEqual(['gpt-5', 'claude']);
    const [gpt, claude] = plan.added;
    expect(gpt).toMatchObject({ ownedBy: 'openai', maxOutputTokens: 128_000, contextTokens: 272_000, before: null });
    expect(gpt?.price).toEqual({
      standard: {
        input: 1_250_000,
        cachedInput: 125_000,
        cacheWrite5m: 1_250_000,
        cacheWrite1h: 1_250_000,
        output: 1e7,
      },
      priority: {
        input: 2_500_000,
        cachedInput: 250_000,
        cacheWrite5m: 2_500_000,
        cacheWrite1h: 2_500_000,
        output: 2e7,
      },
      highContext: null,
    });
    expect(claude).toMatchObject({ maxOutputTokens: 64_000, contextTokens: null });
    expect(claude?.price.standard).toMatchObject({ cacheWrite5m: 3_750_000, cacheWrite1h: 6_000_000 });
    expect(claude?.price.highContext).toEqual({
      aboveTokens: 200_000,
      rates: { input: 6e6, cachedInput: 600_000, cacheWrite5m: 7.5e6, cacheWrite1h: 7.5e6, output: 22.5e6 },
    });
    expect(Object.fromEntries(plan.skipped.map(({ model, why }) => [model, why]))).toEqual({
      image: 'has no price for tokens',
      half: 'has no output_cost_per_token',
      odd: 'input_cost_per_token is not a price',
      'two tiers': 'cannot be a model name',
      tiers: 'has 2 high-context tiers, and only one can be kept',
    });
  });

  test('as parsed JSON gives the same plan', () => {
    const parsed: unknown = JSON.parse(LIST);
    expect(planPriceImport(parsed, [])).toEqual(planPriceImport(LIST, []));
  });

  test.each(['', '[]', '"x"', '{', '{"a":', '"unclosed', 'null', '7', '{"a": 1e}'])('%j is refused', (text) => {
    expect(() => planPriceImport(text, [])).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });

  test('with strings that look like numbers or quotes survives', () => {
    const text = '{"a\\"1": {"input_cost_per_token": "1e-6", "output_cost_per_token": 1e-6, "note": "5 \\\\"}}';
    expect(planPriceImport(text, []).added[0]).toMatchObject({ publicId: 'a"1', price: { standard: { input: 1e6 } } });
  });

  test('is applied once, fills in what is missing, and keeps what an operator set', async () => {
    await addModel(ctx, { publicId: 'gpt-5', maxOutputTokens: 7 });
    const plan = planPriceImport(LIST, await current());
    expect([plan.added.length, plan.changed.length]).toEqual([1, 1]);
    expect(await applyPriceImport(ctx, plan)).toEqual({ modelsAdded: 1, pricesSet: 2 });
    expect(await findModel(ctx, 'gpt-5')).toMatchObject({ maxOutputTokens: 7, contextTokens: 272_000 });
    expect((await findModel(ctx, 'claude')).price?.standard.input).toBe(3_000_000);
    const again = planPriceImport(LIST, await current());
    expect([again.added.length, again.changed.length, again.unchanged.length]).toEqual([0, 0, 2]);
    // An old plan does no harm either.
    expect(await applyPriceImport(ctx, plan)).toEqual({ modelsAdded: 0, pricesSet: 0 });
  });

  test('that changed adds a version', async () => {
    await applyPriceImport(ctx, planPriceImport(LIST, []));
    ctx.clock.advance(1_000);
    const dearer = LIST.replace('1.25e-06', '1.5e-06');
    const plan = planPriceImport(dearer, await current());
    expect(plan.changed.map((model) => model.before?.standard.input)).toEqual([1_250_000]);
    expect(await applyPriceImport(ctx, plan)).toEqual({ modelsAdded: 0, pricesSet: 1 });
    expect(await listPrices(ctx, (await findModel(ctx, 'gpt-5')).id)).toHaveLength(2);
  });

  test('passes over names that are aliases', async () => {
    const model = await addModel(ctx, { publicId: 'mine' });
    const plan = planPriceImport(LIST, []);
    await addAlias(ctx, model.id, 'gpt-5');
    expect(planPriceImport(LIST, await current()).skipped).toContainEqual({ model: 'gpt-5', why: 'is an alias here' });
    expect(await applyPriceImport(ctx, plan)).toEqual({ modelsAdded: 1, pricesSet: 1 });
  });

  test('of thousands is one quick transaction', async () => {
    const entry = { input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 };
    const list = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`model-${i}`, entry]));
    expect(await applyPriceImport(ctx, planPriceImport(list, []))).toEqual({ modelsAdded: 3_000, pricesSet: 3_000 });
  });
});
