import type { z } from 'zod';
import type { modelView } from '../../core/contract/index.ts';
import type { Model } from '../../core/models/index.ts';
import { toRfc3339 } from '../../core/time.ts';
import type { AdminDeps } from './admin-deps.ts';
import { viewPrice } from './price-view.ts';
import type { Facts } from './record-change.ts';

type ModelView = z.output<typeof modelView>;

export function viewModel(deps: AdminDeps, model: Model): ModelView {
  const { upstreams } = deps.live.state.topology;
  return {
    id: model.publicId,
    internal_id: model.id,
    enabled: model.enabled,
    owned_by: model.ownedBy,
    max_output_tokens: model.maxOutputTokens,
    context_tokens: model.contextTokens,
    aliases: [...model.aliases],
    bindings: model.bindings.map((binding) => ({
      upstream_id: binding.upstreamId,
      upstream: upstreams.get(binding.upstreamId)?.name ?? binding.upstreamId,
      upstream_model: binding.upstreamModel,
      enabled: binding.enabled,
    })),
    price: model.price && viewPrice(model.price),
    created_at: toRfc3339(model.createdAt),
  };
}

export function modelFacts(deps: AdminDeps, model: Model): Facts {
  const { internal_id: _id, created_at: _at, ...facts } = viewModel(deps, model);
  return facts;
}
