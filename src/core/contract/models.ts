import { z } from 'zod';
import * as fields from './fields.ts';
import { priceInput, priceView, ratesView } from './prices.ts';
import { route } from './route.ts';

const FEATURE = 'models';
const TOKENS_MAX = 100_000_000;

const maxOutputTokens = z.int().min(1).max(TOKENS_MAX).nullable().describe('Longest answer in tokens; null: unknown');
const contextTokens = z.int().min(1).max(TOKENS_MAX).nullable().describe('Longest request in tokens; null: unknown');
const ownedBy = fields.label.describe('What /v1/models shows as owned_by');
const upstreamModel = fields.modelName.describe('Name of the model at the upstream; the public id unless given');

export const bindingView = z
  .object({
    upstream_id: z.string().describe('Id of the upstream'),
    upstream: z.string().describe('Name of the upstream'),
    upstream_model: z.string().describe('Name of the model there'),
    enabled: fields.enabled,
  })
  .meta({ id: 'Binding' });

export const modelView = z
  .object({
    id: z.string().describe('Public id, which clients write in `model`'),
    internal_id: z.string().describe('Id of the row; stays when the public id changes'),
    enabled: fields.enabled,
    owned_by: z.string().describe('What /v1/models shows as owned_by'),
    max_output_tokens: maxOutputTokens,
    context_tokens: contextTokens,
    aliases: z.array(z.string()).describe('Other names for the model'),
    bindings: z.array(bindingView).describe('Upstreams that serve it'),
    price: priceView.nullable().describe('Prices in force now; null: none yet'),
    created_at: fields.instantView,
  })
  .meta({ id: 'Model' });

const modelParams = z.strictObject({ model: fields.ref('model') });
const bindingParams = z.strictObject({ model: fields.ref('model'), upstream: fields.ref('upstream') });
const aliasParams = z.strictObject({ model: fields.ref('model'), alias: fields.modelName.describe('The other name') });

export const listModels = route({
  operationId: 'listModels',
  method: 'GET',
  path: '/admin/models',
  feature: FEATURE,
  role: 'operator',
  summary: 'List models',
  query: fields.pageQuery,
  response: fields.listOf(modelView),
});

export const createModel = route({
  operationId: 'createModel',
  method: 'POST',
  path: '/admin/models',
  feature: FEATURE,
  role: 'admin',
  summary: 'Add a model and, when given, its first binding and its prices',
  body: z.strictObject({
    id: fields.modelName.describe('Public id, which clients write in `model`'),
    enabled: fields.enabled.optional(),
    upstream: fields.ref('upstream').optional().describe('Upstream that serves it, by name or id'),
    upstream_model: upstreamModel.optional(),
    prices: priceInput.optional().describe('Prices in USD for a million tokens'),
    max_output_tokens: maxOutputTokens.optional(),
    context_tokens: contextTokens.optional(),
    owned_by: ownedBy.optional(),
  }),
  status: 201,
  response: modelView,
});

export const showModel = route({
  operationId: 'showModel',
  method: 'GET',
  path: '/admin/models/:model',
  feature: FEATURE,
  role: 'operator',
  summary: 'Show a model; an alias finds it too',
  params: modelParams,
  response: modelView,
});

export const editModel = route({
  operationId: 'editModel',
  method: 'PATCH',
  path: '/admin/models/:model',
  feature: FEATURE,
  role: 'admin',
  summary: 'Change a model; only what is given changes',
  params: modelParams,
  body: z.strictObject({
    id: fields.modelName.describe('New public id').optional(),
    enabled: fields.enabled.optional(),
    max_output_tokens: maxOutputTokens.optional(),
    context_tokens: contextTokens.optional(),
    owned_by: ownedBy.optional(),
  }),
  response: modelView,
});

export const removeModel = route({
  operationId: 'removeModel',
  method: 'DELETE',
  path: '/admin/models/:model',
  feature: FEATURE,
  role: 'admin',
  summary: 'Remove a model with its bindings, aliases and prices',
  params: modelParams,
  response: null,
});

export const bindModel = route({
  operationId: 'bindModel',
  method: 'PUT',
  path: '/admin/models/:model/bindings/:upstream',
  feature: FEATURE,
  role: 'admin',
  summary: 'Bind a model to an upstream, or change the binding',
  params: bindingParams,
  body: z.strictObject({ upstream_model: upstreamModel.optional(), enabled: fields.enabled.optional() }),
  response: modelView,
});

export const unbindModel = route({
  operationId: 'unbindModel',
  method: 'DELETE',
  path: '/admin/models/:model/bindings/:upstream',
  feature: FEATURE,
  role: 'admin',
  summary: 'Remove the binding of a model to an upstream',
  params: bindingParams,
  response: modelView,
});

export const setModelPrice = route({
  operationId: 'setModelPrice',
  method: 'PUT',
  path: '/admin/models/:model/price',
  feature: FEATURE,
  role: 'admin',
  summary: 'Set the prices of a model from now on or from a given instant; past requests keep theirs',
  params: modelParams,
  body: priceInput.extend({
    effective_from: fields.instant.optional().describe('In force from this instant; now unless given'),
  }),
  response: modelView,
});

export const listModelPrices = route({
  operationId: 'listModelPrices',
  method: 'GET',
  path: '/admin/models/:model/prices',
  feature: FEATURE,
  role: 'operator',
  summary: 'List every version of a model’s prices, newest first',
  params: modelParams,
  response: fields.listOf(priceView),
});

export const addModelAlias = route({
  operationId: 'addModelAlias',
  method: 'PUT',
  path: '/admin/models/:model/aliases/:alias',
  feature: FEATURE,
  role: 'admin',
  summary: 'Give a model another name',
  params: aliasParams,
  response: modelView,
});

export const removeModelAlias = route({
  operationId: 'removeModelAlias',
  method: 'DELETE',
  path: '/admin/models/:model/aliases/:alias',
  feature: FEATURE,
  role: 'admin',
  summary: 'Take another name away from a model',
  params: aliasParams,
  response: modelView,
});

export const importPricing = route({
  operationId: 'importPricing',
  method: 'POST',
  path: '/admin/models/import-pricing',
  feature: FEATURE,
  role: 'admin',
  summary: 'Read prices from a LiteLLM-style document; shows the difference, and applies it unless dry_run',
  body: z.strictObject({
    document: z
      .record(z.string(), fields.anyJson)
      .describe('Model id → LiteLLM entry with input_cost_per_token and so on'),
    dry_run: z.boolean().describe('Only show what would change'),
    only_existing: z
      .boolean()
      .optional()
      .describe('Leave out models that Realms does not have yet; false unless given'),
  }),
  response: z
    .object({
      dry_run: z.boolean().describe('True: nothing was written'),
      added: z
        .array(z.object({ model: z.string().describe('Public id'), after: ratesView }))
        .describe('Models that Realms does not have yet'),
      changed: z
        .array(
          z.object({
            model: z.string().describe('Public id'),
            before: ratesView.nullable().describe('null: it had none'),
            after: ratesView,
          }),
        )
        .describe('Models whose prices or token limits differ'),
      unchanged: z.array(z.string()).describe('Models whose prices are equal already'),
      skipped: z
        .array(
          z.object({
            model: z.string().describe('Key in the document'),
            why: z.string().describe('Why it was left out'),
          }),
        )
        .describe('Entries that were left out'),
    })
    .meta({ id: 'PricingImport' }),
});
