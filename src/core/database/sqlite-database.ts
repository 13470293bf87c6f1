import { closeSync, openSync } from 'node:fs';
import knex, { type Knex } from 'knex';
import { Failure } from '../failure.ts';
import type { Log } from '../log.ts';
import { sqliteWrite, sqliteWriteAll } from './batch-sql.ts';
import { separateUnbindable } from './bindings.ts';
import type { BatchWrite, Database, RejectedRow } from './database.ts';
import { batchFailed, isBusy } from './database-errors.ts';
import { KNEX_SETTINGS } from './knex-settings.ts';
import { SqliteConnection } from './sqlite-connection.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import type { SqliteStatement } from './sqlite-wire.ts';

const SETTINGS = ['journal_mode', 'synchronous', 'foreign_keys', 'locking_mode', 'page_size', 'journal_size_limit'];

/** Opens or makes the file and keeps it locked until close. */
export async function openSqlite(path: string, log: Log): Promise<Database> {
  createPrivately(path);
  const connection = await openConnection(path, log);
  const db = knex({
    ...KNEX_SETTINGS,
    client: sqliteDialect(connection),
    connection: { filename: path },
    useNullAsDefault: true,
    pool: { min: 1, max: 1 },
  });
  let closed: Promise<void> | undefined;
  return {
    dialect: 'sqlite',
    knex: db,
    writeBatch: (writes) => writeBatch(db, writes),
    describe: () => describe(db),
    close() {
      closed ??= db.destroy().then(() => connection.close());
      return closed;
    },
  };
}

/** The file holds credentials. Only ever made here, never opened: closing any handle of it would drop SQLite's lock. */
function createPrivately(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw new Failure('database_failed', { message: `the database file ${path} cannot be made` }, error);
  }
}

async function openConnection(path: string, log: Log): Promise<SqliteConnection> {
  try {
    return await SqliteConnection.open(path, log);
  } catch (error) {
    if (isBusy(error)) {
      const hint = 'another realms is running on it: stop it first, or give this one a path of its own';
      throw new Failure('conflict', { message: `the database file ${path} is in use by another process`, hint }, error);
    }
    throw new Failure('database_failed', { message: `the database file ${path} cannot be opened` }, error);
  }
}

async function writeBatch(db: Knex, writes: readonly BatchWrite[]): Promise<readonly RejectedRow[]> {
  const { sound, rejected } = separateUnbindable(writes);
  if (sound.length === 0) return rejected;
  try {
    // From knex's own pool, so that a batch never lands inside of an open transaction.
    const connection: SqliteConnection = await db.client.acquireConnection();
    try {
      const answer = await connection.send(['batch', sound.map(statementOf), sound.map((write) => write.rows)]);
      if (answer[0] !== 'batched') throw new Error(`the SQLite worker answered a batch with ${answer[0]}`);
      return [...rejected, ...answer[1].flatMap(([write, row, reason]) => rejectedRow(sound[write], row, reason))];
    } finally {
      await db.client.releaseConnection(connection);
    }
  } catch (error) {
    throw batchFailed(error);
  }
}

function statementOf(write: BatchWrite): SqliteStatement {
  return [sqliteWrite(write), sqliteWriteAll(write)];
}

function rejectedRow(write: BatchWrite | undefined, position: number, reason: string): RejectedRow[] {
  const row = write?.rows[position];
  return write === undefined || row === undefined ? [] : [{ table: write.table, row, reason }];
}

async function describe(db: Knex): ReturnType<Database['describe']> {
  const [{ version }] = await db.raw('select sqlite_version() as version');
  const settings: Record<string, string> = {};
  for (const name of SETTINGS) {
    const [row] = await db.raw(`pragma ${name}`);
    settings[name] = String(Object.values(row)[0]);
  }
  return { version: `SQLite ${version}`, settings };
}
