import { createHash } from 'node:crypto';
import type pg from 'pg';
import { postgresWrite } from './batch-sql.ts';
import type { BatchWrite, RejectedRow, SqlValue } from './database.ts';

/** Bounds the size of one statement; all statements of a batch are one transaction. */
const ROWS_PER_STATEMENT_MAX = 4_000;
const DATA_EXCEPTION = '22';
const INTEGRITY_VIOLATION = '23';
/** The same key twice in one INSERT … ON CONFLICT DO UPDATE; each row alone is fine. */
const CARDINALITY_VIOLATION = '21000';
/** An index entry that is too large. */
const PROGRAM_LIMIT_EXCEEDED = '54000';

/** Rows of one write that travel in one statement. */
interface Chunk {
  readonly write: BatchWrite;
  readonly rows: readonly (readonly SqlValue[])[];
}

/** Writes all in one transaction. A row that breaks a constraint is found by halving its chunk. */
export async function writePostgresBatch(
  connection: pg.Client,
  writes: readonly BatchWrite[],
): Promise<readonly RejectedRow[]> {
  const chunks = writes.flatMap(chunked);
  try {
    await insertPlainly(connection, chunks);
    return [];
  } catch (error) {
    if (!isFaultOfARow(error)) throw error;
  }
  const rejected: RejectedRow[] = [];
  await inOwnTransaction(connection, async () => {
    for (const chunk of chunks) await insertOrHalve(connection, chunk, rejected);
  });
  return rejected;
}

/** One round trip for one statement, which is a transaction by itself. */
async function insertPlainly(connection: pg.Client, chunks: readonly Chunk[]): Promise<void> {
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return await insert(connection, only);
  await inOwnTransaction(connection, async () => {
    for (const chunk of chunks) await insert(connection, chunk);
  });
}

async function inOwnTransaction(connection: pg.Client, work: () => Promise<void>): Promise<void> {
  await connection.query('begin');
  try {
    await work();
    await connection.query('commit');
  } catch (error) {
    // A connection that cannot roll back is broken: the first error says why, and the caller discards it.
    await connection.query('rollback').catch(() => {});
    throw error;
  }
}

async function insertOrHalve(connection: pg.Client, chunk: Chunk, rejected: RejectedRow[]): Promise<void> {
  const { write, rows } = chunk;
  await connection.query('savepoint part');
  try {
    await insert(connection, chunk);
    await connection.query('release savepoint part');
    return;
  } catch (error) {
    if (!isFaultOfARow(error)) throw error;
    await connection.query('rollback to savepoint part; release savepoint part');
    const [row] = rows;
    if (rows.length === 1 && row !== undefined) {
      rejected.push({ table: write.table, row, reason: (error as Error).message });
      return;
    }
  }
  const middle = rows.length >> 1;
  await insertOrHalve(connection, { write, rows: rows.slice(0, middle) }, rejected);
  await insertOrHalve(connection, { write, rows: rows.slice(middle) }, rejected);
}

async function insert(connection: pg.Client, { write, rows }: Chunk): Promise<void> {
  const text = postgresWrite(write);
  const name = createHash('sha1').update(text).digest('hex');
  await connection.query({ name, text, values: [rowsAsJson(write.columns, rows)] });
}

function rowsAsJson(columns: readonly string[], rows: Chunk['rows']): string {
  const objects = rows.map((row) => {
    const object: Record<string, SqlValue | undefined> = {};
    for (let i = 0; i < columns.length; i++) object[columns[i] as string] = row[i];
    return object;
  });
  const json = JSON.stringify(objects);
  // Half a surrogate pair and U+0000 are legal in a JavaScript string and refused by PostgreSQL.
  if (!json.includes('\\ud') && !json.includes('\\u0000')) return json;
  return JSON.stringify(objects, (_, value) => (typeof value === 'string' ? storable(value) : value));
}

/** What an upstream says must not keep the books of a request from being written. */
function storable(text: string): string {
  return Buffer.from(text).toString().replaceAll('\u0000', '\ufffd');
}

function chunked(write: BatchWrite): Chunk[] {
  const size = ROWS_PER_STATEMENT_MAX;
  const chunks: Chunk[] = [];
  for (let at = 0; at < write.rows.length; at += size) chunks.push({ write, rows: write.rows.slice(at, at + size) });
  return chunks;
}

function isFaultOfARow(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  if (typeof code !== 'string' || code.length !== 5) return false;
  const isOfRow = code.startsWith(DATA_EXCEPTION) || code.startsWith(INTEGRITY_VIOLATION);
  return isOfRow || code === CARDINALITY_VIOLATION || code === PROGRAM_LIMIT_EXCEEDED;
}
