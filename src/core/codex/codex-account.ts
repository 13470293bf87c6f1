import type { CredentialId } from '../ids.ts';
import type { Secret } from '../secret.ts';
import type { EpochMs } from '../time.ts';
import type { LimitSnapshot } from './limit-snapshot.ts';

/** needs_login: its refresh token is worth nothing any more. blocked: the provider refuses the account itself. */
export const CODEX_STATES = ['active', 'needs_login', 'blocked'] as const;
export type CodexState = (typeof CODEX_STATES)[number];

/** A ChatGPT account that requests can use. Its access token is the secret of the credential of the same id. */
export interface CodexAccount {
  readonly credentialId: CredentialId;
  /** The workspace; goes into the header `chatgpt-account-id`. */
  readonly accountId: string;
  /** '' when the provider did not say; with it the account is one person's place in a workspace. */
  readonly userId: string;
  readonly email: string | null;
  /** `plus`, `pro`, `team`, …: an open set. */
  readonly plan: string | null;
  readonly isFedramp: boolean;
  readonly state: CodexState;
  /** Why it is not active: the provider's code, never its text. */
  readonly why: string | null;
  /** Of the access token, as its credential has it. */
  readonly fingerprint: string;
  /** Null when the token does not say. */
  readonly accessExpiresAt: EpochMs | null;
  readonly lastRefreshAt: EpochMs;
  /** Grows with every change of the tokens. */
  readonly version: number;
  readonly limits: LimitSnapshot | null;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
}

/** What a login or a refresh gave. */
export interface CodexTokens {
  readonly accessToken: Secret;
  readonly refreshToken: Secret;
  readonly idToken: Secret | null;
}
