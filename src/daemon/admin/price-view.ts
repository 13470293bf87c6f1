import type { z } from 'zod';
import type { priceInput, priceView, ratesView } from '../../core/contract/index.ts';
import type { GivenRates, NewPrice, Price, PriceTiers, Rates } from '../../core/models/index.ts';
import { formatUsd, type MicrosPerMillion, parseUsd } from '../../core/money.ts';
import { toRfc3339 } from '../../core/time.ts';

type PriceInput = z.output<typeof priceInput>;
type RatesInput = Pick<PriceInput, 'input' | 'cached_input' | 'cache_write_5m' | 'cache_write_1h' | 'output'>;

/** Prices as an operator writes them, in micros for a million tokens. */
export function tiersOf(input: PriceInput): NewPrice {
  return {
    standard: ratesOf(input),
    priority: input.priority === undefined ? null : ratesOf(input.priority),
    highContext:
      input.high_context === undefined
        ? null
        : { aboveTokens: input.high_context.above_tokens, rates: ratesOf(input.high_context) },
  };
}

export function viewPrice(price: Price): z.output<typeof priceView> {
  return { id: price.id, effective_from: toRfc3339(price.effectiveFrom), ...viewTiers(price) };
}

export function viewTiers(tiers: PriceTiers): z.output<typeof ratesView> {
  return {
    ...viewRates(tiers.standard),
    priority: tiers.priority && viewRates(tiers.priority),
    high_context: tiers.highContext && {
      above_tokens: tiers.highContext.aboveTokens,
      ...viewRates(tiers.highContext.rates),
    },
  };
}

function ratesOf(input: RatesInput): GivenRates {
  return {
    input: rate(input.input),
    output: rate(input.output),
    cachedInput: optionalRate(input.cached_input),
    cacheWrite5m: optionalRate(input.cache_write_5m),
    cacheWrite1h: optionalRate(input.cache_write_1h),
  };
}

function viewRates(rates: Rates) {
  return {
    input: formatUsd(rates.input),
    cached_input: formatUsd(rates.cachedInput),
    cache_write_5m: formatUsd(rates.cacheWrite5m),
    cache_write_1h: formatUsd(rates.cacheWrite1h),
    output: formatUsd(rates.output),
  };
}

/** Dollars for a million tokens are micros for a million tokens just as dollars are micros. */
function rate(text: string): MicrosPerMillion {
  return parseUsd(text) as number as MicrosPerMillion;
}

function optionalRate(text: string | undefined): MicrosPerMillion | undefined {
  return text === undefined ? undefined : rate(text);
}
