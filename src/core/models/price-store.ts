import type { Ctx } from '../database/index.ts';
import type { ModelId, PriceId } from '../ids.ts';
import { invariant } from '../invariant.ts';
import type { MicrosPerMillion } from '../money.ts';
import { epochMs } from '../time.ts';
import type { Price, Rates } from './model.ts';

type Tier = '' | 'priority_' | 'high_context_';
type RateColumn = 'input' | 'cached_input' | 'cache_write_5m' | 'cache_write_1h' | 'output';
type PriceRow = { readonly [Column in `${Tier}${RateColumn}`]: MicrosPerMillion | null } & {
  readonly id: PriceId;
  readonly model_id: ModelId;
  readonly effective_from: number;
  readonly high_context_above_tokens: number | null;
};

const CHUNK = 100;

export async function insertPrices(ctx: Ctx, prices: readonly Price[]): Promise<void> {
  for (let start = 0; start < prices.length; start += CHUNK) {
    await ctx.db('model_prices').insert(prices.slice(start, start + CHUNK).map(toRow));
  }
}

/** All versions, the latest first. */
export async function readPrices(ctx: Ctx, modelIds?: readonly ModelId[]): Promise<Price[]> {
  const query = ctx.db('model_prices').orderBy('effective_from', 'desc');
  if (modelIds) query.whereIn('model_id', modelIds);
  const rows: PriceRow[] = await query;
  return rows.map(fromRow);
}

function toRow(price: Price): PriceRow {
  return {
    id: price.id,
    model_id: price.modelId,
    effective_from: price.effectiveFrom,
    ...tierColumns('', price.standard),
    ...tierColumns('priority_', price.priority),
    high_context_above_tokens: price.highContext?.aboveTokens ?? null,
    ...tierColumns('high_context_', price.highContext?.rates ?? null),
  };
}

function tierColumns<T extends Tier>(tier: T, rates: Rates | null) {
  return {
    [`${tier}input`]: rates?.input ?? null,
    [`${tier}cached_input`]: rates?.cachedInput ?? null,
    [`${tier}cache_write_5m`]: rates?.cacheWrite5m ?? null,
    [`${tier}cache_write_1h`]: rates?.cacheWrite1h ?? null,
    [`${tier}output`]: rates?.output ?? null,
  } as { [Column in `${T}${RateColumn}`]: MicrosPerMillion | null };
}

function fromRow(row: PriceRow): Price {
  const standard = tierOf(row, '');
  invariant(standard, 'the columns of the standard tier are never null');
  const high = tierOf(row, 'high_context_');
  const aboveTokens = row.high_context_above_tokens;
  return {
    id: row.id,
    modelId: row.model_id,
    effectiveFrom: epochMs(row.effective_from),
    standard,
    priority: tierOf(row, 'priority_'),
    highContext: high === null || aboveTokens === null ? null : { aboveTokens, rates: high },
  };
}

function tierOf(row: PriceRow, tier: Tier): Rates | null {
  const input = row[`${tier}input`];
  const cachedInput = row[`${tier}cached_input`];
  const cacheWrite5m = row[`${tier}cache_write_5m`];
  const cacheWrite1h = row[`${tier}cache_write_1h`];
  const output = row[`${tier}output`];
  if (input === null || cachedInput === null || cacheWrite5m === null || cacheWrite1h === null || output === null) {
    return null;
  }
  return { input, cachedInput, cacheWrite5m, cacheWrite1h, output };
}
