import knex, { type Knex } from 'knex';
import type pg from 'pg';
import { Failure } from '../failure.ts';
import type { Secret } from '../secret.ts';
import { separateUnbindable } from './bindings.ts';
import type { BatchWrite, Database, RejectedRow } from './database.ts';
import { batchFailed } from './database-errors.ts';
import { KNEX_SETTINGS } from './knex-settings.ts';
import { writePostgresBatch } from './postgres-batch.ts';
import { markUnusable, postgresDialect } from './postgres-dialect.ts';

const SETTINGS = [
  'synchronous_commit',
  'fsync',
  'full_page_writes',
  'server_encoding',
  'default_transaction_isolation',
];
/** Deadlock and serialization failure: the server rolled back and asks for another try. */
const TRY_AGAIN = new Set(['40P01', '40001']);
const BATCH_TRIES_MAX = 3;

export async function openPostgres(url: Secret, poolMax: number): Promise<Database> {
  const db = knex({
    ...KNEX_SETTINGS,
    client: postgresDialect(url),
    connection: {},
    pool: { min: 0, max: poolMax },
  });
  try {
    await db.raw('select 1');
  } catch (error) {
    await db.destroy();
    const hint = 'check that the server runs and that database.url names its host, user, password and database';
    throw new Failure('database_failed', { message: `PostgreSQL at ${place(url)} cannot be reached`, hint }, error);
  }
  let closed: Promise<void> | undefined;
  return {
    dialect: 'postgres',
    knex: db,
    writeBatch: (writes) => writeBatch(db, writes),
    describe: () => describe(db),
    close() {
      closed ??= db.destroy();
      return closed;
    },
  };
}

/** Host and database without user and password. */
function place(url: Secret): string {
  try {
    const { host, pathname, searchParams } = new URL(url.reveal());
    return `${host || (searchParams.get('host') ?? 'localhost')}${pathname}`;
  } catch {
    return 'the configured URL';
  }
}

async function writeBatch(db: Knex, writes: readonly BatchWrite[]): Promise<readonly RejectedRow[]> {
  const { sound, rejected } = separateUnbindable(writes);
  if (sound.length === 0) return rejected;
  try {
    for (let tries = 1; ; tries++) {
      try {
        return [...rejected, ...(await onOneConnection(db, sound))];
      } catch (error) {
        if (tries >= BATCH_TRIES_MAX || !TRY_AGAIN.has((error as { code: string }).code)) throw error;
      }
    }
  } catch (error) {
    throw batchFailed(error);
  }
}

async function onOneConnection(db: Knex, writes: readonly BatchWrite[]): Promise<readonly RejectedRow[]> {
  const connection: pg.Client = await db.client.acquireConnection();
  try {
    return await writePostgresBatch(connection, writes);
  } catch (error) {
    markUnusable(connection, error);
    throw error;
  } finally {
    await db.client.releaseConnection(connection);
  }
}

async function describe(db: Knex): ReturnType<Database['describe']> {
  const { rows } = await db.raw('select name, setting from pg_settings where name = any(string_to_array(?, ?))', [
    SETTINGS.join(','),
    ',',
  ]);
  const version = await db.raw('show server_version');
  const settings = Object.fromEntries(rows.map((row: { name: string; setting: string }) => [row.name, row.setting]));
  return { version: `PostgreSQL ${version.rows[0].server_version}`, settings };
}
