import type { Ctx } from '../database/index.ts';
import { Failure } from '../failure.ts';
import type { CredentialId } from '../ids.ts';
import type { Keyring } from '../keyring/index.ts';
import { type Credential, findCredential, findUpstream, loadTopology, type Upstream } from '../upstreams/index.ts';
import type { CodexAccount } from './codex-account.ts';
import { readAccount, readAccounts } from './codex-account-store.ts';

/** An account with what requests know it by. */
export interface AccountPlace {
  readonly account: CodexAccount;
  readonly credential: Credential;
  readonly upstream: Upstream;
}

/**
 * Finds an account by the id, name or `upstream/name` of its credential, or by its mail address.
 * @throws Failure not_found; invalid_input when several are meant; conflict when the credential is an API key
 */
export async function findAccount(ctx: Ctx, keyring: Keyring, ref: string): Promise<AccountPlace> {
  const credential = await findCredential(ctx, keyring, (await byEmail(ctx, ref)) ?? ref);
  const upstream = await findUpstream(ctx, keyring, credential.upstreamId);
  const account = await readAccount(ctx, credential.id);
  if (account) return { account, credential, upstream };
  throw new Failure('conflict', {
    message: `the credential "${credential.name}" of "${upstream.name}" is no ChatGPT account`,
    hint: 'list the accounts with: realms codex list',
  });
}

/** All accounts, in the order in which they came, of one upstream or of all. */
export async function listAccounts(ctx: Ctx, keyring: Keyring, only?: Upstream): Promise<readonly AccountPlace[]> {
  const accounts = new Map((await readAccounts(ctx)).map((account) => [account.credentialId, account]));
  const upstreams = only ? [only] : [...(await loadTopology(ctx, keyring)).upstreams.values()];
  const places = upstreams.flatMap((upstream) =>
    upstream.credentials.flatMap((credential) => {
      const account = accounts.get(credential.id);
      return account ? [{ account, credential, upstream }] : [];
    }),
  );
  return places.sort((a, b) => (a.credential.id < b.credential.id ? -1 : 1));
}

async function byEmail(ctx: Ctx, ref: string): Promise<CredentialId | undefined> {
  if (!ref.includes('@')) return undefined;
  const same = (await readAccounts(ctx)).filter(({ email }) => email?.toLowerCase() === ref.toLowerCase());
  if (same.length > 1) {
    const ids = same.map(({ credentialId }) => credentialId).join(', ');
    throw new Failure('invalid_input', { message: `"${ref}" has more than one account`, hint: `give the id: ${ids}` });
  }
  return same[0]?.credentialId;
}
