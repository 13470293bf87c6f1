import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { emptyDatabase, testDialect } from '../testing/test-database.ts';
import { type BatchWrite, type Database, inTransaction } from './index.ts';

let database: Database;

beforeEach(async () => {
  database = await emptyDatabase();
  await database.knex.schema.createTable('parents', (t) => {
    t.text('id').notNullable().primary();
    t.bigInteger('count').notNullable().defaultTo(7);
  });
  await database.knex.schema.createTable('children', (t) => {
    t.text('id').notNullable().primary();
    t.text('parent_id').notNullable().references('id').inTable('parents');
  });
});
afterEach(async () => await database.close());

const parents = (...rows: BatchWrite['rows']): BatchWrite => ({ table: 'parents', columns: ['id', 'count'], rows });
const children = (...rows: BatchWrite['rows']): BatchWrite => ({
  table: 'children',
  columns: ['id', 'parent_id'],
  rows,
});
const ids = async (table = 'parents') => await database.knex(table).orderBy('id').pluck('id');

describe('writeBatch', () => {
  test('writes all tables in order, children after their parents', async () => {
    expect(await database.writeBatch([parents(['p', 1], ['q', 2]), children(['c', 'p'])])).toEqual([]);
    expect(await ids()).toEqual(['p', 'q']);
    expect(await ids('children')).toEqual(['c']);
  });

  test('leaves columns it does not name at their defaults', async () => {
    await database.writeBatch([{ table: 'parents', columns: ['id'], rows: [['p']] }]);
    expect(await database.knex('parents')).toEqual([{ id: 'p', count: 7 }]);
  });

  test('keeps text as it is', async () => {
    const odd = 'quote " \\ \n \u{1f600} 漢字 {"a":1} $1 ?';
    await database.writeBatch([parents([odd, -1])]);
    expect(await ids()).toEqual([odd]);
    await database.writeBatch([parents(['half \ud800', 1])]);
    expect((await ids())[0]).toBe('half \ufffd');
    // A row is never lost for what PostgreSQL cannot keep.
    expect(await database.writeBatch([parents(['zero \u0000 byte', 1])])).toEqual([]);
    expect(await ids()).toHaveLength(3);
  });

  test('keeps numbers and absence as they are, in a table of few columns and in one of many', async () => {
    const names = Array.from({ length: 16 }, (_, i) => `c${i}`);
    await database.knex.schema.createTable('wide', (t) => {
      t.text('id').notNullable().primary();
      for (const name of names) t.double(name).nullable();
    });
    const values = [0, -1, 2 ** 53 - 1, -(2 ** 53 - 1), 0.1, -2.5e-7, null];
    for (const columns of [names.slice(0, 3), names]) {
      const rows = values.map((value, i) => [`${columns.length} ${i}`, ...columns.map(() => value)]);
      expect(await database.writeBatch([{ table: 'wide', columns: ['id', ...columns], rows }])).toEqual([]);
      const stored = await database.knex('wide').where('id', 'like', `${columns.length} %`).orderBy('id');
      for (const name of columns) expect(stored.map((row) => row[name])).toEqual(values);
    }
  });

  test('rejects a poison row alone', async () => {
    await database.knex('parents').insert({ id: 'taken', count: 0 });
    const sound = Array.from({ length: 100 }, (_, i) => [`p${i}`, i] as const);
    const poison = [['taken', 1], ['null', null], ['p1', 1], ['not a number', Number.NaN], ['short']] as const;
    const rows = [...sound.slice(0, 50), ...poison, ...sound.slice(50)];
    const rejected = await database.writeBatch([parents(...rows), children(['c', 'p99'], ['orphan', 'nobody'])]);
    expect(rejected.map(({ table, row }) => `${table} ${row[0]}`).sort()).toEqual([
      'children orphan',
      'parents not a number',
      'parents null',
      'parents p1',
      'parents short',
      'parents taken',
    ]);
    for (const { reason } of rejected) expect(reason).not.toBe('');
    expect(await database.knex('parents').count({ n: '*' }).first()).toEqual({ n: 101 });
    expect(await ids('children')).toEqual(['c']);
  });

  test('ignores or updates a row whose key is there, also twice in one batch', async () => {
    await database.knex('parents').insert({ id: 'a', count: 1 });
    const ignoring = {
      ...parents(['a', 2], ['b', 2], ['b', 3]),
      onConflict: { columns: ['id'], update: 'ignore' },
    } as const;
    expect(await database.writeBatch([ignoring])).toEqual([]);
    expect(await database.knex('parents').orderBy('id')).toEqual([
      { id: 'a', count: 1 },
      { id: 'b', count: 2 },
    ]);
    const updating = { ...parents(['a', 5], ['b', 6], ['a', 7]), onConflict: { columns: ['id'], update: ['count'] } };
    expect(await database.writeBatch([updating])).toEqual([]);
    expect(await database.knex('parents').orderBy('id')).toEqual([
      { id: 'a', count: 7 },
      { id: 'b', count: 6 },
    ]);
  });

  test('changes rows that are there, by their key, and makes none', async () => {
    await database.knex('parents').insert(['a', 'b', 'c'].map((id) => ({ id, count: 1 })));
    const changes = { ...parents(['a', 5], ['gone', 6], ['c', 7]), updateBy: ['id'] };
    expect(await database.writeBatch([changes])).toEqual([]);
    expect(await database.knex('parents').orderBy('id')).toEqual([
      { id: 'a', count: 5 },
      { id: 'b', count: 1 },
      { id: 'c', count: 7 },
    ]);
    // The key need not stand first, and one bad row is alone.
    const turned = {
      table: 'parents',
      columns: ['count', 'id'],
      rows: [
        [8, 'a'],
        [null, 'b'],
      ],
      updateBy: ['id'],
    };
    expect((await database.writeBatch([turned])).map(({ row }) => row)).toEqual([[null, 'b']]);
    expect(await database.knex('parents').orderBy('id').pluck('count')).toEqual([8, 1, 7]);
  });

  test('takes more rows than one statement does', async () => {
    const rows = Array.from({ length: 9_001 }, (_, i) => [`p${i}`, i]);
    expect(await database.writeBatch([parents(...rows)])).toEqual([]);
    expect(await database.knex('parents').count({ n: '*' }).first()).toEqual({ n: 9_001 });
  });

  test('an empty batch is nothing', async () => {
    expect(await database.writeBatch([])).toEqual([]);
    expect(await database.writeBatch([parents()])).toEqual([]);
  });

  test('writes nothing when it fails as a whole', async () => {
    const nowhere = { table: 'nowhere', columns: ['id'], rows: [['x']] };
    await expect(database.writeBatch([parents(['p', 1]), nowhere])).rejects.toMatchObject({ code: 'database_failed' });
    expect(await ids()).toEqual([]);
    expect(await database.writeBatch([parents(['p', 1])])).toEqual([]);
  });

  if (testDialect() === 'sqlite') {
    test('writes nothing when the disk is full, and goes on when it is not', async () => {
      await database.knex.raw('pragma max_page_count = 20');
      const rows = Array.from({ length: 500 }, (_, i) => [`${i}`.padEnd(1_000, 'x'), i]);
      const attempt = database.writeBatch([parents(['p', 1]), parents(...rows)]);
      await expect(attempt).rejects.toMatchObject({ cause: { message: expect.stringContaining('full') } });
      expect(await ids()).toEqual([]);
      await database.knex.raw('pragma max_page_count = 100000');
      expect(await database.writeBatch([parents(...rows)])).toEqual([]);
    });
  }

  test('never lands inside of an open transaction', async () => {
    const ctx = { db: database.knex } as Parameters<typeof inTransaction>[0];
    let batch: Promise<unknown> = Promise.resolve();
    const attempt = inTransaction(ctx, async ({ db }) => {
      await db('parents').insert({ id: 'undone', count: 1 });
      batch = database.writeBatch([parents(['kept', 1])]);
      await new Promise((resolve) => setTimeout(resolve, 50));
      throw new Error('undo');
    });
    await expect(attempt).rejects.toThrow('undo');
    await batch;
    expect(await ids()).toEqual(['kept']);
  });

  test('rejects after close', async () => {
    const other = await emptyDatabase();
    await other.close();
    await expect(other.writeBatch([parents(['p', 1])])).rejects.toMatchObject({ code: 'database_failed' });
  });
});
