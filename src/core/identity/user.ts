import type { UserId } from '../ids.ts';
import type { EpochMs } from '../time.ts';

export const ROLES = ['root', 'admin', 'operator', 'user'] as const;
export type Role = (typeof ROLES)[number];

export const ACCOUNT_STATUSES = ['active', 'past_due', 'suspended', 'closed'] as const;
export type AccountStatus = (typeof ACCOUNT_STATUSES)[number];

/** Requests a minute, tokens a minute and requests at once. Null: what the settings `limits.*` say (a credential: unlimited); 0: unlimited. */
export interface RateLimits {
  readonly rpm: number | null;
  readonly tpm: number | null;
  readonly concurrency: number | null;
}

export const NO_LIMITS: RateLimits = { rpm: null, tpm: null, concurrency: null };

export interface User {
  readonly id: UserId;
  readonly name: string;
  readonly role: Role;
  readonly status: AccountStatus;
  readonly limits: RateLimits;
  readonly createdAt: EpochMs;
}
