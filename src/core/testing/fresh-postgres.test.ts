import { describe, expect, test } from 'vitest';
import { openDatabase } from '../database/index.ts';
import { silentLog } from '../log.ts';
import { testDialect, testPlace } from './test-database.ts';

/** The name of the database, and whether anything is in it of whoever had it before. */
async function use(work: (sql: (text: string) => Promise<unknown>) => Promise<void>): Promise<string> {
  const place = await testPlace('migrated');
  const database = await openDatabase(place.options, silentLog);
  try {
    expect(await database.knex('app_settings').select('*')).toEqual([]);
    await database.knex('app_settings').insert({ key: 'left', value: 'behind', updated_at: 1 });
    await work(async (text) => await database.knex.raw(text));
    return place.options.kind === 'postgres' ? new URL(place.options.url.reveal()).pathname : '';
  } finally {
    await database.close();
    await place.remove();
  }
}

describe.runIf(testDialect() === 'postgres')('a database that a test is done with', () => {
  test('is the next one’s, without a row of it', async () => {
    const first = await use(async () => {});
    expect(await use(async () => {})).toBe(first);
  });

  test.each([
    'drop trigger order_events_no_update on order_events',
    'alter table order_events disable trigger order_events_no_update',
    'alter table users add column odd text',
    'drop index payments_ref',
    "update realms_migrations set name = 'another' where name = (select max(name) from realms_migrations)",
  ])('is nobody’s when more than rows was changed: %s', async (change) => {
    const first = await use(async (sql) => void (await sql(change)));
    expect(await use(async () => {})).not.toBe(first);
  });
});

test.runIf(testDialect() === 'sqlite')('a file is nobody’s twice', async () => {
  await use(async () => {});
  await use(async () => {});
});
