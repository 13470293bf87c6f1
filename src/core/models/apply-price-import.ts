import { type Ctx, inChange } from '../database/index.ts';
import { newId } from '../ids.ts';
import { OWNED_BY_DEFAULT } from './manage-models.ts';
import type { Model, Price } from './model.ts';
import { type BareModel, insertModels, readAliases, readAllModels, updateModel } from './model-store.ts';
import type { PlannedModel, PriceImportPlan } from './plan-price-import.ts';
import { insertPrices } from './price-store.ts';
import { isSamePrice } from './rates.ts';
import { newPrice } from './set-price.ts';

export interface AppliedImport {
  readonly modelsAdded: number;
  readonly pricesSet: number;
}

/**
 * Adds the planned models and follows the planned prices, all or nothing. What changed since the plan was made is looked
 * at again, so applying a plan twice does nothing the second time.
 */
export async function applyPriceImport(ctx: Ctx, plan: PriceImportPlan): Promise<AppliedImport> {
  return await inChange(ctx, 'models', async (tx) => {
    const aliases = new Set((await readAliases(tx)).map((row) => row.alias));
    const wanted = [...plan.added, ...plan.changed].filter((planned) => !aliases.has(planned.publicId));
    const modelsAdded = await addMissing(tx, wanted);
    const { models, prices } = await readAllModels(tx);
    const modelByPublicId = new Map(models.map((model) => [model.publicId, model]));
    const now = tx.clock.now();
    const newPrices: Price[] = [];
    for (const planned of wanted) {
      const model = modelByPublicId.get(planned.publicId);
      if (!model) continue;
      await fillLimits(tx, model, planned);
      if (isSamePrice(planned.price, model.price)) continue;
      newPrices.push(newPrice(tx, model.id, planned.price, prices.get(model.id) ?? [], now));
    }
    await insertPrices(tx, newPrices);
    return { modelsAdded, pricesSet: newPrices.length };
  });
}

async function addMissing(tx: Ctx, wanted: readonly PlannedModel[]): Promise<number> {
  const now = tx.clock.now();
  const added = await insertModels(
    tx,
    wanted.map(({ publicId, ownedBy, maxOutputTokens, contextTokens }): BareModel => {
      const id = newId('mdl', now, tx.random);
      return {
        id,
        publicId,
        enabled: true,
        ownedBy: ownedBy ?? OWNED_BY_DEFAULT,
        maxOutputTokens,
        contextTokens,
        createdAt: now,
      };
    }),
  );
  return added.length;
}

/** What an operator has set stays. */
async function fillLimits(tx: Ctx, model: Model, planned: PlannedModel): Promise<void> {
  const maxOutputTokens = model.maxOutputTokens ?? planned.maxOutputTokens;
  const contextTokens = model.contextTokens ?? planned.contextTokens;
  if (maxOutputTokens === model.maxOutputTokens && contextTokens === model.contextTokens) return;
  await updateModel(tx, { ...model, maxOutputTokens, contextTokens });
}
