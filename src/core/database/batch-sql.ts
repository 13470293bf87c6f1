import type { BatchWrite } from './database.ts';

/** One row by placeholders, numbered in the order of the columns. */
export function sqliteWrite(write: BatchWrite): string {
  if (write.updateBy) {
    const place = (column: string): string => `${quoted(column)} = ?${write.columns.indexOf(column) + 1}`;
    const where = write.updateBy.map(place).join(' and ');
    return `update ${quoted(write.table)} set ${changed(write).map(place).join(', ')} where ${where}`;
  }
  return `${into(write)} values (${write.columns.map(() => '?').join(', ')})${onConflict(write)}`;
}

/** Beyond so many columns, finding each value in a row costs more than binding it. */
const COLUMNS_MAX = 12;

/** All rows out of one JSON parameter, an array of arrays; null where a statement for each row is cheaper or needed. */
export function sqliteWriteAll(write: BatchWrite): string | null {
  if (write.updateBy || write.columns.length > COLUMNS_MAX) return null;
  const values = write.columns.map((_, at) => `value ->> ${at}`).join(', ');
  // Without `where` the parser takes `on conflict` for a join.
  return `${into(write)} select ${values} from jsonb_each(?1) where true${onConflict(write)}`;
}

/** All rows out of one JSON parameter: the text is the same for any number of rows, so the server plans it once. */
export function postgresWrite(write: BatchWrite): string {
  const rows = `json_populate_recordset(null::${quoted(write.table)}, $1::json)`;
  if (write.updateBy) {
    const assignments = changed(write).map((column) => `${quoted(column)} = r.${quoted(column)}`);
    const where = write.updateBy.map((column) => `t.${quoted(column)} = r.${quoted(column)}`);
    return `update ${quoted(write.table)} t set ${assignments.join(', ')} from ${rows} r where ${where.join(' and ')}`;
  }
  const columns = write.columns.map(quoted).join(', ');
  return `${into(write)} select ${columns} from ${rows}${onConflict(write)}`;
}

function into(write: BatchWrite): string {
  return `insert into ${quoted(write.table)} (${write.columns.map(quoted).join(', ')})`;
}

function changed({ columns, updateBy = [] }: BatchWrite): readonly string[] {
  return columns.filter((column) => !updateBy.includes(column));
}

function onConflict(write: BatchWrite): string {
  if (write.onConflict === undefined) return '';
  const { columns, update } = write.onConflict;
  const target = ` on conflict (${columns.map(quoted).join(', ')})`;
  if (update === 'ignore') return `${target} do nothing`;
  const assignments = update.map((column) => `${quoted(column)} = excluded.${quoted(column)}`);
  return `${target} do update set ${assignments.join(', ')}`;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
