import { parentPort, workerData } from 'node:worker_threads';
import { DatabaseSync, type DatabaseSyncInstance, type StatementSyncInstance } from '@photostructure/sqlite';
import type { SqlValue } from './database.ts';
import type { RejectedAt, SqliteAnswer, SqliteBinding, SqliteRequest, SqliteStatement } from './sqlite-wire.ts';

// The only thread that touches the file, over the only connection. Imports nothing of ours at run time, because from
// sources it is compiled alone (compile-worker.ts).

interface Prepared {
  readonly statement: StatementSyncInstance;
  /** Empty for a statement that gives no rows. */
  readonly columns: readonly string[];
}

const STATEMENT_CACHE_MAX = 300;
const CONSTRAINT = 19;
const TOO_BIG = 18;
const MISMATCH = 20;
/** U+0000 and halves of surrogate pairs. */
const UNLIKE_IN_JSON = /\\u(?:0000|d[89a-f])/i;

const port = parentPort;
if (port === null) throw new Error('sqlite-worker is started by sqlite-connection');
const cache = new Map<string, Prepared>();
let db: DatabaseSyncInstance;

port.postMessage(answered(() => openFile(workerData.path)));
port.on('message', (request: SqliteRequest) => {
  port.postMessage(answered(() => perform(request)));
  if (request[0] === 'close') port.close();
});

function answered(work: () => SqliteAnswer): SqliteAnswer {
  try {
    return work();
  } catch (error) {
    const { message, code, errcode } = error as { message?: string; code?: string; errcode?: number };
    return ['failed', message ?? String(error), code ?? '', errcode ?? 0];
  }
}

function openFile(path: string): SqliteAnswer {
  db = new DatabaseSync(path, {
    timeout: 0,
    enableForeignKeyConstraints: true,
    enableDoubleQuotedStringLiterals: false,
  });
  // Before the first access: then SQLite keeps the WAL index in memory and holds a lock of the kernel on the file
  // until the process ends, however it ends. A second process gets BUSY at once.
  db.exec('PRAGMA locking_mode = EXCLUSIVE');
  const mode = db.prepare('PRAGMA journal_mode = WAL').get() as { journal_mode: string };
  if (mode.journal_mode !== 'wal') throw new Error(`journal_mode is ${mode.journal_mode}, not wal`);
  // A statement that fires a trigger keeps a journal of its own, and in a file it costs as much as the statement.
  db.exec(
    'PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000; PRAGMA journal_size_limit = 67108864',
  );
  db.exec('BEGIN IMMEDIATE; COMMIT');
  return ['changed', 0, 0];
}

function perform(request: SqliteRequest): SqliteAnswer {
  switch (request[0]) {
    case 'query':
      return runQuery(request[1], request[2], request[3]);
    case 'batch':
      return runBatch(request[1], request[2]);
    case 'close':
      cache.clear();
      db.close();
      return ['changed', 0, 0];
  }
}

function runQuery(sql: string, bindings: readonly SqliteBinding[], inTransaction: boolean): SqliteAnswer {
  if (inTransaction !== db.isTransaction) {
    // The database rolled back by itself (disk full, I/O error): asking for the same is no error.
    if (sql === 'ROLLBACK') return ['changed', 0, 0];
    throw new Error(inTransaction ? 'the transaction is no longer open' : 'a transaction was left open');
  }
  try {
    const { statement, columns } = prepared(sql);
    if (columns.length > 0) return ['rows', columns, statement.all(...bindings)];
    const { changes, lastInsertRowid } = statement.run(...bindings);
    return ['changed', changes, Number(lastInsertRowid)];
  } catch (error) {
    // The sender gives up after a failed COMMIT; what it could not commit must not leak into the next transaction.
    if (sql === 'COMMIT;' && db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function prepared(sql: string): Prepared {
  const known = cache.get(sql);
  if (known !== undefined) {
    cache.delete(sql);
    cache.set(sql, known);
    return known;
  }
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  const fresh = { statement, columns: statement.columns().map((column) => column.name) };
  // A changed schema may change the columns of a statement that is already prepared.
  if (/^\s*(create|alter|drop|pragma|vacuum|reindex)\b/i.test(sql)) cache.clear();
  else cache.set(sql, fresh);
  if (cache.size > STATEMENT_CACHE_MAX) cache.delete(cache.keys().next().value as string);
  return fresh;
}

type Rows = readonly (readonly SqlValue[])[];

/**
 * No savepoints: a statement that breaks a constraint undoes only itself and leaves the transaction open. Where the
 * statement for all rows does, each of them gets one of its own.
 */
function runBatch(statements: readonly SqliteStatement[], rows: readonly Rows[]): SqliteAnswer {
  const rejected: RejectedAt[] = [];
  db.exec('BEGIN IMMEDIATE');
  try {
    statements.forEach(([each, all], write) => {
      const ofWrite = rows[write] ?? [];
      if (all === null || !runAll(all, ofWrite)) runEach(each, ofWrite, write, rejected);
    });
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
  return ['batched', rejected];
}

/** False: a row breaks a constraint, or holds what JSON and a bound text do not carry alike. Then nothing was written. */
function runAll(sql: string, rows: Rows): boolean {
  const text = JSON.stringify(rows);
  if (UNLIKE_IN_JSON.test(text)) return false;
  try {
    prepared(sql).statement.run(text);
    return true;
  } catch (error) {
    if (!db.isTransaction || !isFaultOfTheRow(error)) throw error;
    return false;
  }
}

function runEach(sql: string, rows: Rows, write: number, rejected: RejectedAt[]): void {
  const { statement } = prepared(sql);
  rows.forEach((row, position) => {
    try {
      statement.run(...row);
    } catch (error) {
      if (!db.isTransaction || !isFaultOfTheRow(error)) throw error;
      rejected.push([write, position, (error as Error).message]);
    }
  });
}

function isFaultOfTheRow(error: unknown): boolean {
  const primary = ((error as { errcode?: number }).errcode ?? 0) & 0xff;
  return primary === CONSTRAINT || primary === TOO_BIG || primary === MISMATCH;
}
