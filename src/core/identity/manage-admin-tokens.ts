import { timingSafeEqual } from 'node:crypto';
import { type Ctx, inChange } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { type AdminTokenId, newId } from '../ids.ts';
import { checkName, nameTaken } from '../name.ts';
import type { Page, PageRequest } from '../page.ts';
import { notFound, pickByRef } from '../pick-by-ref.ts';
import { type Secret, secretHint } from '../secret.ts';
import type { EpochMs } from '../time.ts';
import { ADMIN_ROLES, type AdminRole, type AdminToken, isTokenLive, newAdminTokenText } from './admin-token.ts';
import { deleteToken, insertToken, readToken, readTokenPage, readTokenRefs } from './admin-token-store.ts';
import { hashKeyText } from './api-key.ts';

export interface NewAdminToken {
  readonly name: string;
  readonly role: AdminRole;
  /** Null or absent: never. */
  readonly expiresAt?: EpochMs | null | undefined;
}

/** @throws Failure invalid_input; already_exists when the name is taken. */
export async function createAdminToken(
  ctx: Ctx,
  input: NewAdminToken,
): Promise<{ readonly token: AdminToken; readonly text: Secret }> {
  const now = ctx.clock.now();
  if (!ADMIN_ROLES.includes(input.role)) {
    throw new Failure('invalid_input', { message: `role must be one of ${ADMIN_ROLES.join(', ')}`, param: 'role' });
  }
  const text = newAdminTokenText(ctx.random);
  const token: AdminToken = {
    id: newId('adm', now, ctx.random),
    name: checkName(input.name),
    role: input.role,
    hash: hashKeyText(text.reveal()),
    hint: secretHint(text.reveal()),
    expiresAt: input.expiresAt ?? null,
    createdAt: now,
  };
  return await inChange(ctx, 'identity', async (tx) => {
    if (!(await insertToken(tx, token))) throw nameTaken('admin token', token.name);
    return { token, text };
  });
}

/** Newest first. */
export async function listAdminTokens(ctx: Ctx, page: PageRequest): Promise<Page<AdminToken>> {
  return await readTokenPage(ctx, page);
}

/** By id, unique beginning of an id, or name. @throws Failure not_found, invalid_input */
export async function findAdminToken(ctx: Ctx, ref: string): Promise<AdminToken> {
  const { id } = pickByRef('admin token', ref, await readTokenRefs(ctx, ref));
  const token = await readToken(ctx, { id });
  if (!token) throw notFound('admin token', id);
  return token;
}

/** The token dies at once. @throws Failure not_found */
export async function revokeAdminToken(ctx: Ctx, id: AdminTokenId): Promise<void> {
  await inChange(ctx, 'identity', async (tx) => {
    if (!(await deleteToken(tx, id))) throw notFound('admin token', id);
  });
}

/** The token that this text is, unless there is none or it has expired. */
export async function findAdminTokenByText(ctx: Ctx, text: string): Promise<AdminToken | undefined> {
  const hash = hashKeyText(text);
  const token = await readToken(ctx, { hash });
  if (!token || !isTokenLive(token, ctx.clock.now())) return undefined;
  // The look-up compared already, but not in constant time.
  return timingSafeEqual(Buffer.from(token.hash), Buffer.from(hash)) ? token : undefined;
}
