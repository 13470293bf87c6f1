import * as contract from '../../core/contract/index.ts';
import type { Ctx } from '../../core/database/index.ts';
import {
  addAlias,
  addModel,
  bindModel,
  editModel,
  findModel,
  listModels,
  listPrices,
  type Model,
  removeAlias,
  removeModel,
  setPrice,
  unbindModel,
} from '../../core/models/index.ts';
import { notFound } from '../../core/pick-by-ref.ts';
import { findUpstream } from '../../core/upstreams/index.ts';
import type { AdminDeps } from './admin-deps.ts';
import type { Caller } from './caller.ts';
import { optionalInstant, pageOf, pageView, wholeList } from './formats.ts';
import { modelFacts, viewModel } from './model-view.ts';
import { tiersOf, viewPrice } from './price-view.ts';
import { importRoute } from './pricing-import.ts';
import { recordChange } from './record-change.ts';
import { type ServedRoute, serve } from './serve-route.ts';

export function modelRoutes(deps: AdminDeps): readonly ServedRoute[] {
  return [...catalogRoutes(deps), ...bindingRoutes(deps), ...priceRoutes(deps), importRoute(deps)];
}

function catalogRoutes(deps: AdminDeps): readonly ServedRoute[] {
  return [
    serve(contract.listModels, async ({ query }) =>
      pageView(await listModels(deps.ctx, pageOf(query)), (model) => viewModel(deps, model)),
    ),

    serve(contract.createModel, async ({ body, caller }) => {
      const created = await recordChange(deps, caller, { topic: 'models', action: 'model.create' }, async (tx) => {
        const added = await addModel(tx, {
          publicId: body.id,
          enabled: body.enabled,
          ownedBy: body.owned_by,
          maxOutputTokens: body.max_output_tokens,
          contextTokens: body.context_tokens,
        });
        if (body.upstream !== undefined) {
          const { id } = await findUpstream(tx, deps.keyring, body.upstream);
          await bindModel(tx, added.id, { upstreamId: id, upstreamModel: body.upstream_model });
        }
        if (body.prices !== undefined) await setPrice(tx, added.id, tiersOf(body.prices));
        const result = await findModel(tx, added.id);
        return { result, object: result.publicId, after: modelFacts(deps, result) };
      });
      return viewModel(deps, created);
    }),

    serve(contract.showModel, async ({ params }) => viewModel(deps, await findModel(deps.ctx, params.model))),

    serve(contract.editModel, async ({ params, body, caller }) =>
      changeModel(deps, caller, 'model.edit', params.model, async (tx, model) => {
        await editModel(tx, model.id, {
          publicId: body.id,
          enabled: body.enabled,
          ownedBy: body.owned_by,
          maxOutputTokens: body.max_output_tokens,
          contextTokens: body.context_tokens,
        });
      }),
    ),

    serve(contract.removeModel, async ({ params, caller }) => {
      await recordChange(deps, caller, { topic: 'models', action: 'model.remove' }, async (tx) => {
        const before = await findModel(tx, params.model);
        await removeModel(tx, before.id);
        return { result: undefined, object: before.publicId, before: modelFacts(deps, before) };
      });
      return undefined;
    }),
  ];
}

function bindingRoutes(deps: AdminDeps): readonly ServedRoute[] {
  return [
    serve(contract.bindModel, async ({ params, body, caller }) =>
      changeModel(deps, caller, 'model.bind', params.model, async (tx, model) => {
        const { id } = await findUpstream(tx, deps.keyring, params.upstream);
        const current = model.bindings.find((binding) => binding.upstreamId === id);
        await bindModel(tx, model.id, {
          upstreamId: id,
          upstreamModel: body.upstream_model ?? current?.upstreamModel ?? model.publicId,
          enabled: body.enabled ?? current?.enabled ?? true,
        });
      }),
    ),

    serve(contract.unbindModel, async ({ params, caller }) =>
      changeModel(deps, caller, 'model.unbind', params.model, async (tx, model) => {
        const { id } = await findUpstream(tx, deps.keyring, params.upstream);
        await unbindModel(tx, model.id, id);
      }),
    ),

    serve(contract.addModelAlias, async ({ params, caller }) =>
      changeModel(deps, caller, 'model.alias_add', params.model, async (tx, model) => {
        if (!model.aliases.includes(params.alias)) await addAlias(tx, model.id, params.alias);
      }),
    ),

    serve(contract.removeModelAlias, async ({ params, caller }) =>
      changeModel(deps, caller, 'model.alias_remove', params.model, async (tx, model) => {
        if (!model.aliases.includes(params.alias)) throw notFound('alias', params.alias, model.aliases);
        await removeAlias(tx, params.alias);
      }),
    ),
  ];
}

function priceRoutes(deps: AdminDeps): readonly ServedRoute[] {
  return [
    serve(contract.setModelPrice, async ({ params, body, caller }) =>
      changeModel(deps, caller, 'model.price', params.model, async (tx, model) => {
        await setPrice(tx, model.id, { ...tiersOf(body), effectiveFrom: optionalInstant(body.effective_from) });
      }),
    ),

    serve(contract.listModelPrices, async ({ params }) => {
      const model = await findModel(deps.ctx, params.model);
      return wholeList((await listPrices(deps.ctx, model.id)).map(viewPrice));
    }),
  ];
}

/** Every change of one model: find it, change it, show what became of it. */
async function changeModel(
  deps: AdminDeps,
  caller: Caller,
  action: string,
  ref: string,
  change: (tx: Ctx, model: Model) => Promise<void>,
) {
  const changed = await recordChange(deps, caller, { topic: 'models', action }, async (tx) => {
    const before = await findModel(tx, ref);
    await change(tx, before);
    const result = await findModel(tx, before.id);
    return {
      result,
      object: result.publicId,
      before: modelFacts(deps, before),
      after: modelFacts(deps, result),
    };
  });
  return viewModel(deps, changed);
}
