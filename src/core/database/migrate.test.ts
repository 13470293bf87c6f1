import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fakeClock } from '../testing/fake-clock.ts';
import { emptyDatabase, testDialect } from '../testing/test-database.ts';
import { type Database, type Migration, migrateUp, migrationStatus, requireKnownSchema } from './index.ts';

const clock = fakeClock();
let database: Database;

beforeEach(async () => {
  database = await emptyDatabase();
});
afterEach(async () => await database.close());

const step = (name: string, up: (knex: Knex) => Promise<void>): Migration => ({ name, up });
const families = step('0001-families', async (knex) => {
  await knex.schema.createTable('parents', (t) => {
    t.text('id').notNullable().primary();
    t.text('old_name');
  });
  await knex.schema.createTable('children', (t) => {
    t.text('id').notNullable().primary();
    t.text('parent_id').notNullable().references('id').inTable('parents').onDelete('cascade');
  });
});
const rebuild = step('0002-rebuild', async (knex) => {
  await knex.schema.alterTable('parents', (t) => t.dropColumn('old_name'));
});

describe('migrateUp', () => {
  test('applies in order, once', async () => {
    expect((await migrationStatus(database, [families, rebuild])).pending).toHaveLength(2);
    expect(await migrateUp(database, [families, rebuild], clock)).toEqual(['0001-families', '0002-rebuild']);
    expect(await migrateUp(database, [families, rebuild], clock)).toEqual([]);
    expect(await migrationStatus(database, [families, rebuild])).toEqual({
      applied: [
        { name: '0001-families', appliedAt: clock.now() },
        { name: '0002-rebuild', appliedAt: clock.now() },
      ],
      pending: [],
      unknown: [],
      changed: [],
    });
  });

  test('several at once apply each step once', async () => {
    const done = await Promise.all([1, 2, 3].map(() => migrateUp(database, [families, rebuild], clock)));
    expect(done.flat().sort()).toEqual(['0001-families', '0002-rebuild']);
  });

  test('keeps every row of a filled database, also those that cascade from a rebuilt table', async () => {
    await migrateUp(database, [families], clock);
    await database.writeBatch([
      { table: 'parents', columns: ['id'], rows: Array.from({ length: 50 }, (_, i) => [`p${i}`]) },
      {
        table: 'children',
        columns: ['id', 'parent_id'],
        rows: Array.from({ length: 200 }, (_, i) => [`c${i}`, `p${i % 50}`]),
      },
    ]);
    await migrateUp(database, [families, rebuild], clock);
    expect(await database.knex('parents').count({ n: '*' }).first()).toEqual({ n: 50 });
    expect(await database.knex('children').count({ n: '*' }).first()).toEqual({ n: 200 });
    await expect(database.knex('children').insert({ id: 'x', parent_id: 'nobody' })).rejects.toThrow(/foreign key/i);
    await database.knex('parents').where({ id: 'p0' }).del();
    expect(await database.knex('children').count({ n: '*' }).first()).toEqual({ n: 196 });
  });

  test('leaves nothing of a step that fails', async () => {
    const failing = step('0002-failing', async (knex) => {
      await knex.schema.createTable('half', (t) => t.text('id'));
      throw new Error('half way');
    });
    await expect(migrateUp(database, [families, failing], clock)).rejects.toThrow('half way');
    expect(await database.knex.schema.hasTable('half')).toBe(false);
    expect((await migrationStatus(database, [families, failing])).pending).toEqual([
      { name: '0002-failing', breaking: false },
    ]);
    expect(await migrateUp(database, [families, rebuild], clock)).toEqual(['0002-rebuild']);
  });

  test('refuses a schema that is newer than the list', async () => {
    await migrateUp(database, [families, rebuild], clock);
    await expect(migrateUp(database, [families], clock)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('0002-rebuild'),
    });
    expect(() => requireKnownSchema({ applied: [], pending: [], unknown: [], changed: [] })).not.toThrow();
  });

  test('refuses a step that was applied in another revision', async () => {
    await migrateUp(database, [families], clock);
    const revised = { ...families, revision: 2 };
    await expect(migrateUp(database, [revised], clock)).rejects.toMatchObject({ code: 'conflict' });
  });

  if (testDialect() === 'sqlite') {
    test('refuses a step that would orphan rows, and turns foreign keys on again', async () => {
      await migrateUp(database, [families], clock);
      await database.knex('parents').insert({ id: 'p' });
      await database.knex('children').insert({ id: 'c', parent_id: 'p' });
      const orphaning = step('0002-orphaning', async (knex) => await knex('parents').del());
      await expect(migrateUp(database, [families, orphaning], clock)).rejects.toThrow(/without their parent/);
      expect(await database.knex('parents').pluck('id')).toEqual(['p']);
      expect((await database.describe()).settings['foreign_keys']).toBe('1');
    });
  }
});
