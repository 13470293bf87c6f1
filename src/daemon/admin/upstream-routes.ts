import * as contract from '../../core/contract/index.ts';
import { Failure } from '../../core/failure.ts';
import {
  addUpstream,
  editUpstream,
  findUpstream,
  removeUpstream,
  type Upstream,
  type UpstreamKind,
} from '../../core/upstreams/index.ts';
import type { AdminDeps } from './admin-deps.ts';
import { changeUpstream } from './change-upstream.ts';
import { wholeList } from './formats.ts';
import { recordChange } from './record-change.ts';
import { type ServedRoute, serve } from './serve-route.ts';
import { type TestPair, testPairs } from './test-credentials.ts';
import { secretOf, settingsOf } from './upstream-body.ts';
import { allUpstreams, keepHidden, upstreamByRef, upstreamFacts, upstreamViewer } from './upstream-view.ts';

export function upstreamRoutes(deps: AdminDeps): readonly ServedRoute[] {
  const { keyring } = deps;
  const view = (upstream: Upstream) => upstreamViewer(deps)(upstream);
  return [
    serve(contract.listUpstreams, async () => wholeList((await allUpstreams(deps)).map(upstreamViewer(deps)))),

    serve(contract.createUpstream, async ({ body, caller }) => {
      const kind = body.kind ?? 'openai';
      const what = { topic: 'upstreams', action: 'upstream.create' } as const;
      const created = await recordChange(deps, caller, what, async (tx) => {
        const result = await addUpstream(tx, keyring, {
          name: body.name,
          kind,
          baseUrl: body.base_url ?? defaultBaseUrl(deps, kind),
          secret: secretOf(body.key),
          proxyUrl: secretOf(body.proxy_url),
          ...settingsOf(body),
        });
        return { result, object: result.id, after: upstreamFacts(result) };
      });
      return view(created);
    }),

    serve(contract.showUpstream, async ({ params }) => view(await upstreamByRef(deps, params.upstream))),

    serve(contract.editUpstream, async ({ params, body, caller }) =>
      changeUpstream(deps, caller, 'upstream.edit', params.upstream, async (tx, before) => {
        const headerOverride = keepHidden(before.headerOverride, body.header_override);
        const patch = { name: body.name, enabled: body.enabled, ...settingsOf(body), headerOverride };
        return await editUpstream(tx, keyring, before.id, patch);
      }),
    ),

    serve(contract.removeUpstream, async ({ params, caller }) => {
      await recordChange(deps, caller, { topic: 'upstreams', action: 'upstream.remove' }, async (tx) => {
        const before = await findUpstream(tx, keyring, params.upstream);
        await removeUpstream(tx, before.id);
        return { result: undefined, object: before.id, before: upstreamFacts(before) };
      });
      // Bindings went with it.
      await deps.live.refresh('models');
      return undefined;
    }),

    serve(contract.testUpstream, async ({ params, body }) => {
      const upstream = await upstreamByRef(deps, params.upstream);
      return await testPairs(deps, pairsOf(upstream), body.model);
    }),
  ];
}

const DEFAULT_BASE_URLS = {
  anthropic: 'https://api.anthropic.com/v1',
  gemini: 'https://generativelanguage.googleapis.com/v1beta',
};

/** @throws Failure invalid_input for kinds that many providers speak */
function defaultBaseUrl(deps: AdminDeps, kind: UpstreamKind): string {
  if (kind === 'codex') return `${deps.live.codex.desk.config()['codex.backend_base_url'].replace(/\/+$/, '')}/codex`;
  const known = kind === 'openai' ? null : DEFAULT_BASE_URLS[kind];
  if (known) return known;
  throw new Failure('invalid_input', {
    message: `an upstream of the kind ${kind} needs a base_url`,
    param: 'base_url',
  });
}

function pairsOf(upstream: Upstream): readonly TestPair[] {
  const credentials = upstream.credentials.filter((credential) => credential.enabled);
  const endpoints = upstream.endpoints.filter((endpoint) => endpoint.enabled);
  return endpoints.flatMap((endpoint) => credentials.map((credential) => ({ upstream, endpoint, credential })));
}
