import type { BatchWrite } from './database.ts';

/** One row by placeholders. */
export function sqliteInsert(write: BatchWrite): string {
  return `${into(write)} values (${write.columns.map(() => '?').join(', ')})${onConflict(write)}`;
}

/** All rows out of one JSON parameter: the text is the same for any number of rows, so the server plans it once. */
export function postgresInsert(write: BatchWrite): string {
  const columns = write.columns.map(quoted).join(', ');
  const rows = `json_populate_recordset(null::${quoted(write.table)}, $1::json)`;
  return `${into(write)} select ${columns} from ${rows}${onConflict(write)}`;
}

function into(write: BatchWrite): string {
  return `insert into ${quoted(write.table)} (${write.columns.map(quoted).join(', ')})`;
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
