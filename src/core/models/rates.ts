import { Failure } from '../failure.ts';
import type { MicrosPerMillion } from '../money.ts';
import type { Patch } from '../patch.ts';
import type { Price, Rates } from './model.ts';

/** A million dollars for a million tokens; keeps tokens × price far inside of what BigInt arithmetic needs. */
const RATE_MAX = 1_000_000_000_000;
const ABOVE_TOKENS_MAX = 1_000_000_000;

/** Rates as an operator gives them: what a cache read or write costs may be left out. */
export type GivenRates = Pick<Rates, 'input' | 'output'> &
  Patch<Pick<Rates, 'cachedInput' | 'cacheWrite5m' | 'cacheWrite1h'>>;

/** A version of prices before it has an id and a start. */
export interface PriceTiers {
  readonly standard: Rates;
  readonly priority: Rates | null;
  readonly highContext: { readonly aboveTokens: number; readonly rates: Rates } | null;
}

/** Cached input and a five-minute cache write cost what input costs, a one-hour write what a five-minute one costs. */
export function completeRates(given: GivenRates): Rates {
  const { input, output, cachedInput = input, cacheWrite5m = input, cacheWrite1h = cacheWrite5m } = given;
  return { input, cachedInput, cacheWrite5m, cacheWrite1h, output };
}

/** @throws Failure invalid_input unless every rate is a whole number of micros from 0. */
export function checkTiers(tiers: PriceTiers): PriceTiers {
  for (const rates of [tiers.standard, tiers.priority, tiers.highContext?.rates]) {
    for (const [param, rate] of Object.entries(rates ?? {})) requireRate(param, rate);
  }
  const above = tiers.highContext?.aboveTokens ?? 1;
  if (Number.isSafeInteger(above) && above >= 1 && above <= ABOVE_TOKENS_MAX) return tiers;
  throw new Failure('invalid_input', {
    message: `the high-context threshold must be a whole number of tokens from 1 to ${ABOVE_TOKENS_MAX}`,
    param: 'above_tokens',
  });
}

export function isRate(value: number): value is MicrosPerMillion {
  return Number.isSafeInteger(value) && value >= 0 && value <= RATE_MAX;
}

export function isSamePrice(a: PriceTiers, b: PriceTiers | Price | null): boolean {
  if (b === null) return false;
  return (
    isSameRates(a.standard, b.standard) &&
    isSameRates(a.priority, b.priority) &&
    a.highContext?.aboveTokens === b.highContext?.aboveTokens &&
    isSameRates(a.highContext?.rates ?? null, b.highContext?.rates ?? null)
  );
}

function isSameRates(a: Rates | null, b: Rates | null): boolean {
  if (a === null || b === null) return a === b;
  return (Object.keys(a) as (keyof Rates)[]).every((rate) => a[rate] === b[rate]);
}

function requireRate(param: string, value: number): void {
  if (isRate(value)) return;
  throw new Failure('invalid_input', {
    message: `${param} must be from 0 to 1000000 dollars for a million tokens, with at most six decimals`,
    param,
  });
}
