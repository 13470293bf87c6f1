import type { Ctx } from '../database/index.ts';
import type { UserId } from '../ids.ts';
import type { AdminToken } from './admin-token.ts';
import { readAllTokens } from './admin-token-store.ts';
import type { ApiKey } from './api-key.ts';
import { readAllKeys } from './key-store.ts';
import type { User } from './user.ts';
import { readAllUsers } from './user-store.ts';

/** Who may call, as of one moment. Holds disabled and expired keys too, so that a refusal can say why. */
export interface IdentitySnapshot {
  /** By `hashKeyText`. */
  readonly keyByHash: ReadonlyMap<string, { readonly key: ApiKey; readonly user: User }>;
  readonly userById: ReadonlyMap<UserId, User>;
  /** By `hashKeyText`; check `isTokenLive`. */
  readonly adminTokenByHash: ReadonlyMap<string, AdminToken>;
}

export async function loadIdentity(ctx: Ctx): Promise<IdentitySnapshot> {
  // Keys before users: a user is never deleted, so no key of the first read can lack its user in the second.
  const keys = await readAllKeys(ctx);
  const userById = new Map((await readAllUsers(ctx)).map((user) => [user.id, user]));
  const keyByHash = new Map<string, { key: ApiKey; user: User }>();
  for (const key of keys) {
    const user = userById.get(key.userId);
    if (user) keyByHash.set(key.hash, { key, user });
  }
  const adminTokenByHash = new Map((await readAllTokens(ctx)).map((token) => [token.hash, token]));
  return { keyByHash, userById, adminTokenByHash };
}
