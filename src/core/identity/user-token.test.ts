import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '../database/index.ts';
import type { UserId } from '../ids.ts';
import { type TestCtx, testCtx, testDatabase } from '../testing/test-database.ts';
import { epochMs, MINUTE_MS } from '../time.ts';
import {
  createUser,
  createUserToken,
  editUser,
  findUserByToken,
  findUserToken,
  listUserTokens,
  revokeUserToken,
  type User,
} from './index.ts';

let database: Database;
let ctx: TestCtx;
let alice: User;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(async () => {
  await database.close();
});
beforeEach(async () => {
  for (const table of ['user_tokens', 'users']) await database.knex(table).delete();
  ctx = testCtx(database);
  alice = await createUser(ctx, { name: 'alice' });
});

test('a token opens the account of its user, and only its hash is kept', async () => {
  const { token, text } = await createUserToken(ctx, { userId: alice.id, name: ' laptop ' });
  expect(text.reveal()).toMatch(/^utk_[A-Za-z0-9_-]{43}$/);
  expect(token).toMatchObject({ userId: alice.id, name: 'laptop', expiresAt: null, lastUsedAt: null });
  expect((await findUserByToken(ctx, text.reveal()))?.user).toEqual(alice);
  const rows = JSON.stringify(await database.knex('user_tokens'));
  expect(rows).not.toContain(text.reveal());
  expect(rows).not.toContain(text.reveal().slice(4, 20));
});

test('anything else opens nothing', async () => {
  const { token, text } = await createUserToken(ctx, { userId: alice.id });
  const near = `${text.reveal().slice(0, -1)}${text.reveal().endsWith('A') ? 'B' : 'A'}`;
  for (const wrong of ['', 'utk_', token.id, token.hash, near, ` ${text.reveal()}`, 'x'.repeat(10_000)]) {
    expect(await findUserByToken(ctx, wrong), wrong.slice(0, 60)).toBeUndefined();
  }
});

test('a token ends at its expiry, to the millisecond, and when it is revoked', async () => {
  const expiresAt = epochMs(ctx.clock.now() + 1_000);
  const { token, text } = await createUserToken(ctx, { userId: alice.id, expiresAt });
  ctx.clock.advance(999);
  expect((await findUserByToken(ctx, text.reveal()))?.token.id).toBe(token.id);
  ctx.clock.advance(1);
  expect(await findUserByToken(ctx, text.reveal())).toBeUndefined();
  const other = await createUserToken(ctx, { userId: alice.id });
  await revokeUserToken(ctx, other.token.id);
  expect(await findUserByToken(ctx, other.text.reveal())).toBeUndefined();
  await expect(revokeUserToken(ctx, other.token.id)).rejects.toMatchObject({ code: 'not_found' });
});

test('the time of last use moves on once a minute and never back', async () => {
  const { token, text } = await createUserToken(ctx, { userId: alice.id });
  const lastUsed = async () => (await findUserToken(ctx, token.id)).lastUsedAt;
  const first = ctx.clock.now();
  await findUserByToken(ctx, text.reveal());
  expect(await lastUsed()).toBe(first);
  ctx.clock.advance(MINUTE_MS - 1);
  await findUserByToken(ctx, text.reveal());
  expect(await lastUsed()).toBe(first);
  ctx.clock.advance(1);
  await findUserByToken(ctx, text.reveal());
  expect(await lastUsed()).toBe(first + MINUTE_MS);
});

test('the state of the account comes with it, so that its door can decide', async () => {
  const { text } = await createUserToken(ctx, { userId: alice.id });
  await editUser(ctx, alice.id, { status: 'suspended' });
  expect((await findUserByToken(ctx, text.reveal()))?.user.status).toBe('suspended');
});

test('tokens are found by id, its beginning and a name that one has; listed newest first', async () => {
  const bob = await createUser(ctx, { name: 'bob' });
  const first = (await createUserToken(ctx, { userId: alice.id, name: 'ci' })).token;
  ctx.clock.advance(1);
  const second = (await createUserToken(ctx, { userId: bob.id, name: 'ci' })).token;
  ctx.clock.advance(1);
  const nameless = (await createUserToken(ctx, { userId: alice.id })).token;
  expect(await findUserToken(ctx, nameless.id)).toEqual(nameless);
  expect(await findUserToken(ctx, nameless.id.slice(0, 20))).toEqual(nameless);
  await expect(findUserToken(ctx, 'ci')).rejects.toMatchObject({ code: 'invalid_input' });
  await revokeUserToken(ctx, second.id);
  expect(await findUserToken(ctx, 'ci')).toEqual(first);
  expect((await listUserTokens(ctx, {}, { limit: 5 })).items).toEqual([nameless, first]);
  expect((await listUserTokens(ctx, { userId: alice.id }, { limit: 1 })).items).toEqual([nameless]);
  expect((await listUserTokens(ctx, { userId: bob.id }, { limit: 5 })).items).toEqual([]);
});

test('nobody gets a token who is not there, and a name is printable', async () => {
  const nobody = 'usr_00000000000000000000000000' as UserId;
  await expect(createUserToken(ctx, { userId: nobody })).rejects.toMatchObject({ code: 'not_found' });
  await expect(createUserToken(ctx, { userId: alice.id, name: 'a\0b' })).rejects.toMatchObject({
    code: 'invalid_input',
  });
});
