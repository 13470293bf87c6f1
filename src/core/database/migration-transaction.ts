import type { Knex } from 'knex';
import { Failure } from '../failure.ts';
import type { Database } from './database.ts';

/** Arbitrary, the same in every Realms: whoever holds it is migrating this database. */
const POSTGRES_LOCK = 4_711_202_601;

/** A transaction in which a step may rebuild tables. Only one runs at a time, over all processes. */
export async function inMigrationTransaction<T>(database: Database, work: (trx: Knex) => Promise<T>): Promise<T> {
  if (database.dialect === 'sqlite') return await withForeignKeysOff(database.knex, work);
  return await database.knex.transaction(async (trx) => {
    // A rewrite of a large table takes longer than any statement of a request may.
    await trx.raw('set local statement_timeout = 0');
    await trx.raw('set local idle_in_transaction_session_timeout = 0');
    await trx.raw('select pg_advisory_xact_lock(?)', [POSTGRES_LOCK]);
    return await work(trx);
  });
}

/**
 * knex alters a table by dropping and rebuilding it, and with foreign keys on the drop deletes the rows that cascade
 * from it. The pragma does nothing inside of a transaction, so it is set around it, on the pool's one connection.
 */
async function withForeignKeysOff<T>(knex: Knex, work: (trx: Knex) => Promise<T>): Promise<T> {
  const connection = await knex.client.acquireConnection();
  try {
    await knex.raw('pragma foreign_keys = off').connection(connection);
    const run = async (trx: Knex): Promise<T> => {
      const result = await work(trx);
      await refuseOrphans(trx);
      return result;
    };
    // knex accepts a connection here, which its types leave out.
    return await knex.transaction(run, { connection } as Knex.TransactionConfig);
  } finally {
    try {
      await knex.raw('pragma foreign_keys = on').connection(connection);
    } finally {
      await knex.client.releaseConnection(connection);
    }
  }
}

async function refuseOrphans(trx: Knex): Promise<void> {
  const orphans: readonly { readonly table: string; readonly parent: string }[] =
    await trx.raw('pragma foreign_key_check');
  const [first] = orphans;
  if (first === undefined) return;
  const message = `a migration would leave ${orphans.length} rows without their parent, first in ${first.table}`;
  throw new Failure('database_failed', { message: `${message} (parent ${first.parent})` });
}
