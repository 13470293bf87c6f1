import { hash } from 'node:crypto';
import type { KeyId, UserId } from '../ids.ts';
import type { Random } from '../random.ts';
import { Secret } from '../secret.ts';
import type { EpochMs } from '../time.ts';
import type { RateLimits } from './user.ts';

export const DISCONNECT_POLICIES = ['cancel', 'drain', 'estimate'] as const;
/** What happens to the upstream call when the client goes away. */
export type DisconnectPolicy = (typeof DISCONNECT_POLICIES)[number];

/** A northbound key. Only its hash is kept; `hint` is its head and tail for recognition. */
export interface ApiKey {
  readonly id: KeyId;
  readonly userId: UserId;
  readonly name: string;
  readonly hash: string;
  readonly hint: string;
  readonly enabled: boolean;
  readonly notBefore: EpochMs | null;
  readonly expiresAt: EpochMs | null;
  /** Public model ids or globs (`gpt-*`); empty allows all. */
  readonly allowedModels: readonly string[];
  /** CIDRs; empty allows all. */
  readonly allowedIps: readonly string[];
  /** Names of groups in ladder order; empty means every upstream. */
  readonly groups: readonly string[];
  readonly limits: RateLimits;
  /** Null: what the setting `relay.disconnect_policy` says. */
  readonly disconnectPolicy: DisconnectPolicy | null;
  readonly createdAt: EpochMs;
  readonly lastUsedAt: EpochMs | null;
}

const KEY_BYTES = 32;

/** Makes a key of 256 bits: `sk-` and 43 characters. The only moment at which its text exists. */
export function newKeyText(random: Random): Secret {
  return new Secret(`sk-${random.bytes(KEY_BYTES).toString('base64url')}`);
}

/** SHA-256 in hex. A fast hash is right here: the input has 256 bits of chance, so there is nothing to guess. */
export function hashKeyText(text: string): string {
  return hash('sha256', text);
}
