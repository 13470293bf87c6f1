import type { Log } from '../log.ts';
import type { Secret } from '../secret.ts';
import type { Database } from './database.ts';
import { openPostgres } from './postgres-database.ts';
import { openSqlite } from './sqlite-database.ts';

export type DatabaseOptions =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres'; readonly url: Secret; readonly poolMax: number };

/**
 * Opens a connection that works or throws. Does not migrate.
 * @throws Failure conflict when another process holds the SQLite file; database_failed when it cannot be reached.
 */
export async function openDatabase(options: DatabaseOptions, log: Log): Promise<Database> {
  switch (options.kind) {
    case 'sqlite':
      return await openSqlite(options.path, log);
    case 'postgres':
      return await openPostgres(options.url, options.poolMax);
  }
}
