import { type Ctx, type Database, openDatabase } from '../database/index.ts';
import { silentLog } from '../log.ts';
import { type FakeClock, fakeClock } from './fake-clock.ts';
import { postgresPlace } from './fresh-postgres.ts';
import { sqlitePlace } from './fresh-sqlite.ts';
import { seededRandom } from './seeded-random.ts';
import type { TestPlace } from './test-place.ts';

/** The database that this run of the tests is about. */
export function testDialect(): Database['dialect'] {
  return process.env['REALMS_TEST_DIALECT'] === 'postgres' ? 'postgres' : 'sqlite';
}

/** A database of its own for the caller, fully migrated and empty; gone when closed. */
export async function testDatabase(): Promise<Database> {
  return await openIn(await testPlace('migrated'));
}

/** The same without tables; for tests of the migrator and for tables of a test's own. */
export async function emptyDatabase(): Promise<Database> {
  return await openIn(await testPlace('empty'));
}

/** For tests that open the database themselves. */
export async function testPlace(content: 'migrated' | 'empty'): Promise<TestPlace> {
  return testDialect() === 'postgres' ? await postgresPlace(content) : await sqlitePlace(content);
}

async function openIn(place: TestPlace): Promise<Database> {
  const database = await openDatabase(place.options, silentLog);
  return {
    ...database,
    async close() {
      await database.close();
      await place.remove();
    },
  };
}

export interface TestCtx extends Ctx {
  readonly clock: FakeClock;
}

/** A ctx whose time stands still and whose chance repeats. */
export function testCtx(database: Database, overrides: Partial<TestCtx> = {}): TestCtx {
  return { db: database.knex, clock: fakeClock(), random: seededRandom(), log: silentLog, ...overrides };
}
