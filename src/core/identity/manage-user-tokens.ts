import { timingSafeEqual } from 'node:crypto';
import { type Ctx, inTransaction } from '../database/index.ts';
import { newId, type UserId, type UserTokenId } from '../ids.ts';
import { checkLabel } from '../name.ts';
import type { Page, PageRequest } from '../page.ts';
import { notFound, pickByRef } from '../pick-by-ref.ts';
import { type Secret, secretHint } from '../secret.ts';
import { type EpochMs, epochMs, MINUTE_MS } from '../time.ts';
import { hashKeyText } from './api-key.ts';
import type { User } from './user.ts';
import { readUser } from './user-store.ts';
import { isUserTokenLive, isUserTokenText, newUserTokenText, type UserToken } from './user-token.ts';
import {
  deleteUserToken,
  insertUserToken,
  readUserToken,
  readUserTokenPage,
  readUserTokenRefs,
  writeUserTokenUse,
} from './user-token-store.ts';

export interface NewUserToken {
  readonly userId: UserId;
  readonly name?: string | undefined;
  /** Null or absent: never. */
  readonly expiresAt?: EpochMs | null | undefined;
}

/** The text is nowhere else and will not be seen again. @throws Failure invalid_input; not_found without the user. */
export async function createUserToken(
  ctx: Ctx,
  input: NewUserToken,
): Promise<{ readonly token: UserToken; readonly text: Secret }> {
  const now = ctx.clock.now();
  const text = newUserTokenText(ctx.random);
  const token: UserToken = {
    id: newId('utk', now, ctx.random),
    userId: input.userId,
    name: input.name === undefined ? null : checkLabel(input.name),
    hash: hashKeyText(text.reveal()),
    hint: secretHint(text.reveal()),
    expiresAt: input.expiresAt ?? null,
    createdAt: now,
    lastUsedAt: null,
  };
  return await inTransaction(ctx, async (tx) => {
    if (!(await readUser(tx, input.userId))) throw notFound('user', input.userId);
    await insertUserToken(tx, token);
    return { token, text };
  });
}

/** Newest first. */
export async function listUserTokens(
  ctx: Ctx,
  filter: { readonly userId?: UserId | undefined },
  page: PageRequest,
): Promise<Page<UserToken>> {
  return await readUserTokenPage(ctx, filter, page);
}

/** By id, unique beginning of an id, or name where only one has it. @throws Failure not_found, invalid_input */
export async function findUserToken(ctx: Ctx, ref: string): Promise<UserToken> {
  const { id } = pickByRef('user token', ref, await readUserTokenRefs(ctx, ref));
  const token = await readUserToken(ctx, { id });
  if (!token) throw notFound('user token', id);
  return token;
}

/** The token dies at once, on every daemon. @throws Failure not_found */
export async function revokeUserToken(ctx: Ctx, id: UserTokenId): Promise<void> {
  if (!(await deleteUserToken(ctx, id))) throw notFound('user token', id);
}

/**
 * The user whose token this text is, unless there is none or it has expired. Read from the database each time: these
 * calls are few, and a token that was revoked must be dead on every daemon. Notes the use, at most once a minute.
 */
export async function findUserByToken(
  ctx: Ctx,
  text: string,
): Promise<{ readonly user: User; readonly token: UserToken } | undefined> {
  if (!isUserTokenText(text)) return undefined;
  const now = ctx.clock.now();
  const hash = hashKeyText(text);
  const token = await readUserToken(ctx, { hash });
  if (!token || !isUserTokenLive(token, now)) return undefined;
  // The look-up compared already, but not in constant time.
  if (!timingSafeEqual(Buffer.from(token.hash), Buffer.from(hash))) return undefined;
  const user = await readUser(ctx, token.userId);
  if (!user) return undefined;
  const minuteAgo = epochMs(now - MINUTE_MS);
  if (token.lastUsedAt === null || token.lastUsedAt <= minuteAgo) {
    await writeUserTokenUse(ctx, token.id, now, minuteAgo);
  }
  return { user, token };
}
