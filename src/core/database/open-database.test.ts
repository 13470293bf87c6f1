import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../log.ts';
import { Secret } from '../secret.ts';
import { emptyDatabase, testDialect } from '../testing/test-database.ts';
import { type Database, isUniqueViolation, openDatabase, rawRows } from './index.ts';

let database: Database;

beforeEach(async () => {
  database = await emptyDatabase();
  await database.knex.schema.createTable('things', (t) => {
    t.text('id').notNullable().primary();
    t.text('label').unique();
    t.bigInteger('amount');
    t.smallint('active');
  });
});
afterEach(async () => await database.close());

describe('a database', () => {
  test('gives back what was stored, as the same types', async () => {
    const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'));
    const row = fc.record({ label: text, amount: fc.maxSafeInteger(), active: fc.constantFrom(0, 1) });
    await fc.assert(
      fc.asyncProperty(row, async (values) => {
        const [stored] = await database
          .knex('things')
          .insert({ id: 'a', ...values })
          .returning('*');
        expect(stored).toEqual({ id: 'a', ...values });
        expect(await database.knex('things').where(values).first()).toEqual({ id: 'a', ...values });
        expect(await database.knex('things').where({ id: 'a' }).del()).toBe(1);
      }),
      { numRuns: 40 },
    );
  });

  test('counts and sums as numbers', async () => {
    await database.knex('things').insert([
      { id: 'a', amount: 2 ** 40, active: true },
      { id: 'b', amount: 1, active: false },
    ]);
    expect(await database.knex('things').sum({ sum: 'amount' }).count({ count: '*' }).first()).toEqual({
      sum: 2 ** 40 + 1,
      count: 2,
    });
    expect(await database.knex('things').where({ active: true }).pluck('id')).toEqual(['a']);
    expect(await rawRows(database.knex, 'select id from things where amount > ?', [1])).toEqual([{ id: 'a' }]);
  });

  test('tells a new row from a duplicate', async () => {
    const insert = () => database.knex('things').insert({ id: 'a' }).onConflict('id').ignore().returning('id');
    expect(await insert()).toEqual([{ id: 'a' }]);
    expect(await insert()).toEqual([]);
  });

  test.each([{ id: 'a' }, { id: 'b', label: 'one' }])('recognises a taken key: %o', async (row) => {
    await database.knex('things').insert({ id: 'a', label: 'one' });
    const error = await database
      .knex('things')
      .insert(row)
      .then(String, (thrown: unknown) => thrown);
    expect(isUniqueViolation(error)).toBe(true);
    expect(isUniqueViolation(new Error('outer', { cause: error }))).toBe(true);
  });

  test('does not take another fault for a taken key', async () => {
    const error = await database
      .knex('things')
      .insert({ id: null })
      .then(String, (thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(isUniqueViolation(error)).toBe(false);
  });

  test.each([[undefined], [new Date(0)], [Number.NaN], [2 ** 53]])('refuses to bind %s', async (value) => {
    await expect(database.knex('things').insert({ id: 'a', amount: value })).rejects.toThrow();
    await expect(database.knex('things').insert([{ id: 'b' }, { id: 'c', amount: 1 }])).rejects.toThrow();
    expect(await database.knex('things')).toEqual([]);
  });

  test('refuses to read an integer that a number cannot hold', async () => {
    await database.knex.raw("insert into things (id, amount) values ('a', 9007199254740993)");
    await expect(database.knex('things').first()).rejects.toThrow(/too large/);
    expect(await database.knex('things').pluck('id')).toEqual(['a']);
  });

  test('keeps bound values out of messages of errors', async () => {
    await expect(database.knex('nowhere').insert({ id: 'hunter2' })).rejects.toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('hunter2') }),
    );
  });

  test('sees a table whose columns have changed', async () => {
    await database.knex('things').insert({ id: 'a' });
    expect(Object.keys(await database.knex('things').first())).toHaveLength(4);
    await database.knex.schema.alterTable('things', (t) => t.text('extra'));
    expect(Object.keys(await database.knex('things').first())).toHaveLength(5);
  });

  test('lets timers fire under load', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    const until = performance.now() + 300;
    const load = async (lane: number) => {
      for (let i = 0; performance.now() < until; i++) await database.knex('things').insert({ id: `${lane}-${i}` });
    };
    await Promise.all(Array.from({ length: 8 }, (_, lane) => load(lane)));
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(10);
  });

  test('describes itself and closes twice without harm', async () => {
    const { version, settings } = await database.describe();
    expect(version).toMatch(testDialect() === 'sqlite' ? /^SQLite 3\.\d+/ : /^PostgreSQL \d+/);
    if (testDialect() === 'sqlite') {
      expect(settings).toMatchObject({ journal_mode: 'wal', synchronous: '2', foreign_keys: '1' });
      await expect(database.knex.raw('select "label_that_is_no_column"')).rejects.toThrow(/no such column/);
    } else expect(settings).toHaveProperty('synchronous_commit');
    await database.close();
  });
});

if (testDialect() === 'postgres') {
  describe('a PostgreSQL server that is away', () => {
    test('is named without its password', async () => {
      const url = new Secret('postgres://realms:hunter2@127.0.0.1:1/realms');
      const error = await openDatabase({ kind: 'postgres', url, poolMax: 2 }, silentLog).then(
        String,
        (e: unknown) => e,
      );
      expect(error).toMatchObject({ code: 'database_failed', message: expect.stringContaining('127.0.0.1:1/realms') });
      expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('hunter2');
    });

    test('is not printed by what is open', () => {
      const printed = inspect([database, database.knex.client], { depth: 12, showHidden: true });
      expect(printed).not.toContain('postgres://');
    });
  });
}
