import type { Knex } from 'knex';

// Column words that mean the same on SQLite and PostgreSQL. Every column is NOT NULL; chain `.nullable()` where
// absence is a state, and `.defaultTo(…)` when a column joins a table that has rows.

type Table = Knex.TableBuilder;

/** The app-made text key of a row (`ord_…`). NOT NULL is explicit, because SQLite lets a text primary key be null. */
export function id(t: Table, name = 'id'): Knex.ColumnBuilder {
  return t.text(name).notNullable().primary();
}

/** A foreign key to `id` of another table. Deleting the parent is refused unless said otherwise. */
export function idRef(
  t: Table,
  name: string,
  table: string,
  onDelete: 'restrict' | 'cascade' | 'set null' = 'restrict',
): Knex.ReferencingColumnBuilder {
  return t.text(name).notNullable().references('id').inTable(table).onDelete(onDelete);
}

/** An id that is only remembered: what it names may be gone. */
export function idMemo(t: Table, name: string): Knex.ColumnBuilder {
  return t.text(name).notNullable();
}

export function text(t: Table, name: string): Knex.ColumnBuilder {
  return t.text(name).notNullable();
}

/** JSON as text: only stores parse it, and neither database looks inside. */
export function json(t: Table, name: string): Knex.ColumnBuilder {
  return t.text(name).notNullable();
}

/** Money in whole micro-dollars, or a price in micros for a million tokens. */
export function micros(t: Table, name: string): Knex.ColumnBuilder {
  return t.bigInteger(name).notNullable();
}

/** An instant in epoch milliseconds. */
export function instant(t: Table, name: string): Knex.ColumnBuilder {
  return t.bigInteger(name).notNullable();
}

/** A whole number: tokens, attempts, milliseconds, parts per million, a version for compare-and-set. */
export function count(t: Table, name: string): Knex.ColumnBuilder {
  return t.bigInteger(name).notNullable();
}

/** A truth value, stored as 0 or 1. */
export function flag(t: Table, name: string): Knex.ColumnBuilder {
  return t.smallint(name).notNullable();
}
