import type { Ctx } from '../database/index.ts';
import type { ModelId } from '../ids.ts';
import type { EpochMs } from '../time.ts';
import type { Model, Price } from './model.ts';
import { readAllModels } from './model-store.ts';
import { priceInForce } from './price-history.ts';

/** All models, as of one moment. */
export interface Catalog {
  /** By public id and by alias; disabled models too. */
  readonly modelByName: ReadonlyMap<string, Model>;
  /** By public id, in order. */
  readonly models: readonly Model[];
  /** What counts for a request at `at`. Unlike `Model.price` it follows versions that start after the snapshot. */
  priceAt(modelId: ModelId, at: EpochMs): Price | null;
}

export async function loadCatalog(ctx: Ctx): Promise<Catalog> {
  const { models: unsorted, prices } = await readAllModels(ctx);
  const models = unsorted.sort((a, b) => (a.publicId < b.publicId ? -1 : 1));
  const modelByName = new Map<string, Model>();
  for (const model of models) {
    for (const alias of model.aliases) modelByName.set(alias, model);
  }
  for (const model of models) modelByName.set(model.publicId, model);
  return { modelByName, models, priceAt: (modelId, at) => priceInForce(prices.get(modelId) ?? [], at) };
}
