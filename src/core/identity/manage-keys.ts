import { type Ctx, inChange } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { type KeyId, newId, type UserId } from '../ids.ts';
import { nameTaken } from '../name.ts';
import type { Page, PageRequest } from '../page.ts';
import { notFound, pickByRef } from '../pick-by-ref.ts';
import { type Secret, secretHint } from '../secret.ts';
import type { EpochMs } from '../time.ts';
import { type ApiKey, hashKeyText, newKeyText } from './api-key.ts';
import { checkKeySettings, type KeySettings, NEW_KEY } from './key-rules.ts';
import {
  deleteKey,
  insertKey,
  readKey,
  readKeyOfUser,
  readKeyPage,
  readKeyRefs,
  readKeysWithGroups,
  updateKey,
  writeLastUsed,
} from './key-store.ts';
import { readUser } from './user-store.ts';

/** A key and its text, which is nowhere else and will not be seen again. */
export interface KeyWithText {
  readonly key: ApiKey;
  readonly text: Secret;
}

export type NewKey = KeySettings & { readonly userId: UserId; readonly name: string };

/** @throws Failure invalid_input; not_found without the user; already_exists when the user has a key of that name. */
export async function createKey(ctx: Ctx, { userId, ...settings }: NewKey): Promise<KeyWithText> {
  const now = ctx.clock.now();
  const text = newKeyText(ctx.random);
  const key: ApiKey = {
    ...checkKeySettings({ ...NEW_KEY, name: settings.name }, settings),
    ...describeText(text),
    id: newId('key', now, ctx.random),
    userId,
    createdAt: now,
    lastUsedAt: null,
  };
  return await inChange(ctx, 'identity', async (tx) => {
    if (!(await readUser(tx, userId))) throw notFound('user', userId);
    if (!(await insertKey(tx, key))) throw nameTaken('key', key.name);
    return { key, text };
  });
}

/**
 * Finds a key by id, unique beginning of an id, name or `user/name`; names repeat among users.
 * @throws Failure not_found with the nearest name; invalid_input when ambiguous.
 */
export async function findKey(ctx: Ctx, ref: string): Promise<ApiKey> {
  const { id } = pickByRef('key', ref, await readKeyRefs(ctx, ref));
  return await requireKey(ctx, id);
}

/** Newest first. */
export async function listKeys(
  ctx: Ctx,
  filter: { readonly userId?: UserId | undefined },
  page: PageRequest,
): Promise<Page<ApiKey>> {
  return await readKeyPage(ctx, filter, page);
}

/** @throws Failure not_found, invalid_input, already_exists */
export async function editKey(ctx: Ctx, id: KeyId, patch: KeySettings): Promise<ApiKey> {
  return await inChange(ctx, 'identity', async (tx) => {
    const before = await requireKey(tx, id);
    const after: ApiKey = { ...before, ...checkKeySettings(before, patch) };
    const isRenamed = after.name !== before.name;
    if (isRenamed && (await readKeyOfUser(tx, after.userId, after.name))) throw nameTaken('key', after.name);
    await updateKey(tx, after);
    return after;
  });
}

/** A new text for the same key; the old text dies at once. @throws Failure not_found */
export async function rotateKey(ctx: Ctx, id: KeyId): Promise<KeyWithText> {
  const text = newKeyText(ctx.random);
  return await inChange(ctx, 'identity', async (tx) => {
    const key: ApiKey = { ...(await requireKey(tx, id)), ...describeText(text) };
    await updateKey(tx, key);
    return { key, text };
  });
}

/** @throws Failure not_found */
export async function removeKey(ctx: Ctx, id: KeyId): Promise<void> {
  await inChange(ctx, 'identity', async (tx) => {
    if (!(await deleteKey(tx, id))) throw notFound('key', id);
  });
}

/** Notes when keys were last used. No change of what a key may do, so snapshots stay as they are. */
export async function touchKeys(ctx: Ctx, times: ReadonlyMap<KeyId, EpochMs>): Promise<void> {
  await writeLastUsed(ctx, times);
}

/** Follows the renaming of a group through all ladders. */
export async function renameGroupInKeys(ctx: Ctx, before: string, after: string): Promise<void> {
  await inChange(ctx, 'identity', async (tx) => {
    for (const key of await readKeysWithGroups(tx)) {
      if (!key.groups.includes(before)) continue;
      await updateKey(tx, { ...key, groups: key.groups.map((name) => (name === before ? after : name)) });
    }
  });
}

/** @throws Failure conflict when a key's ladder names the group: a ladder that lost its last rung would reach everything. */
export async function requireGroupUnused(ctx: Ctx, group: string): Promise<void> {
  const users = (await readKeysWithGroups(ctx)).filter((key) => key.groups.includes(group));
  const [first] = users;
  if (!first) return;
  throw new Failure('conflict', {
    message: `${users.length} keys use the group "${group}", among them "${first.name}" (${first.id})`,
    hint: 'take the group out of these keys first',
  });
}

async function requireKey(ctx: Ctx, id: string): Promise<ApiKey> {
  const key = await readKey(ctx, id);
  if (!key) throw notFound('key', id);
  return key;
}

function describeText(text: Secret): Pick<ApiKey, 'hash' | 'hint'> {
  return { hash: hashKeyText(text.reveal()), hint: secretHint(text.reveal()) };
}
