import type { Knex } from 'knex';

const silent = (): void => {};

/** The same for both databases. */
export const KNEX_SETTINGS = {
  // knex prints to the console unless each of these is a function. What matters is thrown as well.
  log: { debug: silent, warn: silent, error: silent, deprecate: silent },
  // Otherwise knex puts the bound values, which may be secrets, into the messages of errors.
  compileSqlOnError: false,
  acquireConnectionTimeout: 30_000,
} as const satisfies Knex.Config;
