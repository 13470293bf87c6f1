import { type Ctx, inChange } from '../database/index.ts';
import { type EpochMs, epochMs, SECOND_MS } from '../time.ts';
import { replaceAccountSecret, secretFingerprint } from '../upstreams/index.ts';
import type { CodexAccount, CodexTokens } from './codex-account.ts';
import { replaceTokens, type TokenFacts } from './codex-account-store.ts';
import type { CodexDesk } from './codex-desk.ts';
import { sealTokens } from './sealed-tokens.ts';
import { joinClaims } from './token-claims.ts';

/** What an account's row says of tokens that were given just now. What they do not say stays as it was. */
export function factsOf(
  tokens: CodexTokens,
  before: Pick<CodexAccount, 'accountId' | 'userId' | 'email' | 'plan' | 'isFedramp'>,
  given: { readonly at: EpochMs; readonly expiresInS: number | null },
): TokenFacts {
  const claims = joinClaims(tokens.idToken?.reveal() ?? null, tokens.accessToken.reveal());
  const told = given.expiresInS === null ? null : epochMs(given.at + given.expiresInS * SECOND_MS);
  return {
    accountId: before.accountId,
    userId: before.userId,
    email: claims.email ?? before.email,
    plan: claims.plan ?? before.plan,
    isFedramp: claims.isFedramp || before.isFedramp,
    fingerprint: secretFingerprint(tokens.accessToken),
    accessExpiresAt: claims.expiresAt ?? told,
    lastRefreshAt: given.at,
  };
}

/**
 * Writes new tokens in the place of those of `before`, in one transaction: the refresh token to the account, the access
 * token to the credential, and the mark by which every daemon takes them over. Only then may the access token be used.
 * False when somebody else has changed the tokens since.
 */
export async function saveTokens(
  desk: CodexDesk,
  before: CodexAccount,
  tokens: CodexTokens,
  facts: TokenFacts,
  { keepBlocked }: { readonly keepBlocked: boolean },
): Promise<boolean> {
  const { ctx, keyring } = desk;
  const { credentialId } = before;
  return await inChange(ctx, 'upstreams', async (tx: Ctx) => {
    const sealed = sealTokens(keyring, credentialId, tokens);
    const how = { now: tx.clock.now(), keepBlocked };
    if (!(await replaceTokens(tx, sealed, facts, before, how))) return false;
    await replaceAccountSecret(tx, keyring, credentialId, tokens.accessToken);
    return true;
  });
}
