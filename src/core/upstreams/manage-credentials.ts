import { type Ctx, inChange } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { type CredentialId, newId, type UpstreamId } from '../ids.ts';
import type { Keyring } from '../keyring/index.ts';
import { nameTaken } from '../name.ts';
import { notFound, pickByRef } from '../pick-by-ref.ts';
import type { Secret } from '../secret.ts';
import { type CredentialPatch, checkCredential, describeSecret, NEW_CREDENTIAL } from './credential-rules.ts';
import {
  deleteCredential,
  insertCredential,
  readCredential,
  readCredentialNames,
  readCredentialRefs,
  updateCredential,
} from './credential-store.ts';
import { credentialOpener, sealCredential } from './sealed-credential.ts';
import type { Credential, UpstreamKind } from './upstream.ts';
import { readUpstreamKind } from './upstream-store.ts';

export const CREDENTIALS_MAX = 1_000;

export type NewCredential = CredentialPatch & { readonly name: string; readonly secret: Secret };

/** @throws Failure not_found, invalid_input; already_exists when the upstream has a credential of that name. */
export async function addCredential(
  ctx: Ctx,
  keyring: Keyring,
  upstreamId: UpstreamId,
  input: NewCredential,
): Promise<Credential> {
  const credential = newCredential(ctx, upstreamId, input);
  return await inChange(ctx, 'upstreams', async (tx) => {
    const kind = await readUpstreamKind(tx, upstreamId);
    if (kind === undefined) throw notFound('upstream', upstreamId);
    requireKeys(kind);
    if ((await readCredentialNames(tx, upstreamId)).length >= CREDENTIALS_MAX) {
      throw new Failure('invalid_input', `an upstream has at most ${CREDENTIALS_MAX} credentials`);
    }
    const isNew = await insertCredential(tx, credential, sealCredential(keyring, credential));
    if (!isNew) throw nameTaken('credential', credential.name);
    return credential;
  });
}

/**
 * Changes what the patch names; a new secret takes the place of the old one at once.
 * @throws Failure not_found, invalid_input, already_exists
 */
export async function editCredential(
  ctx: Ctx,
  keyring: Keyring,
  id: CredentialId,
  patch: CredentialPatch,
): Promise<Credential> {
  return await inChange(ctx, 'upstreams', async (tx) => {
    const before = await requireCredential(tx, keyring, id);
    if (patch.secret) requireKeys(await readUpstreamKind(tx, before.upstreamId));
    const after = checkCredential(before, patch);
    if (after.name !== before.name) await requireFreeName(tx, after);
    const sealed = sealCredential(keyring, after);
    await updateCredential(tx, after, {
      enabled: patch.enabled,
      secret: patch.secret && sealed.secret,
      proxyUrl: patch.proxyUrl === undefined ? undefined : sealed.proxyUrl,
    });
    return await requireCredential(tx, keyring, id);
  });
}

/** @throws Failure not_found */
export async function removeCredential(ctx: Ctx, id: CredentialId): Promise<void> {
  await inChange(ctx, 'upstreams', async (tx) => {
    if (!(await deleteCredential(tx, id))) throw notFound('credential', id);
  });
}

/**
 * Finds a credential by id, unique beginning of an id, `upstream/name`, or a name that no other upstream uses.
 * @throws Failure not_found with the nearest name; invalid_input when ambiguous.
 */
export async function findCredential(ctx: Ctx, keyring: Keyring, ref: string): Promise<Credential> {
  const { id } = pickByRef('credential', ref, await readCredentialRefs(ctx));
  return await requireCredential(ctx, keyring, id);
}

/** A credential that is not stored yet. @throws Failure invalid_input */
export function newCredential(ctx: Ctx, upstreamId: UpstreamId, input: NewCredential): Credential {
  const now = ctx.clock.now();
  const blank = {
    ...NEW_CREDENTIAL,
    ...describeSecret(input.secret),
    id: newId('cred', now, ctx.random),
    upstreamId,
    name: input.name,
    createdAt: now,
  };
  return checkCredential<Credential>(blank, input);
}

/** @throws Failure conflict where secrets are tokens that change by themselves */
export function requireKeys(kind: UpstreamKind | undefined): void {
  if (kind !== 'codex') return;
  throw new Failure('conflict', {
    message: 'an upstream of the kind codex takes no keys: its credentials are ChatGPT accounts',
    hint: 'bring an account in with: realms codex login NAME, or: realms codex import FILE',
  });
}

async function requireCredential(ctx: Ctx, keyring: Keyring, id: string): Promise<Credential> {
  const credential = await readCredential(ctx, credentialOpener(ctx, keyring), id);
  if (!credential) throw notFound('credential', id);
  return credential;
}

async function requireFreeName(tx: Ctx, { upstreamId, name }: Credential): Promise<void> {
  const taken = await readCredentialNames(tx, upstreamId);
  if (taken.includes(name)) throw nameTaken('credential', name);
}
