import type { Price, Rates } from '../models/index.ts';
import { tokenCost, type UsdMicros } from '../money.ts';
import type { TokenUsage } from './token-usage.ts';

/**
 * What a request costs, in micro-dollars, rounded once after both multipliers: the group's and the payer's. The tier is
 * what the provider says it served; high-context rates hold for the whole request when its input is strictly longer than
 * their threshold.
 */
export function costOf(
  usage: TokenUsage,
  price: Price,
  servedTier: string | null,
  multiplierPpm: number,
  payerMultiplierPpm?: number,
): UsdMicros {
  const rates = ratesFor(usage, price, servedTier);
  const apart = usage.cachedInput + usage.cacheWrite5m + usage.cacheWrite1h;
  return tokenCost(
    [
      // A provider that counts more cached tokens than input would otherwise make the rest negative.
      { tokens: Math.max(0, usage.input - apart), price: rates.input },
      { tokens: usage.cachedInput, price: rates.cachedInput },
      { tokens: usage.cacheWrite5m, price: rates.cacheWrite5m },
      { tokens: usage.cacheWrite1h, price: rates.cacheWrite1h },
      { tokens: usage.output, price: rates.output },
    ],
    multiplierPpm,
    payerMultiplierPpm,
  );
}

function ratesFor(usage: TokenUsage, price: Price, servedTier: string | null): Rates {
  if (price.highContext && usage.input > price.highContext.aboveTokens) return price.highContext.rates;
  if (price.priority && servedTier === 'priority') return price.priority;
  return price.standard;
}
