import type { CredentialId } from '../ids.ts';
import type { Keyring } from '../keyring/index.ts';
import type { Secret } from '../secret.ts';
import type { CodexTokens } from './codex-account.ts';
import type { SealedTokens } from './codex-account-store.ts';

export function sealTokens(
  keyring: Keyring,
  credentialId: CredentialId,
  { refreshToken, idToken }: Pick<CodexTokens, 'refreshToken' | 'idToken'>,
): SealedTokens {
  return {
    credentialId,
    refreshToken: keyring.seal(refreshToken.reveal(), refreshContext(credentialId)),
    idToken: idToken && keyring.seal(idToken.reveal(), idContext(credentialId)),
  };
}

/** @throws Failure config_invalid or internal when the keyring does not open it. */
export function openRefreshToken(keyring: Keyring, sealed: SealedTokens): Secret {
  return keyring.open(sealed.refreshToken, refreshContext(sealed.credentialId));
}

/** @throws Failure config_invalid or internal when the keyring does not open it. */
export function openIdToken(keyring: Keyring, sealed: SealedTokens): Secret | null {
  return sealed.idToken === null ? null : keyring.open(sealed.idToken, idContext(sealed.credentialId));
}

/** Seals the tokens again, under the keyring's primary key. @throws Failure as above */
export function resealTokens(keyring: Keyring, sealed: SealedTokens): SealedTokens {
  const { credentialId } = sealed;
  const opened = { refreshToken: openRefreshToken(keyring, sealed), idToken: openIdToken(keyring, sealed) };
  return sealTokens(keyring, credentialId, opened);
}

/** What the keyring binds a sealed refresh token to. */
export function refreshContext(id: CredentialId): string {
  return `codex_accounts.refresh_token:${id}`;
}

function idContext(id: CredentialId): string {
  return `codex_accounts.id_token:${id}`;
}
