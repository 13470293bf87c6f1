// What can be asked for and what it costs: public models, aliases, bindings, price versions. Knows no upstream but its id.
export { type AppliedImport, applyPriceImport } from './apply-price-import.ts';
export { addAlias, type BindingInput, bindModel, removeAlias, unbindModel } from './bind-model.ts';
export { type Catalog, loadCatalog } from './load-catalog.ts';
export {
  addModel,
  editModel,
  findModel,
  listModels,
  type ModelPatch,
  type NewModel,
  removeModel,
} from './manage-models.ts';
export type { Binding, Model, Price, Rates } from './model.ts';
export { type PlannedModel, type PriceImportPlan, planPriceImport } from './plan-price-import.ts';
export { completeRates, type GivenRates, type PriceTiers } from './rates.ts';
export { listPrices, type NewPrice, setPrice } from './set-price.ts';
