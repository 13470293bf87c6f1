import type { z } from 'zod';
import type { cooldownView } from '../../core/contract/index.ts';
import type { Cooldown } from '../../core/scheduling/index.ts';
import { toRfc3339 } from '../../core/time.ts';
import type { Credential, Endpoint, Upstream } from '../../core/upstreams/index.ts';
import type { AdminDeps } from './admin-deps.ts';

export type CooldownView = z.output<typeof cooldownView>;

interface Subject {
  readonly upstream: Upstream;
  readonly credential?: Credential;
  readonly endpoint?: Endpoint;
}

/** All cooldowns in force, with the names of what they rest. */
export function cooldownViews(deps: AdminDeps): CooldownView[] {
  const open = deps.cooldowns.list();
  if (open.length === 0) return [];
  const subjects = subjectsById(deps.live.state.topology.upstreams.values());
  return open.map((cooldown) => view(cooldown, subjects));
}

/** A subject is an id, for `credential_model` followed by a space and the upstream's name of the model. */
function view(cooldown: Cooldown, subjects: ReadonlyMap<string, Subject>): CooldownView {
  const [id = '', ...model] = cooldown.subject.split(' ');
  const subject = subjects.get(id);
  return {
    id: cooldown.id,
    scope: cooldown.scope,
    upstream_id: subject?.upstream.id ?? null,
    upstream: subject?.upstream.name ?? null,
    credential_id: cooldown.scope === 'endpoint' ? null : id,
    credential: subject?.credential?.name ?? null,
    endpoint: subject?.endpoint?.baseUrl ?? null,
    model: cooldown.scope === 'credential_model' ? model.join(' ') : null,
    since: toRfc3339(cooldown.createdAt),
    until: toRfc3339(cooldown.until),
    reason: cooldown.reason,
    evidence: cooldown.evidence,
    source: cooldown.source,
  };
}

function subjectsById(upstreams: Iterable<Upstream>): Map<string, Subject> {
  const subjects = new Map<string, Subject>();
  for (const upstream of upstreams) {
    for (const credential of upstream.credentials) subjects.set(credential.id, { upstream, credential });
    for (const endpoint of upstream.endpoints) subjects.set(endpoint.id, { upstream, endpoint });
  }
  return subjects;
}
