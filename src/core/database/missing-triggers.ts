import type { Knex } from 'knex';
import { rawRows } from './raw-rows.ts';

const SQLITE = `select name from sqlite_master where type = 'trigger'`;
const POSTGRES = `select tgname as name from pg_trigger
  where not tgisinternal and tgenabled <> 'D' and pg_table_is_visible(tgrelid)`;

/** Those of the named triggers that the database does not have, or has switched off. */
export async function missingTriggers(db: Knex, names: readonly string[]): Promise<string[]> {
  const rows = await rawRows<{ name: string }>(db, db.client.dialect === 'postgresql' ? POSTGRES : SQLITE);
  const there = new Set(rows.map(({ name }) => name));
  return names.filter((name) => !there.has(name));
}
