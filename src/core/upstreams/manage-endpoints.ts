import { type Ctx, inChange } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { type EndpointId, newId, type UpstreamId } from '../ids.ts';
import type { Keyring } from '../keyring/index.ts';
import { notFound } from '../pick-by-ref.ts';
import { checkBaseUrl } from './base-url.ts';
import { requireUpstream } from './manage-upstreams.ts';
import type { Upstream } from './upstream.ts';
import { checkPriority } from './upstream-rules.ts';
import { deleteEndpoint, insertEndpoint, readUpstreamIdOfEndpoint, updateEndpoint } from './upstream-store.ts';

const ENDPOINTS_MAX = 32;

export interface NewEndpoint {
  readonly baseUrl: string;
  /** Lower numbers are used first; 0 unless said. */
  readonly priority?: number | undefined;
  readonly enabled?: boolean | undefined;
}

export type EndpointPatch = Omit<NewEndpoint, 'baseUrl'>;

/** @throws Failure not_found, invalid_input; already_exists when the upstream has that address. */
export async function addEndpoint(
  ctx: Ctx,
  keyring: Keyring,
  upstreamId: UpstreamId,
  input: NewEndpoint,
): Promise<Upstream> {
  return await inChange(ctx, 'upstreams', async (tx) => {
    const upstream = await requireUpstream(tx, keyring, upstreamId);
    if (upstream.endpoints.length >= ENDPOINTS_MAX) {
      throw new Failure('invalid_input', `an upstream has at most ${ENDPOINTS_MAX} endpoints`);
    }
    const endpoint = {
      id: newId('ep', tx.clock.now(), tx.random),
      baseUrl: checkBaseUrl(input.baseUrl, upstream),
      priority: checkPriority(input.priority ?? 0),
      enabled: input.enabled ?? true,
    };
    if (!(await insertEndpoint(tx, upstreamId, endpoint))) {
      throw new Failure('already_exists', {
        message: `"${upstream.name}" has the endpoint ${endpoint.baseUrl} already`,
        hint: 'change that endpoint instead',
        param: 'base_url',
      });
    }
    return await requireUpstream(tx, keyring, upstreamId);
  });
}

/** @throws Failure not_found, invalid_input */
export async function editEndpoint(
  ctx: Ctx,
  keyring: Keyring,
  id: EndpointId,
  patch: EndpointPatch,
): Promise<Upstream> {
  return await inChange(ctx, 'upstreams', async (tx) => {
    const upstream = await upstreamOf(tx, keyring, id);
    const before = upstream.endpoints.find((endpoint) => endpoint.id === id);
    if (!before) throw notFound('endpoint', id);
    await updateEndpoint(tx, {
      ...before,
      priority: checkPriority(patch.priority ?? before.priority),
      enabled: patch.enabled ?? before.enabled,
    });
    return await requireUpstream(tx, keyring, upstream.id);
  });
}

/** @throws Failure not_found; conflict for the last endpoint of an upstream. */
export async function removeEndpoint(ctx: Ctx, keyring: Keyring, id: EndpointId): Promise<Upstream> {
  return await inChange(ctx, 'upstreams', async (tx) => {
    const upstream = await upstreamOf(tx, keyring, id);
    if (upstream.endpoints.length === 1) {
      throw new Failure('conflict', {
        message: `it is the only endpoint of "${upstream.name}"`,
        hint: 'add another endpoint first, or remove the upstream',
      });
    }
    await deleteEndpoint(tx, id);
    return await requireUpstream(tx, keyring, upstream.id);
  });
}

async function upstreamOf(tx: Ctx, keyring: Keyring, id: EndpointId): Promise<Upstream> {
  const upstreamId = await readUpstreamIdOfEndpoint(tx, id);
  if (!upstreamId) throw notFound('endpoint', id);
  return await requireUpstream(tx, keyring, upstreamId);
}
