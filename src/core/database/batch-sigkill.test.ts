import { expect, test } from 'vitest';
import { silentLog } from '../log.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { startBatchWriter } from '../testing/start-batch-writer.ts';
import { testDialect, testPlace } from '../testing/test-database.ts';
import { openDatabase, rawRows } from './index.ts';

const KILLS = 10;
const ROWS_PER_BATCH = 25;

test('SIGKILL loses no acknowledged batch and leaves no batch in part', async () => {
  const place = await testPlace('empty');
  const setup = await openDatabase(place.options, silentLog);
  await setup.knex.schema.createTable('acked', (t) => {
    t.text('id').notNullable().primary();
    t.text('life').notNullable();
    t.bigInteger('batch').notNullable();
  });
  await setup.close();
  const random = seededRandom();
  let acked = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const writer = await startBatchWriter(place.options, `life${kill}`);
    await new Promise((resolve) => setTimeout(resolve, 50 + random.fraction() * 250));
    await writer.kill();
    acked += writer.lastAcked() + 1;
    const database = await openDatabase(place.options, silentLog);
    const batches = await rawRows<{ batch: number; n: number }>(
      database.knex,
      'select batch, count(*) as n from acked where life = ? group by batch order by batch',
      [`life${kill}`],
    );
    expect(batches.every(({ n }) => n === ROWS_PER_BATCH)).toBe(true);
    expect(batches.length).toBeGreaterThan(writer.lastAcked());
    if (testDialect() === 'sqlite') {
      expect(await rawRows(database.knex, 'pragma integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    }
    await database.close();
  }
  expect(acked).toBeGreaterThan(KILLS);
  await place.remove();
}, 90_000);
