import { Failure } from '../failure.ts';

/** What the SQLite worker reported. */
export class SqliteError extends Error {
  readonly code: string;
  /** SQLite's extended result code; 0 when the driver or the worker itself refused. */
  readonly errcode: number;

  constructor(message: string, code: string, errcode: number) {
    super(message);
    this.name = 'SqliteError';
    this.code = code;
    this.errcode = errcode;
  }
}

const SQLITE_BUSY = 5;
const SQLITE_CONSTRAINT_PRIMARYKEY = 1_555;
const SQLITE_CONSTRAINT_UNIQUE = 2_067;
const POSTGRES_UNIQUE_VIOLATION = '23505';

/** True when a row was refused because its key is taken, on either database, also under a Failure that wraps it. */
export function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof SqliteError) {
    return error.errcode === SQLITE_CONSTRAINT_PRIMARYKEY || error.errcode === SQLITE_CONSTRAINT_UNIQUE;
  }
  return (error as { code?: unknown }).code === POSTGRES_UNIQUE_VIOLATION || isUniqueViolation(error.cause);
}

/** True when another connection holds the SQLite file. */
export function isBusy(error: unknown): boolean {
  return error instanceof SqliteError && (error.errcode & 0xff) === SQLITE_BUSY;
}

/** For a whole batch that could not be written. */
export function batchFailed(error: unknown): Failure {
  return error instanceof Failure
    ? error
    : new Failure('database_failed', 'the database did not take a batch; nothing of it is written', error);
}
