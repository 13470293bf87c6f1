import * as contract from '../../core/contract/index.ts';
import {
  applyPriceImport,
  loadCatalog,
  type PlannedModel,
  type PriceImportPlan,
  planPriceImport,
} from '../../core/models/index.ts';
import type { AdminDeps } from './admin-deps.ts';
import { viewTiers } from './price-view.ts';
import { recordChange } from './record-change.ts';
import { type ServedRoute, serve } from './serve-route.ts';

type ImportView = contract.ResponseOf<typeof contract.importPricing>;

export function importRoute(deps: AdminDeps): ServedRoute {
  return serve(contract.importPricing, async ({ body, caller }) => {
    // From the database, not from the snapshot: another daemon may have changed models a moment ago.
    const { models } = await loadCatalog(deps.ctx);
    const whole = planPriceImport(body.document, models);
    const plan = body.only_existing === true ? withoutNew(whole) : whole;
    if (!body.dry_run) {
      await recordChange(deps, caller, { topic: 'models', action: 'model.import_pricing' }, async (tx) => {
        const { modelsAdded, pricesSet } = await applyPriceImport(tx, plan);
        return { result: undefined, object: 'pricing', after: { models_added: modelsAdded, prices_set: pricesSet } };
      });
    }
    return viewPlan(plan, body.dry_run);
  });
}

function withoutNew(plan: PriceImportPlan): PriceImportPlan {
  const skipped = plan.added.map(({ publicId }) => ({ model: publicId, why: 'is not a model here yet' }));
  return { ...plan, added: [], skipped: [...plan.skipped, ...skipped] };
}

function viewPlan(plan: PriceImportPlan, isDryRun: boolean): ImportView {
  return {
    dry_run: isDryRun,
    added: plan.added.map(({ publicId, price }) => ({ model: publicId, after: viewTiers(price) })),
    changed: plan.changed.map(viewChanged),
    unchanged: plan.unchanged.map(({ publicId }) => publicId),
    skipped: plan.skipped.map(({ model, why }) => ({ model, why })),
  };
}

function viewChanged({ publicId, price, before }: PlannedModel): ImportView['changed'][number] {
  return { model: publicId, before: before && viewTiers(before), after: viewTiers(price) };
}
