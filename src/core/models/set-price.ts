import { type Ctx, inChange } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { type ModelId, newId } from '../ids.ts';
import { type EpochMs, epochMs } from '../time.ts';
import { requireModel } from './manage-models.ts';
import type { Price } from './model.ts';
import { priceInForce } from './price-history.ts';
import { insertPrices, readPrices } from './price-store.ts';
import { checkTiers, completeRates, type GivenRates, isSamePrice, type PriceTiers } from './rates.ts';

export interface NewPrice {
  readonly standard: GivenRates;
  readonly priority?: GivenRates | null | undefined;
  readonly highContext?: { readonly aboveTokens: number; readonly rates: GivenRates } | null | undefined;
  /** Now unless said; never in the past, where requests are charged already. */
  readonly effectiveFrom?: EpochMs | undefined;
}

/**
 * Follows the prices of a model with a new version. A version equal to the one it would follow changes nothing and gives
 * that one back.
 * @throws Failure not_found, invalid_input
 */
export async function setPrice(ctx: Ctx, modelId: ModelId, input: NewPrice): Promise<Price> {
  const tiers = checkTiers({
    standard: completeRates(input.standard),
    priority: input.priority ? completeRates(input.priority) : null,
    highContext: input.highContext
      ? { aboveTokens: input.highContext.aboveTokens, rates: completeRates(input.highContext.rates) }
      : null,
  });
  const now = ctx.clock.now();
  const from = input.effectiveFrom ?? now;
  if (from < now) {
    throw new Failure('invalid_input', { message: 'a price cannot start in the past', param: 'effective_from' });
  }
  return await inChange(ctx, 'models', async (tx) => {
    await requireModel(tx, modelId);
    const versions = await readPrices(tx, [modelId]);
    const followed = priceInForce(versions, from);
    if (followed && isSamePrice(tiers, followed)) return followed;
    const price = newPrice(tx, modelId, tiers, versions, from);
    await insertPrices(tx, [price]);
    return price;
  });
}

/** All versions, the latest first; those to come included. @throws Failure not_found */
export async function listPrices(ctx: Ctx, modelId: ModelId): Promise<readonly Price[]> {
  await requireModel(ctx, modelId);
  return await readPrices(ctx, [modelId]);
}

/** Two versions of one model never start in the same millisecond: the second one starts a little later. */
export function newPrice(
  ctx: Ctx,
  modelId: ModelId,
  tiers: PriceTiers,
  versions: readonly Price[],
  from: EpochMs,
): Price {
  const taken = new Set<number>(versions.map((version) => version.effectiveFrom));
  let start: number = from;
  while (taken.has(start)) start += 1;
  const { standard, priority, highContext } = tiers;
  const id = newId('prc', ctx.clock.now(), ctx.random);
  return { id, modelId, effectiveFrom: epochMs(start), standard, priority, highContext };
}
