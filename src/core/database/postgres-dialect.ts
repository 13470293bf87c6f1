import type { Knex } from 'knex';
// @ts-expect-error knex ships no types for its dialects
import PostgresClient from 'knex/lib/dialects/postgres/index.js';
import pg from 'pg';
import type { Secret } from '../secret.ts';
import { MISSING_VALUE, portableBindings } from './bindings.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 30_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000;
const INT8 = 20;
const NUMERIC = 1700;

/** knex's PostgreSQL dialect, with the URL kept out of every object that knex holds or prints. */
export function postgresDialect(url: Secret): typeof Knex.Client {
  return class extends (PostgresClient as typeof Knex.Client) {
    constructor(config: Knex.Config) {
      super(config);
      this.valueForUndefined = MISSING_VALUE;
    }

    override prepBindings(bindings: readonly unknown[] | undefined): unknown[] {
      return portableBindings(bindings);
    }

    async _acquireOnlyConnection(): Promise<pg.Client> {
      return await connect(url);
    }
  };
}

async function connect(url: Secret): Promise<pg.Client> {
  const connection = new pg.Client({
    connectionString: url.reveal(),
    application_name: 'realms',
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
  });
  // The text of the parameters; without the protocol's binary forms these two arrive as strings.
  connection.setTypeParser(INT8, exactNumber);
  connection.setTypeParser(NUMERIC, exactNumber);
  // knex's pool looks at this mark before it hands a connection out.
  connection.on('error', (error) => markUnusable(connection, error));
  connection.on('end', () => markUnusable(connection, new Error('the connection to PostgreSQL has ended')));
  await connection.connect();
  return connection;
}

/** Makes the pool throw the connection away instead of handing it out again. */
export function markUnusable(connection: pg.Client, reason: unknown): void {
  Object.assign(connection, { __knex__disposed: reason });
}

/** bigint, and numeric because that is what `sum(bigint)` gives. */
function exactNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new RangeError(`${text} is too large to be read as a number`);
  }
  return value;
}
