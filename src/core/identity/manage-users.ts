import { type Ctx, inChange } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { newId, type UserId } from '../ids.ts';
import { checkName, nameTaken } from '../name.ts';
import type { Page, PageRequest } from '../page.ts';
import type { Patch } from '../patch.ts';
import { notFound, pickByRef } from '../pick-by-ref.ts';
import { checkLimits } from './rate-limits.ts';
import { ACCOUNT_STATUSES, type AccountStatus, type RateLimits, ROLES, type Role, type User } from './user.ts';
import {
  countUserRows,
  insertUser,
  readUser,
  readUserByName,
  readUserPage,
  readUserRefs,
  updateUser,
} from './user-store.ts';

export interface NewUser {
  readonly name: string;
  /** `user` unless said. */
  readonly role?: Role | undefined;
  readonly limits?: Patch<RateLimits> | undefined;
}

export type UserPatch = Patch<Pick<User, 'name' | 'role' | 'status'> & { readonly limits: Patch<RateLimits> }>;

/** @throws Failure invalid_input; already_exists when the name is taken. */
export async function createUser(ctx: Ctx, input: NewUser): Promise<User> {
  const now = ctx.clock.now();
  const user: User = {
    id: newId('usr', now, ctx.random),
    name: checkName(input.name),
    role: requireOneOf(ROLES, input.role ?? 'user', 'role'),
    status: 'active',
    limits: checkLimits(input.limits),
    createdAt: now,
  };
  return await inChange(ctx, 'identity', async (tx) => {
    if (!(await insertUser(tx, user))) throw nameTaken('user', user.name);
    return user;
  });
}

/**
 * Finds a user by id, unique beginning of an id, or name.
 * @throws Failure not_found with the nearest name; invalid_input when ambiguous.
 */
export async function findUser(ctx: Ctx, ref: string): Promise<User> {
  const { id } = pickByRef('user', ref, await readUserRefs(ctx, ref));
  return await requireUser(ctx, id);
}

/** Newest first. */
export async function listUsers(ctx: Ctx, page: PageRequest): Promise<Page<User>> {
  return await readUserPage(ctx, page);
}

export async function countUsers(ctx: Ctx): Promise<number> {
  return await countUserRows(ctx);
}

/**
 * Changes what the patch names.
 * @throws Failure not_found, invalid_input, already_exists; conflict when it would leave no active root.
 */
export async function editUser(ctx: Ctx, id: UserId, patch: UserPatch): Promise<User> {
  return await inChange(ctx, 'identity', async (tx) => {
    const before = await requireUser(tx, id);
    const after: User = {
      ...before,
      name: patch.name === undefined ? before.name : checkName(patch.name),
      role: requireOneOf(ROLES, patch.role ?? before.role, 'role'),
      status: requireOneOf(ACCOUNT_STATUSES, patch.status ?? before.status, 'status'),
      limits: checkLimits(patch.limits, before.limits),
    };
    if (after.name !== before.name && (await readUserByName(tx, after.name))) throw nameTaken('user', after.name);
    if (isActiveRoot(before) && !isActiveRoot(after)) await requireAnotherRoot(tx, before);
    await updateUser(tx, after);
    return after;
  });
}

async function requireUser(ctx: Ctx, id: string): Promise<User> {
  const user = await readUser(ctx, id);
  if (!user) throw notFound('user', id);
  return user;
}

function isActiveRoot(user: User): boolean {
  return user.role === 'root' && user.status === 'active';
}

/** Roots are counted after the change mark is taken, so two of them cannot demote each other at once. */
async function requireAnotherRoot(tx: Ctx, user: User): Promise<void> {
  const active: AccountStatus = 'active';
  if ((await countUserRows(tx, { role: 'root', status: active })) > 1) return;
  throw new Failure('conflict', {
    message: `"${user.name}" is the last active root`,
    hint: 'make another user root first',
  });
}

function requireOneOf<T extends string>(allowed: readonly T[], value: T, param: string): T {
  if (allowed.includes(value)) return value;
  throw new Failure('invalid_input', { message: `${param} must be one of ${allowed.join(', ')}`, param });
}
