import type { Knex } from 'knex';

/** The rows of a hand-written statement; knex gives them in another form for each database. */
export async function rawRows<Row>(db: Knex, sql: string, bindings: readonly Knex.RawBinding[] = []): Promise<Row[]> {
  const result = (await db.raw(sql, bindings)) as Row[] | { readonly rows: Row[] };
  return Array.isArray(result) ? result : result.rows;
}
