import type { Price, Rates } from '../../core/models/index.ts';
import { tokenCost, type UsdMicros } from '../../core/money.ts';
import { readNumber } from '../wire/index.ts';
import type { RelayRequest } from './relay-request.ts';
import type { ModelRoute } from './route-table.ts';

/** What a request may come to, judged before it runs. */
export interface Estimate {
  /** Input by its size. */
  readonly inputTokens: number;
  /** The most that it may cost at list prices in the dearest group that can serve it; null: it has no price. */
  readonly mostUsdMicros: UsdMicros | null;
  /** What its input alone costs at the standard rate in the cheapest group. */
  readonly leastUsdMicros: UsdMicros;
}

/** Providers count about one token for four bytes of English; other scripts have fewer bytes to a token, never far fewer. */
const BYTES_PER_TOKEN = 4;
/** For a request without a cap of its own, of a model without one. */
const OUTPUT_TOKENS_DEFAULT = 8_192;
const CAPS = ['max_completion_tokens', 'max_output_tokens', 'max_tokens'] as const;

export function inputTokensOf(request: RelayRequest): number {
  return Math.ceil(request.body.length / BYTES_PER_TOKEN);
}

/**
 * What has to be there before a request runs, and what is held for it: the input by its size, the output by its own cap
 * or the model's, at the dearest rate that the provider may say it served.
 */
export function estimateOf(request: RelayRequest, route: ModelRoute, price: Price | null): Estimate {
  const inputTokens = inputTokensOf(request);
  if (!request.route.metered) return { inputTokens, mostUsdMicros: 0 as UsdMicros, leastUsdMicros: 0 as UsdMicros };
  if (!price) return { inputTokens, mostUsdMicros: null, leastUsdMicros: 0 as UsdMicros };
  const dearest = dearestOf(price);
  const lines = [
    { tokens: inputTokens, price: dearest.input },
    { tokens: outputCap(request, route), price: dearest.output },
  ];
  return {
    inputTokens,
    mostUsdMicros: tokenCost(lines, route.reach.multiplierMaxPpm),
    leastUsdMicros: tokenCost([{ tokens: inputTokens, price: price.standard.input }], route.reach.multiplierMinPpm),
  };
}

function outputCap(request: RelayRequest, route: ModelRoute): number {
  const ofModel = route.model?.maxOutputTokens ?? null;
  const asked = askedCap(request);
  if (asked === null) return ofModel ?? OUTPUT_TOKENS_DEFAULT;
  return ofModel === null ? asked : Math.min(asked, ofModel);
}

const CAP_MAX = 100_000_000;

function askedCap({ scan, body }: RelayRequest): number | null {
  for (const name of CAPS) {
    const member = scan?.get(name);
    if (member?.kind !== 'number') continue;
    const value = readNumber(body, member);
    if (value >= 0) return Math.min(Math.ceil(value), CAP_MAX);
  }
  return null;
}

type Dearest = Pick<Rates, 'input' | 'output'>;

/** Prices live in snapshots that never change, so this is worked out once for each. */
const remembered = new WeakMap<Price, Dearest>();

function dearestOf(price: Price): Dearest {
  const known = remembered.get(price);
  if (known) return known;
  const tiers = [price.standard, price.priority, price.highContext?.rates].filter((rates) => rates != null);
  const inputs = tiers.flatMap((rates) => [rates.input, rates.cachedInput, rates.cacheWrite5m, rates.cacheWrite1h]);
  const dearest = {
    input: Math.max(...inputs) as Rates['input'],
    output: Math.max(...tiers.map((rates) => rates.output)) as Rates['output'],
  };
  remembered.set(price, dearest);
  return dearest;
}
