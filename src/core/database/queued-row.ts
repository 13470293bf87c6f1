import { groupBy } from '../group-by.ts';
import type { BatchWrite, Ctx, SqlValue } from './database.ts';

/** A table that is written through the queue. */
export interface QueuedTable {
  readonly table: string;
  readonly columns: readonly string[];
  readonly onConflict?: NonNullable<BatchWrite['onConflict']>;
  readonly updateBy?: readonly string[];
  /**
   * Tables with a higher rank are written later in a batch, those without one first. Whoever locks the same rows
   * elsewhere, in triggers or otherwise, takes them in this order too, so that nobody waits in a circle.
   */
  readonly lockRank?: number;
}

export interface QueuedRow {
  readonly table: QueuedTable;
  readonly row: readonly SqlValue[];
}

/** One write for each table, by rank and then in the order in which the tables first come. */
export function writesOf(rows: Iterable<QueuedRow>): BatchWrite[] {
  const byTable = groupBy(rows, ({ table }) => table);
  return [...byTable]
    .sort(([a], [b]) => (a.lockRank ?? 0) - (b.lockRank ?? 0))
    .map(([table, queued]) => ({
      ...table,
      rows: latestByKey(
        table,
        queued.map(({ row }) => row),
      ),
    }));
}

/** One statement cannot touch the same row twice on PostgreSQL, so of the rows with one key only the last is kept. */
function latestByKey(table: QueuedTable, rows: (readonly SqlValue[])[]): readonly (readonly SqlValue[])[] {
  const key = table.updateBy ?? (table.onConflict?.update === 'ignore' ? undefined : table.onConflict?.columns);
  if (!key || rows.length < 2) return rows;
  const keyAt = key.map((column) => table.columns.indexOf(column));
  const [only = 0, ...more] = keyAt;
  // Most keys are one column, and then need no text of their own.
  const keyOf = (row: readonly SqlValue[]) =>
    more.length === 0 ? row[only] : keyAt.map((at) => row[at]).join('\u0000');
  const latest = new Map(rows.map((row) => [keyOf(row), row]));
  return [...latest.values()];
}

/** Writes a row that is otherwise queued within a transaction. Only for rows that change nothing when their key is there. */
export async function insertQueuedRow(ctx: Ctx, { table, row }: QueuedRow): Promise<void> {
  const values = Object.fromEntries(table.columns.map((column, at) => [column, row[at] ?? null]));
  await ctx
    .db(table.table)
    .insert(values)
    .onConflict([...(table.onConflict?.columns ?? [])])
    .ignore();
}
