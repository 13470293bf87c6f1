import type { Knex } from 'knex';
// @ts-expect-error knex ships no types for its dialects
import Sqlite3Client from 'knex/lib/dialects/sqlite3/index.js';
import { MISSING_VALUE, portableBindings } from './bindings.ts';
import type { SqliteConnection } from './sqlite-connection.ts';
import type { SqliteBinding } from './sqlite-wire.ts';

interface QueryObject {
  readonly sql: string;
  readonly bindings: readonly SqliteBinding[];
  response?: unknown;
  context?: { readonly lastID: number; readonly changes: number };
}

/** knex's SQLite dialect (its SQL, its schema builder) over the worker instead of a driver. */
export function sqliteDialect(connection: SqliteConnection): typeof Knex.Client {
  return class extends (Sqlite3Client as typeof Knex.Client) {
    constructor(config: Knex.Config) {
      super(config);
      this.valueForUndefined = MISSING_VALUE;
    }

    _driver(): object {
      return {};
    }

    override async acquireRawConnection(): Promise<SqliteConnection> {
      return connection;
    }

    // Its owner closes it after the pool has let go.
    override async destroyRawConnection(): Promise<void> {}

    override prepBindings(bindings: readonly unknown[] | undefined): unknown[] {
      return portableBindings(bindings);
    }

    // knex makes the clients of transactions without running a constructor: no state but the connection's.
    async _query(on: SqliteConnection, query: QueryObject): Promise<QueryObject> {
      return await runOnWorker(on, query);
    }
  };
}

async function runOnWorker(connection: SqliteConnection, query: QueryObject): Promise<QueryObject> {
  // IMMEDIATE, because a deferred transaction that reads first can fail to become a writer.
  const begins = query.sql === 'BEGIN;';
  const ends = query.sql === 'COMMIT;' || query.sql === 'ROLLBACK';
  const sql = begins ? 'BEGIN IMMEDIATE;' : query.sql;
  try {
    const answer = await connection.send(['query', sql, query.bindings, connection.inTransaction]);
    if (begins) connection.inTransaction = true;
    query.response = [];
    query.context = { lastID: 0, changes: 0 };
    if (answer[0] === 'changed') query.context = { changes: answer[1], lastID: answer[2] };
    if (answer[0] === 'rows') query.response = toObjects(answer[1], answer[2]);
    return query;
  } finally {
    if (ends) connection.inTransaction = false;
  }
}

function toObjects(columns: readonly string[], rows: readonly (readonly SqliteBinding[])[]): object[] {
  return rows.map((row) => {
    const object: Record<string, SqliteBinding | undefined> = {};
    for (let i = 0; i < columns.length; i++) object[columns[i] as string] = row[i];
    return object;
  });
}
