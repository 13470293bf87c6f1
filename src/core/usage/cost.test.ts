import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ModelId, PriceId } from '../ids.ts';
import type { Price, Rates } from '../models/index.ts';
import type { MicrosPerMillion } from '../money.ts';
import { epochMs } from '../time.ts';
import { costOf } from './cost.ts';
import type { TokenUsage } from './token-usage.ts';

const LIST_PPM = 1_000_000;
const MILLION = 1_000_000;

function rates(input: number, cachedInput: number, cacheWrite5m: number, cacheWrite1h: number, output: number): Rates {
  const all = { input, cachedInput, cacheWrite5m, cacheWrite1h, output };
  return all as { [Key in keyof Rates]: MicrosPerMillion };
}

const price: Price = {
  id: 'prc_1' as PriceId,
  modelId: 'mdl_1' as ModelId,
  effectiveFrom: epochMs(0),
  standard: rates(2_000_000, 500_000, 2_500_000, 4_000_000, 8_000_000),
  priority: rates(4_000_000, 1_000_000, 5_000_000, 8_000_000, 16_000_000),
  highContext: { aboveTokens: 200_000, rates: rates(6_000_000, 3_000_000, 7_000_000, 9_000_000, 24_000_000) },
};

function usage(parts: Partial<TokenUsage>): TokenUsage {
  return { input: 0, cachedInput: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: 0, reasoning: 0, ...parts };
}

const cost = (parts: Partial<TokenUsage>, tier: string | null = null, ppm = LIST_PPM) =>
  costOf(usage(parts), price, tier, ppm);

describe('a part of the tokens', () => {
  test.each<[string, Partial<TokenUsage>, number]>([
    ['nothing', {}, 0],
    ['input', { input: 1_000 }, 2_000],
    ['output', { output: 1_000 }, 8_000],
    ['reasoning is in the output already', { output: 1_000, reasoning: 900 }, 8_000],
    ['cached input is a part of the input', { input: 1_000, cachedInput: 400 }, 1_200 + 200],
    ['all of it cached', { input: 1_000, cachedInput: 1_000 }, 500],
    ['cache writes are parts of the input', { input: 1_000, cacheWrite5m: 100, cacheWrite1h: 200 }, 1_400 + 250 + 800],
    [
      'everything',
      { input: 1_000, cachedInput: 300, cacheWrite5m: 100, cacheWrite1h: 100, output: 10 },
      1_000 + 150 + 250 + 400 + 80,
    ],
    ['more cached than there was: the rest is not negative', { input: 100, cachedInput: 400 }, 200],
    ['more parts than the whole', { input: 100, cachedInput: 60, cacheWrite5m: 60 }, 30 + 150],
  ])('%s', (_, parts, micros) => {
    expect(cost(parts)).toBe(micros);
  });
});

describe('tiers', () => {
  test('high context begins strictly above its threshold, for the whole request', () => {
    expect(cost({ input: 200_000, output: 1_000 })).toBe(400_000 + 8_000);
    expect(cost({ input: 200_001, output: 1_000 })).toBe(6 * 200_001 + 24_000);
    expect(cost({ input: 200_001, cachedInput: 200_001 })).toBe(3 * 200_001);
    // Output does not count for the threshold.
    expect(cost({ input: 10, output: 900_000 })).toBe(20 + 8 * 900_000);
  });

  test('priority holds when the provider says that it served it', () => {
    expect(cost({ input: 1_000 }, 'priority')).toBe(4_000);
    for (const tier of ['default', 'flex', 'auto', '', null]) expect(cost({ input: 1_000 }, tier)).toBe(2_000);
  });

  test('high context goes before priority', () => {
    expect(cost({ input: 200_001 }, 'priority')).toBe(6 * 200_001);
  });

  test('a price without tiers knows only its one', () => {
    const flat = { ...price, priority: null, highContext: null };
    expect(costOf(usage({ input: MILLION }), flat, 'priority', LIST_PPM)).toBe(2_000_000);
  });
});

test('the multiplier comes before the one rounding', () => {
  expect(cost({ input: 1_000 }, null, 1_500_000)).toBe(3_000);
  expect(cost({ input: 1_000 }, null, 0)).toBe(0);
  const half = { ...price, standard: rates(1, 1, 1, 1, 1), highContext: null };
  expect(costOf(usage({ input: 499_999 }), half, null, LIST_PPM)).toBe(0);
  expect(costOf(usage({ input: 500_000 }), half, null, LIST_PPM)).toBe(1);
  expect(costOf(usage({ input: 1_000_000 }), half, null, 499_999)).toBe(0);
  expect(costOf(usage({ input: 1_000_000 }), half, null, 500_000)).toBe(1);
});

test('the multiplier of the payer comes on top of the group’s, before the one rounding', () => {
  const one = usage({ input: 1_000 });
  expect(costOf(one, price, null, 1_500_000, 500_000)).toBe(1_500);
  expect(costOf(one, price, null, 1_500_000, 0)).toBe(0);
  const flat = { ...price, standard: rates(1, 1, 1, 1, 1), highContext: null };
  // 0.49 of a micro, which would be one if it were rounded after each of them.
  expect(costOf(usage({ input: 1_000_000 }), flat, null, 700_000, 700_000)).toBe(0);
});

test('is never negative and never falls when output grows, whatever a provider counts', () => {
  const tokens = fc.nat(1_000_000_000);
  const any = fc.record({
    input: tokens,
    cachedInput: tokens,
    cacheWrite5m: tokens,
    cacheWrite1h: tokens,
    output: tokens,
    reasoning: tokens,
  });
  fc.assert(
    fc.property(any, fc.nat(1_000), fc.constantFrom('priority', null), fc.nat(3_000_000), (given, more, tier, ppm) => {
      const before = costOf(given, price, tier, ppm);
      expect(Number.isSafeInteger(before) && before >= 0).toBe(true);
      expect(costOf({ ...given, output: given.output + more }, price, tier, ppm)).toBeGreaterThanOrEqual(before);
    }),
  );
});
