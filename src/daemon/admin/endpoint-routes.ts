import * as contract from '../../core/contract/index.ts';
import { notFound } from '../../core/pick-by-ref.ts';
import { addEndpoint, type Endpoint, removeEndpoint, type Upstream } from '../../core/upstreams/index.ts';
import type { AdminDeps } from './admin-deps.ts';
import { changeUpstream } from './change-upstream.ts';
import { type ServedRoute, serve } from './serve-route.ts';

export function endpointRoutes(deps: AdminDeps): readonly ServedRoute[] {
  const { keyring } = deps;
  return [
    serve(contract.createEndpoint, async ({ params, body, caller }) =>
      changeUpstream(deps, caller, 'endpoint.create', params.upstream, async (tx, upstream) =>
        addEndpoint(tx, keyring, upstream.id, { baseUrl: body.base_url, priority: body.priority }),
      ),
    ),

    serve(contract.removeEndpoint, async ({ params, caller }) =>
      changeUpstream(deps, caller, 'endpoint.remove', params.upstream, async (tx, upstream) =>
        removeEndpoint(tx, keyring, endpointByRef(upstream, params.endpoint).id),
      ),
    ),
  ];
}

/** By id or by address. */
function endpointByRef({ endpoints }: Upstream, ref: string): Endpoint {
  const found = endpoints.find(({ id, baseUrl }) => id === ref || baseUrl === ref);
  if (found) return found;
  const addresses = endpoints.map(({ baseUrl }) => baseUrl);
  throw notFound('endpoint', ref, addresses);
}
