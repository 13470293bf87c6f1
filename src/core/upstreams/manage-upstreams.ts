import { type Ctx, inChange, markChanged } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { newId, type UpstreamId } from '../ids.ts';
import type { Keyring } from '../keyring/index.ts';
import { nameTaken } from '../name.ts';
import type { Page, PageRequest } from '../page.ts';
import type { Patch } from '../patch.ts';
import { notFound, pickByRef } from '../pick-by-ref.ts';
import type { Secret } from '../secret.ts';
import { checkBaseUrl } from './base-url.ts';
import { insertCredential } from './credential-store.ts';
import { newCredential, requireKeys } from './manage-credentials.ts';
import { sealCredential } from './sealed-credential.ts';
import { sealHeaders, upstreamOpener } from './sealed-headers.ts';
import type { Credential, Endpoint, Upstream, UpstreamKind } from './upstream.ts';
import { checkKind, checkUpstreamFacts, newUpstreamFacts, type UpstreamFacts } from './upstream-rules.ts';
import {
  type BareUpstream,
  deleteUpstream,
  insertEndpoint,
  insertUpstream,
  readUpstream,
  readUpstreamPage,
  readUpstreamRefs,
  updateUpstream,
} from './upstream-store.ts';

export type NewUpstream = Patch<Omit<UpstreamFacts, 'name'>> & {
  readonly name: string;
  readonly kind: UpstreamKind;
  readonly baseUrl: string;
  /** With it, a credential "default" is made. */
  readonly secret?: Secret | undefined;
  /** Egress proxy of that credential. */
  readonly proxyUrl?: Secret | null | undefined;
};

export type UpstreamPatch = Patch<UpstreamFacts>;

/**
 * Adds an upstream with one endpoint and, if a secret is given, one credential.
 * @throws Failure invalid_input; already_exists when the name is taken.
 */
export async function addUpstream(ctx: Ctx, keyring: Keyring, input: NewUpstream): Promise<Upstream> {
  const now = ctx.clock.now();
  const kind = checkKind(input.kind);
  const facts = checkUpstreamFacts(kind, newUpstreamFacts(input.name, kind), input);
  const upstream: BareUpstream = {
    ...facts,
    id: newId('up', now, ctx.random),
    kind,
    createdAt: now,
  };
  const endpoint: Endpoint = {
    id: newId('ep', now, ctx.random),
    baseUrl: checkBaseUrl(input.baseUrl, facts),
    priority: 0,
    enabled: true,
  };
  const credential = firstCredential(ctx, upstream.id, input);
  return await inChange(ctx, 'upstreams', async (tx) => {
    if (!(await insertUpstream(tx, upstream, sealHeaders(keyring, upstream))))
      throw nameTaken('upstream', upstream.name);
    await insertEndpoint(tx, upstream.id, endpoint);
    if (credential) await insertCredential(tx, credential, sealCredential(keyring, credential));
    return { ...upstream, endpoints: [endpoint], credentials: credential ? [credential] : [] };
  });
}

/**
 * Changes what the patch names. Endpoints have verbs of their own.
 * @throws Failure not_found, invalid_input, already_exists; conflict when an endpoint needs a permission that is withdrawn.
 */
export async function editUpstream(
  ctx: Ctx,
  keyring: Keyring,
  id: UpstreamId,
  patch: UpstreamPatch,
): Promise<Upstream> {
  return await inChange(ctx, 'upstreams', async (tx) => {
    const before = await requireUpstream(tx, keyring, id);
    const after: Upstream = { ...before, ...checkUpstreamFacts(before.kind, before, patch) };
    requirePermissions(after);
    if (after.name !== before.name) await requireFreeName(tx, after.name);
    await updateUpstream(tx, after, {
      enabled: patch.enabled,
      headers: patch.headerOverride && sealHeaders(keyring, after).headers,
    });
    return await requireUpstream(tx, keyring, id);
  });
}

/** Removes the upstream with its endpoints, credentials, bindings and places in groups. @throws Failure not_found */
export async function removeUpstream(ctx: Ctx, id: UpstreamId): Promise<void> {
  await inChange(ctx, 'upstreams', async (tx) => {
    // Its bindings go with it. Marked before anything is locked, because a writer of models may wait for the upstream's row.
    await markChanged(tx, 'models');
    if (!(await deleteUpstream(tx, id))) throw notFound('upstream', id);
  });
}

/**
 * Finds an upstream by id, unique beginning of an id, or name.
 * @throws Failure not_found with the nearest name; invalid_input when ambiguous.
 */
export async function findUpstream(ctx: Ctx, keyring: Keyring, ref: string): Promise<Upstream> {
  const { id } = pickByRef('upstream', ref, await readUpstreamRefs(ctx, ref));
  return await requireUpstream(ctx, keyring, id);
}

/** Newest first. */
export async function listUpstreams(ctx: Ctx, keyring: Keyring, page: PageRequest): Promise<Page<Upstream>> {
  return await readUpstreamPage(ctx, upstreamOpener(ctx, keyring), page);
}

/** @throws Failure not_found */
export async function requireUpstream(ctx: Ctx, keyring: Keyring, id: string): Promise<Upstream> {
  const upstream = await readUpstream(ctx, upstreamOpener(ctx, keyring), id);
  if (!upstream) throw notFound('upstream', id);
  return upstream;
}

function firstCredential(ctx: Ctx, upstreamId: UpstreamId, input: NewUpstream): Credential | undefined {
  const { secret, proxyUrl } = input;
  if (secret) requireKeys(input.kind);
  if (secret) return newCredential(ctx, upstreamId, { name: 'default', secret, proxyUrl });
  if (!proxyUrl) return undefined;
  throw new Failure('invalid_input', {
    message: 'a proxy belongs to a credential, and there is no secret for one',
    param: 'proxy_url',
  });
}

function requirePermissions(upstream: Upstream): void {
  for (const endpoint of upstream.endpoints) {
    try {
      checkBaseUrl(endpoint.baseUrl, upstream);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const message = `the endpoint ${endpoint.baseUrl} would no longer be allowed: ${error.message}`;
      throw new Failure('conflict', { message, hint: 'remove that endpoint first' }, error);
    }
  }
}

async function requireFreeName(tx: Ctx, name: string): Promise<void> {
  const refs = await readUpstreamRefs(tx, name);
  if (refs.some((ref) => ref.name === name)) throw nameTaken('upstream', name);
}
