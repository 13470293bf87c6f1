import type { z } from 'zod';
import type { endpointView, upstreamView } from '../../core/contract/index.ts';
import { toRfc3339 } from '../../core/time.ts';
import {
  type Endpoint,
  type ErrorRule,
  findUpstream,
  loadTopology,
  type Upstream,
} from '../../core/upstreams/index.ts';
import type { AdminDeps } from './admin-deps.ts';
import type { CooldownView } from './cooldown-view.ts';
import { type CredentialSight, type CredentialView, credentialSight, viewCredential } from './credential-view.ts';
import type { Facts } from './record-change.ts';

export type UpstreamView = z.output<typeof upstreamView>;
type EndpointView = z.output<typeof endpointView>;

/** Header values under such names are taken for secrets: they can be set, and are never shown. */
const SECRET_HEADER = /key|token|secret|auth|passw|cookie|session|signature/i;
const REDACTED = '[redacted]';

export function upstreamByRef(deps: AdminDeps, ref: string): Promise<Upstream> {
  return findUpstream(deps.ctx, deps.keyring, ref);
}

/** All upstreams in order of use. From the database: another daemon may have changed them a moment ago. */
export async function allUpstreams(deps: AdminDeps): Promise<readonly Upstream[]> {
  const { upstreams } = await loadTopology(deps.ctx, deps.keyring);
  return [...upstreams.values()].sort((a, b) => a.priority - b.priority || (a.name < b.name ? -1 : 1));
}

/** Shows upstreams as they are now, with the cooldowns that the relay has in memory. */
export function upstreamViewer(deps: AdminDeps): (upstream: Upstream) => UpstreamView {
  const sight = credentialSight(deps);
  return (upstream) => viewUpstream(upstream, sight);
}

/** What the audit log keeps of an upstream: what an operator set, without what the traffic made of it. */
export function upstreamFacts(upstream: Upstream): Facts {
  return {
    name: upstream.name,
    kind: upstream.kind,
    wires: [...upstream.wires],
    enabled: upstream.enabled,
    priority: upstream.priority,
    weight: upstream.weight,
    allow_private: upstream.allowPrivate,
    allow_http: upstream.allowHttp,
    param_override: upstream.paramOverride,
    header_override: visibleHeaders(upstream.headerOverride),
    error_rules: upstream.errorRules.map(viewErrorRule),
    inject_stream_usage: upstream.injectStreamUsage,
    endpoints: upstream.endpoints.map((endpoint) => endpoint.baseUrl),
    credentials: upstream.credentials.map((credential) => credential.name),
  };
}

function viewUpstream(upstream: Upstream, sight: CredentialSight): UpstreamView {
  const endpoints = upstream.endpoints.map((endpoint) => viewEndpoint(endpoint, sight.cooldowns));
  const credentials = upstream.credentials.map((credential) => viewCredential(credential, upstream, sight));
  return {
    id: upstream.id,
    name: upstream.name,
    kind: upstream.kind,
    wires: [...upstream.wires],
    enabled: upstream.enabled,
    state: upstreamState(upstream.enabled, endpoints, credentials),
    ready_credentials: credentials.filter((credential) => credential.state === 'ready').length,
    total_credentials: credentials.length,
    priority: upstream.priority,
    weight: upstream.weight,
    allow_private: upstream.allowPrivate,
    allow_http: upstream.allowHttp,
    param_override: { ...upstream.paramOverride },
    header_override: visibleHeaders(upstream.headerOverride),
    error_rules: upstream.errorRules.map(viewErrorRule),
    inject_stream_usage: upstream.injectStreamUsage,
    endpoints,
    credentials,
    created_at: toRfc3339(upstream.createdAt),
  };
}

function viewEndpoint(endpoint: Endpoint, cooldowns: readonly CooldownView[]): EndpointView {
  return {
    id: endpoint.id,
    base_url: endpoint.baseUrl,
    priority: endpoint.priority,
    enabled: endpoint.enabled,
    cooldowns: cooldowns.filter((cooldown) => cooldown.scope === 'endpoint' && cooldown.endpoint === endpoint.baseUrl),
  };
}

function upstreamState(
  isEnabled: boolean,
  endpoints: readonly EndpointView[],
  credentials: readonly CredentialView[],
): UpstreamView['state'] {
  if (!isEnabled) return 'disabled';
  const reachable = endpoints.filter((endpoint) => endpoint.enabled);
  const usable = credentials.filter((credential) => credential.state === 'ready' || credential.state === 'cooling');
  if (reachable.length === 0 || usable.length === 0) return 'unusable';
  const rests =
    reachable.every((endpoint) => endpoint.cooldowns.length > 0) ||
    usable.every((credential) => credential.state === 'cooling');
  return rests ? 'cooling' : 'ready';
}

/** A header that comes back as it was shown keeps its value: nobody who edits what he sees may lose a secret. */
export function keepHidden(
  before: Upstream['headerOverride'],
  wanted: Record<string, string | null> | undefined,
): Record<string, string | null> | undefined {
  if (wanted === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(wanted).map(([name, value]) => [
      name,
      value === REDACTED ? (before[name.toLowerCase()] ?? value) : value,
    ]),
  );
}

function visibleHeaders(headers: Upstream['headerOverride']): Record<string, string | null> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      value !== null && SECRET_HEADER.test(name) ? REDACTED : value,
    ]),
  );
}

function viewErrorRule(rule: ErrorRule): UpstreamView['error_rules'][number] {
  return {
    match: { ...rule.match },
    retry: rule.retry,
    cooldown: rule.cooldown,
    ...(rule.cooldownMs === undefined ? {} : { cooldown_ms: rule.cooldownMs }),
    ...(rule.present === undefined ? {} : { present: { ...rule.present } }),
  };
}
