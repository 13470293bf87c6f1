import type { Ctx } from '../database/index.ts';
import type { Secret } from '../secret.ts';
import { removeCredential } from '../upstreams/index.ts';
import { readLeased } from './codex-account-store.ts';
import type { CodexDesk } from './codex-desk.ts';
import type { AccountPlace } from './find-account.ts';
import { revoke } from './oauth-client.ts';
import { openRefreshToken } from './sealed-tokens.ts';

/** What is left to do after the transaction: to tell the provider, with the last refresh token. */
export interface LastToken {
  readonly refreshToken: Secret | null;
  readonly proxyUrl: Secret | null;
}

/** Takes an account away with its credential. Within a change of `upstreams`. @throws Failure not_found */
export async function removeAccount(
  tx: Ctx,
  desk: CodexDesk,
  { account, credential }: AccountPlace,
): Promise<LastToken> {
  const row = await readLeased(tx, account.credentialId);
  await removeCredential(tx, credential.id);
  return { refreshToken: row ? opened(desk, row) : null, proxyUrl: credential.proxyUrl };
}

/** Ends a login with the provider. False when it did not take note: then the login ends by itself some day. */
export async function endLogin(desk: CodexDesk, { refreshToken, proxyUrl }: LastToken): Promise<boolean> {
  return refreshToken !== null && (await revoke(desk, refreshToken, proxyUrl));
}

/** A token that the keyring does not open keeps nobody from being rid of its account. */
function opened(desk: CodexDesk, row: NonNullable<Awaited<ReturnType<typeof readLeased>>>): Secret | null {
  try {
    return openRefreshToken(desk.keyring, row.sealed);
  } catch {
    return null;
  }
}
