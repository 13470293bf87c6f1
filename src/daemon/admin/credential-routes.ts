import * as contract from '../../core/contract/index.ts';
import { Secret } from '../../core/secret.ts';
import {
  addCredential,
  type Credential,
  editCredential,
  findCredential,
  findUpstream,
  removeCredential,
  type Upstream,
} from '../../core/upstreams/index.ts';
import type { AdminDeps } from './admin-deps.ts';
import { type CredentialView, credentialFacts, credentialSight, viewCredential } from './credential-view.ts';
import { optionalInstant, wholeList } from './formats.ts';
import { limitsOf } from './limits.ts';
import { recordChange } from './record-change.ts';
import { type ServedRoute, serve } from './serve-route.ts';
import { testPairs } from './test-credentials.ts';
import { allUpstreams, upstreamByRef } from './upstream-view.ts';

export function credentialRoutes(deps: AdminDeps): readonly ServedRoute[] {
  return [...readingRoutes(deps), ...changingRoutes(deps)];
}

function readingRoutes(deps: AdminDeps): readonly ServedRoute[] {
  const viewsOf = (upstreams: readonly Upstream[]): CredentialView[] => {
    const sight = credentialSight(deps);
    return upstreams.flatMap((upstream) =>
      upstream.credentials.map((credential) => viewCredential(credential, upstream, sight)),
    );
  };
  return [
    serve(contract.listCredentials, async ({ query }) => {
      if (query.upstream !== undefined) return wholeList(viewsOf([await upstreamByRef(deps, query.upstream)]));
      return wholeList(viewsOf(await allUpstreams(deps)));
    }),

    serve(contract.listUpstreamCredentials, async ({ params }) =>
      wholeList(viewsOf([await upstreamByRef(deps, params.upstream)])),
    ),

    serve(contract.testCredential, async ({ params, body }) => {
      const credential = await findCredential(deps.ctx, deps.keyring, params.credential);
      const upstream = await upstreamByRef(deps, credential.upstreamId);
      const endpoints = upstream.endpoints.filter((endpoint) => endpoint.enabled);
      return await testPairs(
        deps,
        endpoints.map((endpoint) => ({ upstream, endpoint, credential })),
        body.model,
      );
    }),
  ];
}

function changingRoutes(deps: AdminDeps): readonly ServedRoute[] {
  const { keyring } = deps;
  const view = async (credential: Credential): Promise<CredentialView> => {
    const upstream = await upstreamByRef(deps, credential.upstreamId);
    return viewCredential(credential, upstream, credentialSight(deps));
  };
  return [
    serve(contract.createCredential, async ({ params, body, caller }) => {
      const what = { topic: 'upstreams', action: 'credential.create' } as const;
      const created = await recordChange(deps, caller, what, async (tx) => {
        const upstream = await findUpstream(tx, keyring, params.upstream);
        const result = await addCredential(tx, keyring, upstream.id, {
          name: body.name,
          secret: new Secret(body.key),
          weight: body.weight,
          proxyUrl: body.proxy_url === undefined ? undefined : new Secret(body.proxy_url),
          limits: limitsOf(body),
          modelLimits: body.model_limits,
          expiresAt: optionalInstant(body.expires_at),
        });
        return { result, object: result.id, after: credentialFacts(result) };
      });
      return await view(created);
    }),

    serve(contract.editCredential, async ({ params, body, caller }) => {
      const what = { topic: 'upstreams', action: 'credential.edit' } as const;
      const edited = await recordChange(deps, caller, what, async (tx) => {
        const before = await findCredential(tx, keyring, params.credential);
        const patch = {
          name: body.name,
          secret: body.key === undefined ? undefined : new Secret(body.key),
          enabled: body.enabled,
          weight: body.weight,
          proxyUrl: typeof body.proxy_url === 'string' ? new Secret(body.proxy_url) : body.proxy_url,
          limits: limitsOf(body),
          modelLimits: body.model_limits,
          expiresAt: optionalInstant(body.expires_at),
        };
        const result = await editCredential(tx, keyring, before.id, patch);
        return { result, object: result.id, before: credentialFacts(before), after: credentialFacts(result) };
      });
      return await view(edited);
    }),

    serve(contract.removeCredential, async ({ params, caller }) => {
      await recordChange(deps, caller, { topic: 'upstreams', action: 'credential.remove' }, async (tx) => {
        const before = await findCredential(tx, keyring, params.credential);
        await removeCredential(tx, before.id);
        return { result: undefined, object: before.id, before: credentialFacts(before) };
      });
      return undefined;
    }),
  ];
}
