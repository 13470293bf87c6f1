import type { AdminTokenId } from '../ids.ts';
import type { Random } from '../random.ts';
import { Secret } from '../secret.ts';
import type { EpochMs } from '../time.ts';

export const ADMIN_ROLES = ['root', 'admin', 'operator'] as const;
export type AdminRole = (typeof ADMIN_ROLES)[number];

/** What opens the admin door over TCP. Only its hash is kept. */
export interface AdminToken {
  readonly id: AdminTokenId;
  readonly name: string;
  readonly role: AdminRole;
  readonly hash: string;
  readonly hint: string;
  readonly expiresAt: EpochMs | null;
  readonly createdAt: EpochMs;
}

const TOKEN_BYTES = 32;

/** Makes a token of 256 bits. Its head keeps it from being taken for a northbound key. */
export function newAdminTokenText(random: Random): Secret {
  return new Secret(`rat-${random.bytes(TOKEN_BYTES).toString('base64url')}`);
}

export function isTokenLive(token: AdminToken, now: EpochMs): boolean {
  return token.expiresAt === null || now < token.expiresAt;
}
