import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../time.ts';
import type { ChatGptAccount } from './chatgpt-account.ts';

export interface TokenSet {
  readonly id_token: string;
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
}

export interface CodeGrant {
  readonly account: ChatGptAccount;
  readonly challenge: string;
  readonly redirectUri: string;
}

interface RefreshGrant {
  readonly account: ChatGptAccount;
  state: 'good' | 'used' | 'expired' | 'revoked';
}

/** Why a grant gives no tokens, in the provider's words. */
export type GrantRefusal =
  | 'invalid_grant'
  | 'refresh_token_reused'
  | 'refresh_token_expired'
  | 'refresh_token_invalidated';

const CLAIMS = 'https://api.openai.com/auth';
const PROFILE = 'https://api.openai.com/profile';

/** Who was given which tokens, and which of them still count. Every refresh token counts once. */
export class Grants {
  /** Refreshes that gave tokens. */
  refreshes = 0;
  accessTtlS: number;
  readonly #clock: Clock;
  readonly #codes = new Map<string, CodeGrant>();
  readonly #refresh = new Map<string, RefreshGrant>();
  readonly #access = new Map<string, { account: ChatGptAccount; expiresAt: number; isRevoked: boolean }>();

  constructor(clock: Clock, accessTtlS: number) {
    this.#clock = clock;
    this.accessTtlS = accessTtlS;
  }

  /** Tokens out of nothing, as if the account had just logged in. */
  issue(account: ChatGptAccount, accessTtlS = this.accessTtlS): TokenSet {
    const issuedAt = Math.floor(this.#clock.now() / 1_000);
    const expiresAt = issuedAt + accessTtlS;
    const claims = claimsOf(account);
    const access = jwt({ ...claims, exp: expiresAt, iat: issuedAt, jti: randomBytes(9).toString('hex') });
    const refresh = `rt_${randomBytes(24).toString('base64url')}`;
    this.#access.set(access, { account, expiresAt: expiresAt * 1_000, isRevoked: false });
    this.#refresh.set(refresh, { account, state: 'good' });
    const id = jwt({ ...claims, email: account.email, email_verified: true, exp: issuedAt + 3_600, iat: issuedAt });
    return { id_token: id, access_token: access, refresh_token: refresh, expires_in: accessTtlS };
  }

  /** A code that can be exchanged once, by whoever knows the verifier of the challenge. */
  issueCode(grant: CodeGrant): string {
    const code = `ac_${randomBytes(16).toString('base64url')}`;
    this.#codes.set(code, grant);
    return code;
  }

  exchange(code: string, verifier: string, redirectUri: string): TokenSet | GrantRefusal {
    const grant = this.#codes.get(code);
    if (!grant || grant.redirectUri !== redirectUri || grant.challenge !== challengeOf(verifier))
      return 'invalid_grant';
    this.#codes.delete(code);
    return this.issue(grant.account);
  }

  refresh(token: string): TokenSet | GrantRefusal {
    const grant = this.#refresh.get(token);
    if (!grant || grant.state === 'revoked') return 'refresh_token_invalidated';
    if (grant.state === 'used') return 'refresh_token_reused';
    if (grant.state === 'expired') return 'refresh_token_expired';
    grant.state = 'used';
    this.refreshes += 1;
    return this.issue(grant.account);
  }

  revoke(token: string): void {
    const grant = this.#refresh.get(token);
    if (grant) grant.state = 'revoked';
  }

  /** Ends every refresh token of the account. */
  endRefresh(account: ChatGptAccount, state: 'expired' | 'revoked'): void {
    for (const grant of this.#refresh.values())
      if (grant.account === account && grant.state === 'good') grant.state = state;
  }

  /** Ends every access token of the account before its time. */
  expireAccess(account: ChatGptAccount): void {
    for (const grant of this.#access.values()) if (grant.account === account) grant.isRevoked = true;
  }

  isRefreshGood(token: string): boolean {
    return this.#refresh.get(token)?.state === 'good';
  }

  /** Whose access token it is; null when nobody's. */
  openAccess(token: string): { readonly account: ChatGptAccount; readonly isExpired: boolean } | null {
    const grant = this.#access.get(token);
    return grant
      ? { account: grant.account, isExpired: grant.isRevoked || grant.expiresAt <= this.#clock.now() }
      : null;
  }
}

/** RFC 7636, method S256. */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

function claimsOf(account: ChatGptAccount): Record<string, unknown> {
  return {
    aud: ['https://api.openai.com/v1'],
    iss: 'https://auth.openai.com',
    sub: `auth0|${account.userId}`,
    [CLAIMS]: {
      chatgpt_account_id: account.accountId,
      chatgpt_account_is_fedramp: account.isFedramp,
      chatgpt_plan_type: account.plan,
      chatgpt_user_id: account.userId,
      user_id: account.userId,
      organizations: [],
      groups: [],
    },
    [PROFILE]: { email: account.email, email_verified: true },
  };
}

/** Has the form of a signed token; nobody checks the signature. */
function jwt(claims: Record<string, unknown>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256', typ: 'JWT', kid: 'fake' })}.${part(claims)}.${randomBytes(32).toString('base64url')}`;
}
