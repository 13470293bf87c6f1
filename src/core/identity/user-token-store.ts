import type { Ctx } from '../database/index.ts';
import type { UserId, UserTokenId } from '../ids.ts';
import { cutPage, type Page, type PageRequest } from '../page.ts';
import { REFS_MAX, type Ref } from '../pick-by-ref.ts';
import { type EpochMs, epochMs } from '../time.ts';
import { readNewestRows } from './newest-rows.ts';
import type { UserToken } from './user-token.ts';

interface UserTokenRow {
  readonly id: UserTokenId;
  readonly user_id: UserId;
  readonly name: string | null;
  readonly hash: string;
  readonly hint: string;
  readonly expires_at: number | null;
  readonly created_at: number;
  readonly last_used_at: number | null;
}

export async function insertUserToken(ctx: Ctx, token: UserToken): Promise<void> {
  const { id, name, hash, hint } = token;
  const row: UserTokenRow = {
    id,
    name,
    hash,
    hint,
    user_id: token.userId,
    expires_at: token.expiresAt,
    created_at: token.createdAt,
    last_used_at: token.lastUsedAt,
  };
  await ctx.db('user_tokens').insert(row);
}

export async function deleteUserToken(ctx: Ctx, id: UserTokenId): Promise<boolean> {
  return (await ctx.db('user_tokens').where({ id }).delete()) > 0;
}

export async function readUserToken(
  ctx: Ctx,
  where: { readonly id: string } | { readonly hash: string },
): Promise<UserToken | undefined> {
  const row: UserTokenRow | undefined = await ctx.db('user_tokens').where(where).first();
  return row && fromRow(row);
}

/** The rows that `ref` could mean: exact ones, else all of them for prefixes and suggestions. */
export async function readUserTokenRefs(ctx: Ctx, ref: string): Promise<Ref[]> {
  const rows = () => ctx.db('user_tokens').select('id', 'name').orderBy('id', 'desc').limit(REFS_MAX);
  const exact: NullableRef[] = await rows().where({ id: ref }).orWhere({ name: ref });
  const found: NullableRef[] = exact.length > 0 ? exact : await rows();
  return found.map(({ id, name }) => ({ id, name: name ?? id }));
}

type NullableRef = Pick<UserTokenRow, 'id' | 'name'>;

export async function readUserTokenPage(
  ctx: Ctx,
  filter: { readonly userId?: UserId | undefined },
  page: PageRequest,
): Promise<Page<UserToken>> {
  const rows = await readNewestRows<UserTokenRow>(ctx, 'user_tokens', filter, page);
  return cutPage(rows.map(fromRow), page.limit);
}

/** Moves the time of last use on to `at`, unless it is already later than `notSince`. */
export async function writeUserTokenUse(ctx: Ctx, id: UserTokenId, at: EpochMs, notSince: EpochMs): Promise<void> {
  await ctx
    .db('user_tokens')
    .where({ id })
    .where((older) => older.whereNull('last_used_at').orWhere('last_used_at', '<=', notSince))
    .update({ last_used_at: at });
}

function fromRow(row: UserTokenRow): UserToken {
  return {
    id: row.id,
    userId: row.user_id,
    name: row.name,
    hash: row.hash,
    hint: row.hint,
    expiresAt: row.expires_at === null ? null : epochMs(row.expires_at),
    createdAt: epochMs(row.created_at),
    lastUsedAt: row.last_used_at === null ? null : epochMs(row.last_used_at),
  };
}
