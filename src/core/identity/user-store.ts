import type { Ctx } from '../database/index.ts';
import type { UserId } from '../ids.ts';
import { cutPage, type Page, type PageRequest } from '../page.ts';
import { REFS_MAX, type Ref } from '../pick-by-ref.ts';
import { epochMs } from '../time.ts';
import type { AccountStatus, Role, User } from './user.ts';

interface UserRow {
  readonly id: UserId;
  readonly name: string;
  readonly role: Role;
  readonly status: AccountStatus;
  readonly rpm: number | null;
  readonly tpm: number | null;
  readonly concurrency: number | null;
  readonly created_at: number;
}

/** False when the name is taken. */
export async function insertUser(ctx: Ctx, user: User): Promise<boolean> {
  const done: unknown[] = await ctx.db('users').insert(toRow(user)).onConflict('name').ignore().returning('id');
  return done.length > 0;
}

export async function updateUser(ctx: Ctx, user: User): Promise<void> {
  await ctx.db('users').where({ id: user.id }).update(toRow(user));
}

export async function readUser(ctx: Ctx, id: string): Promise<User | undefined> {
  const row: UserRow | undefined = await ctx.db('users').where({ id }).first();
  return row && fromRow(row);
}

export async function readUserByName(ctx: Ctx, name: string): Promise<User | undefined> {
  const row: UserRow | undefined = await ctx.db('users').where({ name }).first();
  return row && fromRow(row);
}

/** The rows that `ref` could mean: exact ones, else all of them for prefixes and suggestions. */
export async function readUserRefs(ctx: Ctx, ref: string): Promise<Ref[]> {
  const rows = () => ctx.db('users').select('id', 'name').orderBy('id', 'desc').limit(REFS_MAX);
  const exact: Ref[] = await rows().where({ id: ref }).orWhere({ name: ref });
  return exact.length > 0 ? exact : await rows();
}

export async function readUserPage(ctx: Ctx, { limit, after }: PageRequest): Promise<Page<User>> {
  const query = ctx
    .db('users')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (after !== undefined) query.where('id', '<', after);
  const rows: UserRow[] = await query;
  return cutPage(rows.map(fromRow), limit);
}

export async function readAllUsers(ctx: Ctx): Promise<User[]> {
  const rows: UserRow[] = await ctx.db('users').select();
  return rows.map(fromRow);
}

export async function countUserRows(ctx: Ctx, where: Partial<Pick<UserRow, 'role' | 'status'>> = {}): Promise<number> {
  const row = await ctx.db('users').where(where).count({ total: '*' }).first();
  return Number(row?.total ?? 0);
}

function toRow(user: User): UserRow {
  const { id, name, role, status, limits, createdAt } = user;
  const { rpm, tpm, concurrency } = limits;
  return { id, name, role, status, rpm, tpm, concurrency, created_at: createdAt };
}

function fromRow(row: UserRow): User {
  const { id, name, role, status, rpm, tpm, concurrency } = row;
  return { id, name, role, status, limits: { rpm, tpm, concurrency }, createdAt: epochMs(row.created_at) };
}
