import pg from 'pg';
import { startPostgres } from '../src/core/testing/start-postgres.ts';

/** What the tests switch off and an operator has on. */
const DURABLE = ['fsync', 'full_page_writes', 'synchronous_commit'];

export interface BenchPostgres {
  readonly url: string;
  stop(): Promise<void>;
}

/** A server of the bench's own, as the tests start it, but durable. It ends with this process at the latest. */
export async function startDurablePostgres(): Promise<BenchPostgres> {
  const { url, stop } = await startPostgres();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const setting of DURABLE) await client.query(`alter system set ${setting} = on`);
  await client.query('select pg_reload_conf()');
  await client.end();
  return { url, stop };
}
