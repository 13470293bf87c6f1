import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestCtx, testCtx, testDatabase } from '../testing/test-database.ts';
import { CHANGE_TOPICS, type Database, inChange, inTransaction, markChanged, readChangeMarks } from './index.ts';

let database: Database;
let ctx: TestCtx;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(async () => {
  await database.close();
});
beforeEach(async () => {
  await database.knex('change_marks').delete();
  await database.knex('app_settings').delete();
  ctx = testCtx(database);
});

test('every topic starts at zero and grows by one', async () => {
  expect(await readChangeMarks(ctx)).toEqual({ settings: 0, identity: 0, models: 0, upstreams: 0, subscriptions: 0 });
  for (const topic of CHANGE_TOPICS) await markChanged(ctx, topic);
  await markChanged(ctx, 'models');
  expect(await readChangeMarks(ctx)).toEqual({ settings: 1, identity: 1, models: 2, upstreams: 1, subscriptions: 1 });
});

test('a change that is rolled back leaves no mark', async () => {
  const failing = inChange(ctx, 'models', async () => {
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect((await readChangeMarks(ctx)).models).toBe(0);
});

test('inside of a transaction it joins that one', async () => {
  await inTransaction(ctx, async (tx) => {
    await inChange(tx, 'models', async (inner) => {
      expect(inner.db).toBe(tx.db);
    });
  });
  expect((await readChangeMarks(ctx)).models).toBe(1);
});

test('writers of one topic come one after the other: what each has read still holds when it writes', async () => {
  const row = () => ctx.db('app_settings').where({ key: 'n' });
  await ctx.db('app_settings').insert({ key: 'n', value: '0', updated_at: 0 });
  const add = async () =>
    await inChange(ctx, 'settings', async (tx) => {
      const { value } = await tx.db('app_settings').where({ key: 'n' }).first();
      await tx
        .db('app_settings')
        .where({ key: 'n' })
        .update({ value: String(Number(value) + 1) });
    });
  await Promise.all(Array.from({ length: 20 }, add));
  expect((await row().first()).value).toBe('20');
  expect((await readChangeMarks(ctx)).settings).toBe(20);
});
