import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Database, readChangeMarks } from '../database/index.ts';
import type { KeyId, UserId } from '../ids.ts';
import { type TestCtx, testCtx, testDatabase } from '../testing/test-database.ts';
import { epochMs } from '../time.ts';
import {
  countUsers,
  createAdminToken,
  createKey,
  createUser,
  editKey,
  editUser,
  findAdminToken,
  findAdminTokenByText,
  findKey,
  findUser,
  hashKeyText,
  isTokenLive,
  listAdminTokens,
  listKeys,
  listUsers,
  loadIdentity,
  removeKey,
  revokeAdminToken,
  rotateKey,
  touchKeys,
  type User,
} from './index.ts';

let database: Database;
let ctx: TestCtx;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(async () => {
  await database.close();
});
beforeEach(async () => {
  for (const table of ['api_keys', 'users', 'admin_tokens']) await database.knex(table).delete();
  ctx = testCtx(database);
});

async function addUser(name: string, role: User['role'] = 'user'): Promise<User> {
  ctx.clock.advance(1);
  return await createUser(ctx, { name, role });
}

describe('users', () => {
  test('are made, found by id, prefix and name, and listed newest first', async () => {
    const alice = await createUser(ctx, { name: 'alice', limits: { rpm: 5 } });
    expect(alice).toMatchObject({ role: 'user', status: 'active', limits: { rpm: 5, tpm: null, concurrency: null } });
    const bob = await addUser('bob', 'admin');
    expect(await findUser(ctx, 'alice')).toEqual(alice);
    expect(await findUser(ctx, alice.id)).toEqual(alice);
    expect(await findUser(ctx, bob.id.slice(0, 18))).toEqual(bob);
    await expect(findUser(ctx, 'alise')).rejects.toMatchObject({ facts: { hint: 'did you mean "alice"?' } });
    expect((await listUsers(ctx, { limit: 1 })).items).toEqual([bob]);
    expect((await listUsers(ctx, { limit: 1, after: bob.id })).items).toEqual([alice]);
    expect(await countUsers(ctx)).toBe(2);
  });

  test.each(['', '-x', 'a b', 'a/b', 'x'.repeat(64), 'ä', 'a\0'])('cannot be called %j', async (name) => {
    await expect(createUser(ctx, { name })).rejects.toMatchObject({ code: 'invalid_input', facts: { param: 'name' } });
  });

  test('have unique names', async () => {
    await addUser('alice');
    const bob = await addUser('bob');
    await expect(addUser('alice')).rejects.toMatchObject({ code: 'already_exists' });
    await expect(editUser(ctx, bob.id, { name: 'alice' })).rejects.toMatchObject({ code: 'already_exists' });
  });

  test.each([{ rpm: -1 }, { tpm: 1.5 }, { concurrency: Number.NaN }])('refuse the limits %j', async (limits) => {
    await expect(createUser(ctx, { name: 'x', limits })).rejects.toMatchObject({ code: 'invalid_input' });
  });

  test('are edited field by field', async () => {
    const { id } = await addUser('alice');
    await editUser(ctx, id, { limits: { rpm: 5 } });
    const edited = await editUser(ctx, id, { limits: { tpm: 6 }, status: 'suspended' });
    expect(edited).toMatchObject({ limits: { rpm: 5, tpm: 6, concurrency: null }, status: 'suspended', role: 'user' });
    expect(await findUser(ctx, id)).toEqual(edited);
    expect((await editUser(ctx, id, { limits: { rpm: null } })).limits.rpm).toBeNull();
    await expect(editUser(ctx, id, { role: 'king' as 'root' })).rejects.toMatchObject({ code: 'invalid_input' });
    const nobody = 'usr_00000000000000000000000000' as UserId;
    await expect(editUser(ctx, nobody, {})).rejects.toMatchObject({ code: 'not_found' });
  });

  test('the last active root stays', async () => {
    const root = await addUser('root', 'root');
    await expect(editUser(ctx, root.id, { role: 'admin' })).rejects.toMatchObject({ code: 'conflict' });
    await expect(editUser(ctx, root.id, { status: 'suspended' })).rejects.toMatchObject({ code: 'conflict' });
    await expect(editUser(ctx, root.id, { status: 'closed' })).rejects.toMatchObject({ code: 'conflict' });
    await editUser(ctx, root.id, { name: 'toor' });
  });

  test('of many roots that give up at once one stays', async () => {
    const roots: User[] = [];
    for (let i = 0; i < 6; i++) roots.push(await addUser(`root${i}`, 'root'));
    const results = await Promise.allSettled(roots.map(async ({ id }) => await editUser(ctx, id, { role: 'user' })));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(5);
    const { items } = await listUsers(ctx, { limit: 10 });
    expect(items.filter((user) => user.role === 'root')).toHaveLength(1);
  });
});

describe('keys', () => {
  test('show their text once and keep only its hash', async () => {
    const { id: userId } = await addUser('alice');
    const { key, text } = await createKey(ctx, {
      userId,
      name: 'my laptop',
      allowedModels: ['gpt-*', 'o3'],
      allowedIps: ['10.0.0.0/8'],
      groups: ['cheap'],
      limits: { concurrency: 2 },
      expiresAt: epochMs(ctx.clock.now() + 1_000),
      disconnectPolicy: 'cancel',
    });
    expect(text.reveal()).toMatch(/^sk-[\w-]{43}$/);
    expect(key.hash).toBe(hashKeyText(text.reveal()));
    expect(JSON.stringify(await database.knex('api_keys').select())).not.toContain(text.reveal());
    expect(await findKey(ctx, 'my laptop')).toEqual(key);
    expect((await loadIdentity(ctx)).keyByHash.get(key.hash)).toMatchObject({ key, user: { name: 'alice' } });
    await expect(createKey(ctx, { userId, name: 'my laptop' })).rejects.toMatchObject({ code: 'already_exists' });
  });

  test('of two users may have one name, which then is ambiguous', async () => {
    const alice = await addUser('alice');
    const bob = await addUser('bob');
    const { key } = await createKey(ctx, { userId: alice.id, name: 'laptop' });
    await createKey(ctx, { userId: bob.id, name: 'laptop' });
    await expect(findKey(ctx, 'laptop')).rejects.toMatchObject({ code: 'invalid_input' });
    expect(await findKey(ctx, 'alice/laptop')).toEqual(key);
    expect((await listKeys(ctx, { userId: alice.id }, { limit: 10 })).items).toEqual([key]);
    expect((await listKeys(ctx, {}, { limit: 10 })).items).toHaveLength(2);
  });

  test.each([
    [{ name: ' ' }, 'name'],
    [{ name: 'a\nb' }, 'name'],
    [{ name: 'x'.repeat(101) }, 'name'],
    [{ allowedModels: ['has space'] }, 'allowed_models'],
    [{ allowedModels: Array.from({ length: 201 }, (_, i) => `m${i}`) }, 'allowed_models'],
    [{ allowedIps: ['10.0.0.0/40'] }, 'allowed_ips'],
    [{ groups: ['a b'] }, 'groups'],
    [{ notBefore: epochMs(2), expiresAt: epochMs(2) }, 'expires_at'],
    [{ disconnectPolicy: 'x' as 'drain' }, 'disconnect_policy'],
    [{ limits: { rpm: -1 } }, 'rpm'],
  ])('refuse %j', async (settings, param) => {
    const { id: userId } = await addUser('alice');
    const made = createKey(ctx, { userId, name: 'fine', ...settings });
    await expect(made).rejects.toMatchObject({ code: 'invalid_input', facts: { param } });
  });

  test('are edited, rotated and removed', async () => {
    const { id: userId } = await addUser('alice');
    const { key, text } = await createKey(ctx, { userId, name: 'one', groups: ['a'] });
    await createKey(ctx, { userId, name: 'two' });
    await expect(editKey(ctx, key.id, { name: 'two' })).rejects.toMatchObject({ code: 'already_exists' });
    const edited = await editKey(ctx, key.id, { enabled: false, allowedModels: ['x'] });
    expect(edited).toMatchObject({ enabled: false, allowedModels: ['x'], groups: ['a'], name: 'one' });
    const rotated = await rotateKey(ctx, key.id);
    expect(rotated.key).toMatchObject({ id: key.id, enabled: false, groups: ['a'] });
    const { keyByHash } = await loadIdentity(ctx);
    expect(keyByHash.has(hashKeyText(text.reveal()))).toBe(false);
    expect(keyByHash.get(hashKeyText(rotated.text.reveal()))?.key).toEqual(rotated.key);
    await removeKey(ctx, key.id);
    await expect(removeKey(ctx, key.id)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('need their user', async () => {
    const userId = 'usr_00000000000000000000000000' as UserId;
    await expect(createKey(ctx, { userId, name: 'x' })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('note their last use in bulk, never going back, without marking a change', async () => {
    const { id: userId } = await addUser('alice');
    const ids: KeyId[] = [];
    for (let i = 0; i < 5; i++) ids.push((await createKey(ctx, { userId, name: `k${i}` })).key.id);
    const marks = await readChangeMarks(ctx);
    const gone = Array.from({ length: 300 }, (_, i) => [`key_gone${i}` as KeyId, epochMs(1)] as const);
    await touchKeys(ctx, new Map([...gone, ...ids.map((id, i) => [id, epochMs(1_000 + i)] as const)]));
    await touchKeys(ctx, new Map([[ids[0] as KeyId, epochMs(5)]]));
    await editKey(ctx, ids[1] as KeyId, { enabled: false });
    await touchKeys(ctx, new Map());
    const { items } = await listKeys(ctx, {}, { limit: 10 });
    const times = items.map((key) => key.lastUsedAt).sort();
    expect(times).toEqual([1_000, 1_001, 1_002, 1_003, 1_004]);
    expect((await readChangeMarks(ctx)).identity).toBe(marks.identity + 1);
  });
});

describe('admin tokens', () => {
  test('open by their text until they expire or are revoked', async () => {
    const expiresAt = epochMs(ctx.clock.now() + 1_000);
    const { token, text } = await createAdminToken(ctx, { name: 'ci', role: 'operator', expiresAt });
    const forever = await createAdminToken(ctx, { name: 'me', role: 'root' });
    expect(await findAdminTokenByText(ctx, text.reveal())).toEqual(token);
    expect(await findAdminTokenByText(ctx, `${text.reveal()}x`)).toBeUndefined();
    expect(await findAdminToken(ctx, 'ci')).toEqual(token);
    expect((await loadIdentity(ctx)).adminTokenByHash.get(token.hash)).toEqual(token);
    ctx.clock.advance(1_000);
    expect(isTokenLive(token, ctx.clock.now())).toBe(false);
    expect(await findAdminTokenByText(ctx, text.reveal())).toBeUndefined();
    expect(await findAdminTokenByText(ctx, forever.text.reveal())).toEqual(forever.token);
    await revokeAdminToken(ctx, forever.token.id);
    expect(await findAdminTokenByText(ctx, forever.text.reveal())).toBeUndefined();
    await expect(revokeAdminToken(ctx, forever.token.id)).rejects.toMatchObject({ code: 'not_found' });
    expect((await listAdminTokens(ctx, { limit: 10 })).items).toEqual([token]);
  });

  test('have unique names and a role that may administrate', async () => {
    await createAdminToken(ctx, { name: 'ci', role: 'admin' });
    await expect(createAdminToken(ctx, { name: 'ci', role: 'admin' })).rejects.toMatchObject({
      code: 'already_exists',
    });
    const user = createAdminToken(ctx, { name: 'x', role: 'user' as 'admin' });
    await expect(user).rejects.toMatchObject({ code: 'invalid_input' });
  });
});
