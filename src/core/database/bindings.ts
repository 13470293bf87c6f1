import type { BatchWrite, RejectedRow, SqlValue } from './database.ts';

/** What knex binds for a column that one row of an insert has and another lacks: refused, never a silent NULL. */
export const MISSING_VALUE = Symbol('missing value');

/**
 * The bindings of a statement in the few forms that mean the same on both databases: booleans become 0 and 1.
 * @throws TypeError on what one of the databases would store as something else (undefined, Date, NaN, objects).
 */
export function portableBindings(bindings: readonly unknown[] | undefined): unknown[] {
  return (bindings ?? []).map((value, index) => {
    if (typeof value === 'boolean') return value ? 1 : 0;
    const fault = value instanceof Uint8Array ? undefined : unbindable(value);
    if (fault !== undefined) throw new TypeError(`value ${index + 1} of a statement cannot be bound: ${fault}`);
    return value;
  });
}

/** Takes rows out of a batch that could not even be sent, so that they are rejected alone. */
export function separateUnbindable(writes: readonly BatchWrite[]): {
  readonly sound: readonly BatchWrite[];
  readonly rejected: RejectedRow[];
} {
  const rejected: RejectedRow[] = [];
  const sound = writes.map((write) => {
    const faults = write.rows.map((row) => rowFault(row, write.columns.length));
    if (faults.every((fault) => fault === undefined)) return write;
    write.rows.forEach((row, index) => {
      const reason = faults[index];
      if (reason !== undefined) rejected.push({ table: write.table, row, reason });
    });
    return { ...write, rows: write.rows.filter((_, index) => faults[index] === undefined) };
  });
  return { sound: sound.filter((write) => write.rows.length > 0), rejected };
}

function rowFault(row: readonly SqlValue[], columns: number): string | undefined {
  if (row.length !== columns) return `${row.length} values for ${columns} columns`;
  for (const value of row) {
    const fault = unbindable(value);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function unbindable(value: unknown): string | undefined {
  if (typeof value === 'string' || value === null) return undefined;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return String(value);
    return Number.isInteger(value) && !Number.isSafeInteger(value) ? `${value} is not a safe integer` : undefined;
  }
  if (value === undefined || value === MISSING_VALUE) return 'undefined';
  return value instanceof Date ? 'a Date; instants are epoch milliseconds' : `a ${typeof value}`;
}
