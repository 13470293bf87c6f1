import type { Ctx } from '../database/index.ts';
import type { AdminTokenId } from '../ids.ts';
import { cutPage, type Page, type PageRequest } from '../page.ts';
import { REFS_MAX, type Ref } from '../pick-by-ref.ts';
import { epochMs } from '../time.ts';
import type { AdminRole, AdminToken } from './admin-token.ts';

interface TokenRow {
  readonly id: AdminTokenId;
  readonly name: string;
  readonly role: AdminRole;
  readonly hash: string;
  readonly hint: string;
  readonly expires_at: number | null;
  readonly created_at: number;
}

/** False when the name is taken. */
export async function insertToken(ctx: Ctx, token: AdminToken): Promise<boolean> {
  const { expiresAt, createdAt, ...rest } = token;
  const row: TokenRow = { ...rest, expires_at: expiresAt, created_at: createdAt };
  const done: unknown[] = await ctx.db('admin_tokens').insert(row).onConflict('name').ignore().returning('id');
  return done.length > 0;
}

export async function deleteToken(ctx: Ctx, id: AdminTokenId): Promise<boolean> {
  return (await ctx.db('admin_tokens').where({ id }).delete()) > 0;
}

export async function readToken(
  ctx: Ctx,
  where: { readonly id: string } | { readonly hash: string },
): Promise<AdminToken | undefined> {
  const row: TokenRow | undefined = await ctx.db('admin_tokens').where(where).first();
  return row && fromRow(row);
}

/** The rows that `ref` could mean: exact ones, else all of them for prefixes and suggestions. */
export async function readTokenRefs(ctx: Ctx, ref: string): Promise<Ref[]> {
  const rows = () => ctx.db('admin_tokens').select('id', 'name').orderBy('id', 'desc').limit(REFS_MAX);
  const exact: Ref[] = await rows().where({ id: ref }).orWhere({ name: ref });
  return exact.length > 0 ? exact : await rows();
}

export async function readTokenPage(ctx: Ctx, { limit, after }: PageRequest): Promise<Page<AdminToken>> {
  const query = ctx
    .db('admin_tokens')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (after !== undefined) query.where('id', '<', after);
  const rows: TokenRow[] = await query;
  return cutPage(rows.map(fromRow), limit);
}

export async function readAllTokens(ctx: Ctx): Promise<AdminToken[]> {
  const rows: TokenRow[] = await ctx.db('admin_tokens').select();
  return rows.map(fromRow);
}

function fromRow({ expires_at, created_at, ...row }: TokenRow): AdminToken {
  return { ...row, expiresAt: expires_at === null ? null : epochMs(expires_at), createdAt: epochMs(created_at) };
}
