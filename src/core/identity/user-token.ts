import type { UserId, UserTokenId } from '../ids.ts';
import type { Random } from '../random.ts';
import { Secret } from '../secret.ts';
import type { EpochMs } from '../time.ts';

/** What opens a user's own account (balance, orders, plans). It relays nothing; a key does that. Only its hash is kept. */
export interface UserToken {
  readonly id: UserTokenId;
  readonly userId: UserId;
  /** For people to recognise it by; need not be unique. */
  readonly name: string | null;
  readonly hash: string;
  readonly hint: string;
  /** Null: never. */
  readonly expiresAt: EpochMs | null;
  readonly createdAt: EpochMs;
  /** To about a minute; null: never used. */
  readonly lastUsedAt: EpochMs | null;
}

const TOKEN_BYTES = 32;
const TEXT = /^utk_[A-Za-z0-9_-]{43}$/;

/** Makes a token of 256 bits: `utk_` and 43 characters, which is longer than any id. */
export function newUserTokenText(random: Random): Secret {
  return new Secret(`utk_${random.bytes(TOKEN_BYTES).toString('base64url')}`);
}

/** Whether this can be the text of a user token; nothing else needs to be looked for. */
export function isUserTokenText(text: string): boolean {
  return TEXT.test(text);
}

export function isUserTokenLive(token: UserToken, now: EpochMs): boolean {
  return token.expiresAt === null || now < token.expiresAt;
}
