import { Failure } from '../failure.ts';
import { type AuthDocument, readAuthDocument } from './auth-document.ts';
import type { CodexDesk } from './codex-desk.ts';
import { refreshWith } from './oauth-client.ts';
import type { LoginTokens } from './save-login.ts';
import { readClaims } from './token-claims.ts';

export interface ImportedTokens {
  readonly tokens: LoginTokens;
  readonly form: AuthDocument['form'];
  /** The file's refresh token is used up by now: whoever else has the file must log in again. */
  readonly isRefreshed: boolean;
}

/** An access token that ends this soon is of no use. */
const FRESH_MS = 60_000;

/**
 * Reads a file of another program. Its tokens are taken as they are; only when the access token is over are new ones
 * asked for at once, which also shows whether the file is still worth anything.
 * @throws Failure invalid_input; forbidden when the login of the file is over; upstream_failed
 */
export async function importTokens(desk: CodexDesk, document: unknown): Promise<ImportedTokens> {
  const { form, accessToken, refreshToken, idToken, accountId, email } = readAuthDocument(document);
  const endsAt = accessToken && readClaims(accessToken.reveal()).expiresAt;
  if (accessToken && (endsAt === null || endsAt > desk.ctx.clock.now() + FRESH_MS)) {
    const tokens = { accessToken, refreshToken, idToken, accountId, email, expiresInS: null };
    return { form, isRefreshed: false, tokens };
  }
  const answer = await refreshWith(desk, refreshToken, null);
  if (answer.kind === 'trouble') throw new Failure('upstream_failed', `the login ${answer.why}`);
  if (answer.kind === 'refused' || !answer.tokens.accessToken) {
    throw new Failure('forbidden', {
      message: `the login of this file is over${answer.kind === 'refused' ? `: ${answer.code}` : ''}`,
      hint: 'log in instead: realms codex login NAME',
    });
  }
  const given = answer.tokens;
  return {
    form,
    isRefreshed: true,
    tokens: {
      accessToken: answer.tokens.accessToken,
      refreshToken: given.refreshToken ?? refreshToken,
      idToken: given.idToken ?? idToken,
      expiresInS: given.expiresInS,
      accountId,
      email,
    },
  };
}
