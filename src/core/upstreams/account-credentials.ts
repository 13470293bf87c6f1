import { type Ctx, markChanged } from '../database/index.ts';
import { Failure } from '../failure.ts';
import type { CredentialId, UpstreamId } from '../ids.ts';
import type { Keyring } from '../keyring/index.ts';
import { notFound } from '../pick-by-ref.ts';
import type { Secret } from '../secret.ts';
import { checkCredential } from './credential-rules.ts';
import { insertCredential, readCredential, readCredentialNames, updateCredential } from './credential-store.ts';
import { CREDENTIALS_MAX, newCredential } from './manage-credentials.ts';
import { credentialOpener, sealCredential } from './sealed-credential.ts';
import type { Credential } from './upstream.ts';

// Credentials whose secret belongs to an account that another room looks after. Call these within its transaction.

/**
 * Adds the credential of an account under the first free name of `name`, `name-2`, `name-3`, ….
 * @throws Failure invalid_input when the upstream has as many credentials as it may have
 */
export async function addAccountCredential(
  tx: Ctx,
  keyring: Keyring,
  upstreamId: UpstreamId,
  input: { readonly name: string; readonly secret: Secret },
): Promise<Credential> {
  await markChanged(tx, 'upstreams');
  const taken = new Set(await readCredentialNames(tx, upstreamId));
  if (taken.size >= CREDENTIALS_MAX) {
    throw new Failure('invalid_input', `an upstream has at most ${CREDENTIALS_MAX} credentials`);
  }
  let name = input.name;
  for (let count = 2; taken.has(name); count++) name = `${input.name.slice(0, 56)}-${count}`;
  const credential = newCredential(tx, upstreamId, { ...input, name });
  await insertCredential(tx, credential, sealCredential(keyring, credential));
  return credential;
}

/** Puts a new secret in the place of the account's old one. @throws Failure not_found */
export async function replaceAccountSecret(tx: Ctx, keyring: Keyring, id: CredentialId, secret: Secret): Promise<void> {
  await markChanged(tx, 'upstreams');
  const before = await readCredential(tx, credentialOpener(tx, keyring), id);
  if (!before) throw notFound('credential', id);
  const after = checkCredential(before, { secret });
  await updateCredential(tx, after, { secret: sealCredential(keyring, after).secret });
}
