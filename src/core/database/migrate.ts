import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { Failure } from '../failure.ts';
import { type Clock, type EpochMs, epochMs } from '../time.ts';
import type { Database } from './database.ts';
import { inMigrationTransaction } from './migration-transaction.ts';

/** One step of the schema; the composition root brings the list, so that core knows no migration by name. */
export interface Migration {
  readonly name: string;
  readonly breaking?: boolean;
  readonly revision?: number;
  up(knex: Knex): Promise<void>;
}

export interface MigrationStatus {
  readonly applied: readonly { readonly name: string; readonly appliedAt: EpochMs }[];
  readonly pending: readonly { readonly name: string; readonly breaking: boolean }[];
  /** Applied by a Realms that is newer than this one. */
  readonly unknown: readonly string[];
  /** Applied in another revision than the one of this list. */
  readonly changed: readonly string[];
}

interface AppliedRow {
  readonly name: string;
  readonly checksum: string;
  readonly applied_at: number;
}

const TABLE = 'realms_migrations';

/** Compares the database with the list; changes nothing. */
export async function migrationStatus(database: Database, list: readonly Migration[]): Promise<MigrationStatus> {
  const rows = await appliedRows(database.knex);
  const steps = new Map(list.map((step) => [step.name, step]));
  const names = new Set(rows.map((row) => row.name));
  return {
    applied: rows.map((row) => ({ name: row.name, appliedAt: epochMs(row.applied_at) })),
    pending: list
      .filter((step) => !names.has(step.name))
      .map((step) => ({ name: step.name, breaking: step.breaking === true })),
    unknown: rows.filter((row) => !steps.has(row.name)).map((row) => row.name),
    changed: rows
      .filter((row) => {
        const step = steps.get(row.name);
        return step !== undefined && checksum(step) !== row.checksum;
      })
      .map((row) => row.name),
  };
}

/** @throws Failure conflict when this Realms must not touch the database. */
export function requireKnownSchema(status: MigrationStatus): void {
  if (status.unknown.length > 0) {
    throw new Failure('conflict', {
      message: `the database is newer than this Realms: it has ${status.unknown.join(', ')}`,
      hint: 'run the newer version of Realms, or restore a backup from before its upgrade',
    });
  }
  if (status.changed.length > 0) {
    throw new Failure('conflict', {
      message: `the database was migrated by another revision of ${status.changed.join(', ')}`,
      hint: 'it was made by an unreleased build; restore a backup or start with a new database',
    });
  }
}

/**
 * Applies what is pending, each step in a transaction of its own, and returns the names. Several processes may call
 * it at once on PostgreSQL: each step is applied once.
 * @throws Failure conflict when the database is newer than the list.
 */
export async function migrateUp(
  database: Database,
  list: readonly Migration[],
  clock: Clock,
): Promise<readonly string[]> {
  const status = await migrationStatus(database, list);
  requireKnownSchema(status);
  const pending = new Set(status.pending.map((step) => step.name));
  const done: string[] = [];
  for (const step of list) {
    if (pending.has(step.name) && (await apply(database, step, clock))) done.push(step.name);
  }
  return done;
}

async function apply(database: Database, step: Migration, clock: Clock): Promise<boolean> {
  return await inMigrationTransaction(database, async (trx) => {
    await ensureTable(trx);
    // Another process may have been faster while this one waited for the lock.
    if (await trx<AppliedRow>(TABLE).where({ name: step.name }).first()) return false;
    await step.up(trx);
    await trx<AppliedRow>(TABLE).insert({ name: step.name, checksum: checksum(step), applied_at: clock.now() });
    return true;
  });
}

async function ensureTable(trx: Knex): Promise<void> {
  if (await trx.schema.hasTable(TABLE)) return;
  await trx.schema.createTable(TABLE, (t) => {
    t.text('name').notNullable().primary();
    t.text('checksum').notNullable();
    t.bigInteger('applied_at').notNullable();
  });
}

async function appliedRows(knex: Knex): Promise<readonly AppliedRow[]> {
  if (!(await knex.schema.hasTable(TABLE))) return [];
  return await knex<AppliedRow>(TABLE).orderBy('name');
}

/**
 * Over what a step declares, not over its code: the text of a function differs between sources and compiled files,
 * and after every change of the compiler. That the code of a step does not change is what the golden schema is for.
 */
function checksum(step: Migration): string {
  const declared = JSON.stringify([step.name, step.revision ?? 1, step.breaking === true]);
  return createHash('sha256').update(declared).digest('hex');
}
