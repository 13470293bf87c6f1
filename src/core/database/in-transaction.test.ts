import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { emptyDatabase, type TestCtx, testCtx, testDialect } from '../testing/test-database.ts';
import { type Database, inTransaction } from './index.ts';
import { SqliteConnection } from './sqlite-connection.ts';

let database: Database;
let ctx: TestCtx;

beforeEach(async () => {
  database = await emptyDatabase();
  ctx = testCtx(database);
  await database.knex.schema.createTable('accounts', (t) => {
    t.text('id').notNullable().primary();
    t.bigInteger('balance').notNullable();
  });
  await database.knex('accounts').insert({ id: 'a', balance: 100 });
});
afterEach(async () => await database.close());

const balance = async () => (await database.knex('accounts').where({ id: 'a' }).first()).balance;

describe('inTransaction', () => {
  test('commits what it returns from', async () => {
    const answer = await inTransaction(ctx, async ({ db }) => {
      await db('accounts').update({ balance: 1 });
      return 'done';
    });
    expect(answer).toBe('done');
    expect(await balance()).toBe(1);
  });

  test('rolls back what it throws from, with the error untouched', async () => {
    const reason = new Error('no');
    const attempt = inTransaction(ctx, async ({ db }) => {
      await db('accounts').update({ balance: 1 });
      throw reason;
    });
    await expect(attempt).rejects.toBe(reason);
    expect(await balance()).toBe(100);
  });

  test('joins the outer transaction, so a late throw undoes the inner work', async () => {
    const attempt = inTransaction(ctx, async (outer) => {
      await inTransaction(outer, async (inner) => {
        expect(inner).toBe(outer);
        await inner.db('accounts').update({ balance: 1 });
      });
      throw new Error('late');
    });
    await expect(attempt).rejects.toThrow('late');
    expect(await balance()).toBe(100);
  });

  test('rolls back after a statement that failed', async () => {
    const attempt = inTransaction(ctx, async ({ db }) => {
      await db('accounts').update({ balance: 1 });
      await db('accounts').insert({ id: 'a', balance: 2 });
    });
    await expect(attempt).rejects.toThrow(/unique/i);
    expect(await balance()).toBe(100);
  });

  test('twenty holds of ten on a balance of a hundred: exactly ten win', async () => {
    const hold = async () =>
      await inTransaction(ctx, async ({ db }) => {
        const changed = await db('accounts').where({ id: 'a' }).andWhere('balance', '>=', 10).decrement('balance', 10);
        await db('accounts').insert({ id: `${Math.random()}`, balance: changed });
        return changed;
      });
    const results = await Promise.all(Array.from({ length: 20 }, hold));
    expect(results.reduce((sum, changed) => sum + changed, 0)).toBe(10);
    expect(await balance()).toBe(0);
  });

  if (testDialect() === 'sqlite') {
    test('begins as a writer', async () => {
      const send = vi.spyOn(SqliteConnection.prototype, 'send');
      await inTransaction(ctx, async ({ db }) => await db('accounts').first());
      expect(send.mock.calls.map(([request]) => request[1])).toEqual([
        'BEGIN IMMEDIATE;',
        expect.stringContaining('select'),
        'COMMIT;',
      ]);
    });

    test('does not go on after the database itself has rolled back', async () => {
      const attempt = inTransaction(ctx, async ({ db }) => {
        await db('accounts').update({ balance: 1 });
        await db.raw("insert or rollback into accounts values ('a', 5)").catch(() => {});
        await db('accounts').update({ balance: 2 });
      });
      await expect(attempt).rejects.toThrow('the transaction is no longer open');
      expect(await balance()).toBe(100);
    });
  }
});
