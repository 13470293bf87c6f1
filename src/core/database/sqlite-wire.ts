import type { SqlValue } from './database.ts';

// Messages between the main thread and the SQLite worker. Each request gets exactly one answer, in order, so neither
// side numbers them. Tuples and rows as arrays, because structured clone pays for every property name.

export type SqliteBinding = SqlValue | Uint8Array;

/** A write as a statement for each row and, where there is one, as a statement for all of them. */
export type SqliteStatement = readonly [each: string, all: string | null];

export type SqliteRequest =
  /** `inTransaction`: what the sender believes; a statement after a silent rollback must not commit by itself. */
  | readonly ['query', sql: string, bindings: readonly SqliteBinding[], inTransaction: boolean]
  | readonly ['batch', statements: readonly SqliteStatement[], rows: readonly (readonly (readonly SqlValue[])[])[]]
  | readonly ['close'];

export type SqliteAnswer =
  | readonly ['rows', columns: readonly string[], rows: readonly (readonly SqliteBinding[])[]]
  | readonly ['changed', changes: number, lastInsertRowid: number]
  | readonly ['batched', rejected: readonly RejectedAt[]]
  | readonly ['failed', message: string, code: string, errcode: number];

/** The position of a refused row in its batch. */
export type RejectedAt = readonly [write: number, row: number, reason: string];
