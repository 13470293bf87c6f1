import type { Knex } from 'knex';
import type { Ctx } from '../database/index.ts';
import type { KeyId, UserId } from '../ids.ts';
import { cutPage, type Page, type PageRequest } from '../page.ts';
import { REFS_MAX, type Ref } from '../pick-by-ref.ts';
import { type EpochMs, epochMs } from '../time.ts';
import type { ApiKey, DisconnectPolicy } from './api-key.ts';
import { readNewestRows } from './newest-rows.ts';

interface KeyRow {
  readonly id: KeyId;
  readonly user_id: UserId;
  readonly name: string;
  readonly hash: string;
  readonly hint: string;
  readonly enabled: number;
  readonly not_before: number | null;
  readonly expires_at: number | null;
  readonly allowed_models: string;
  readonly allowed_ips: string;
  readonly group_names: string;
  readonly rpm: number | null;
  readonly tpm: number | null;
  readonly concurrency: number | null;
  readonly disconnect_policy: DisconnectPolicy | null;
  readonly created_at: number;
  readonly last_used_at: number | null;
}

const TOUCH_CHUNK = 200;

/** False when the user has a key of that name. */
export async function insertKey(ctx: Ctx, key: ApiKey): Promise<boolean> {
  const insert = ctx.db('api_keys').insert(toRow(key));
  const done: unknown[] = await insert.onConflict(['user_id', 'name']).ignore().returning('id');
  return done.length > 0;
}

/** Writes everything but `last_used_at`, which has a writer of its own. */
export async function updateKey(ctx: Ctx, key: ApiKey): Promise<void> {
  const { last_used_at: _, ...row } = toRow(key);
  await ctx.db('api_keys').where({ id: key.id }).update(row);
}

export async function deleteKey(ctx: Ctx, id: KeyId): Promise<boolean> {
  return (await ctx.db('api_keys').where({ id }).delete()) > 0;
}

export async function readKey(ctx: Ctx, id: string): Promise<ApiKey | undefined> {
  const row: KeyRow | undefined = await ctx.db('api_keys').where({ id }).first();
  return row && fromRow(row);
}

export async function readKeyOfUser(ctx: Ctx, userId: UserId, name: string): Promise<ApiKey | undefined> {
  const row: KeyRow | undefined = await ctx.db('api_keys').where({ user_id: userId, name }).first();
  return row && fromRow(row);
}

/** The rows that `ref` could mean: exact ones, else all of them, each also as `user/name`. */
export async function readKeyRefs(ctx: Ctx, ref: string): Promise<Ref[]> {
  const exact: Ref[] = await ctx.db('api_keys').select('id', 'name').where({ id: ref }).orWhere({ name: ref });
  if (exact.length > 0) return exact;
  const rows: { id: string; name: string; user: string }[] = await ctx
    .db('api_keys')
    .join('users', 'users.id', 'api_keys.user_id')
    .select('api_keys.id', 'api_keys.name', 'users.name as user')
    .orderBy('api_keys.id', 'desc')
    .limit(REFS_MAX);
  return rows.flatMap(({ id, name, user }) => [
    { id, name: `${user}/${name}` },
    { id, name },
  ]);
}

export async function readKeyPage(
  ctx: Ctx,
  filter: { readonly userId?: UserId | undefined },
  page: PageRequest,
): Promise<Page<ApiKey>> {
  const rows = await readNewestRows<KeyRow>(ctx, 'api_keys', filter, page);
  return cutPage(rows.map(fromRow), page.limit);
}

export async function readAllKeys(ctx: Ctx): Promise<ApiKey[]> {
  const rows: KeyRow[] = await ctx.db('api_keys').select();
  return rows.map(fromRow);
}

/** Keys whose ladder is not empty. */
export async function readKeysWithGroups(ctx: Ctx): Promise<ApiKey[]> {
  const rows: KeyRow[] = await ctx.db('api_keys').whereNot({ group_names: '[]' });
  return rows.map(fromRow);
}

/** One statement for each few hundred keys; a time never goes back. Keys that are gone are passed over. */
export async function writeLastUsed(ctx: Ctx, times: ReadonlyMap<KeyId, EpochMs>): Promise<void> {
  const entries = [...times];
  for (let start = 0; start < entries.length; start += TOUCH_CHUNK) {
    const chunk = entries.slice(start, start + TOUCH_CHUNK);
    const cases = chunk.map(() => 'WHEN ? THEN CAST(? AS BIGINT)').join(' ');
    const latest: Knex.Raw = ctx.db.raw(`CASE id ${cases} END`, chunk.flat());
    await ctx
      .db('api_keys')
      .whereIn(
        'id',
        chunk.map(([id]) => id),
      )
      .where((older) => older.whereNull('last_used_at').orWhere('last_used_at', '<', latest))
      .update({ last_used_at: latest });
  }
}

function toRow(key: ApiKey): KeyRow {
  const { rpm, tpm, concurrency } = key.limits;
  return {
    id: key.id,
    user_id: key.userId,
    name: key.name,
    hash: key.hash,
    hint: key.hint,
    enabled: Number(key.enabled),
    not_before: key.notBefore,
    expires_at: key.expiresAt,
    allowed_models: JSON.stringify(key.allowedModels),
    allowed_ips: JSON.stringify(key.allowedIps),
    group_names: JSON.stringify(key.groups),
    rpm,
    tpm,
    concurrency,
    disconnect_policy: key.disconnectPolicy,
    created_at: key.createdAt,
    last_used_at: key.lastUsedAt,
  };
}

function fromRow(row: KeyRow): ApiKey {
  const { rpm, tpm, concurrency } = row;
  return {
    id: row.id,
    userId: row.user_id,
    name: row.name,
    hash: row.hash,
    hint: row.hint,
    enabled: row.enabled === 1,
    notBefore: instantOrNull(row.not_before),
    expiresAt: instantOrNull(row.expires_at),
    allowedModels: JSON.parse(row.allowed_models) as string[],
    allowedIps: JSON.parse(row.allowed_ips) as string[],
    groups: JSON.parse(row.group_names) as string[],
    limits: { rpm, tpm, concurrency },
    disconnectPolicy: row.disconnect_policy,
    createdAt: epochMs(row.created_at),
    lastUsedAt: instantOrNull(row.last_used_at),
  };
}

function instantOrNull(value: number | null): EpochMs | null {
  return value === null ? null : epochMs(value);
}
