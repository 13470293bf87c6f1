import type { Knex } from 'knex';

/** Triggers are what the two databases write differently; nothing else in a migration needs to ask. */
export function isPostgres(knex: Knex): boolean {
  return knex.client.dialect === 'postgresql';
}

/**
 * Makes the database refuse UPDATE and DELETE on a table, and TRUNCATE where there is one, by whomever: the triggers
 * `<table>_no_update` and `<table>_no_delete`. With `fixed`, an update is refused only where it sets one of these columns.
 */
export async function refuseChanges(knex: Knex, table: string, fixed: readonly string[] = []): Promise<void> {
  const postgres = isPostgres(knex);
  if (postgres) {
    await knex.raw(`create function ${table}_refuse() returns trigger language plpgsql as $$
      begin
        raise exception '${table} is append-only' using errcode = 'integrity_constraint_violation';
      end $$`);
  }
  for (const event of ['update', 'delete'] as const) {
    const name = `${table}_no_${event}`;
    const ofColumns = event === 'update' && fixed.length > 0 ? ` of ${fixed.join(', ')}` : '';
    await knex.raw(
      postgres
        ? `create trigger ${name} before ${event === 'delete' ? 'delete or truncate' : event}${ofColumns} on ${table}
             for each statement execute function ${table}_refuse()`
        : `create trigger ${name} before ${event}${ofColumns} on ${table} begin
             select raise(abort, '${table} is append-only');
           end`,
    );
  }
}
