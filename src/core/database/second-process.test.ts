import { statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../log.ts';
import { startBatchWriter } from '../testing/start-batch-writer.ts';
import { testDialect, testPlace } from '../testing/test-database.ts';
import type { TestPlace } from '../testing/test-place.ts';
import { openDatabase } from './index.ts';

let place: TestPlace;

beforeEach(async () => {
  place = await testPlace('empty');
});
afterEach(async () => await place.remove());

if (testDialect() === 'sqlite') {
  describe('a second opener of a SQLite file', () => {
    const refusal = { code: 'conflict', facts: { hint: expect.stringContaining('another realms is running') } };

    test('is refused while another process holds it, and welcome once that was killed', async () => {
      const holder = await startBatchWriter(place.options, 'hold');
      const error = await openDatabase(place.options, silentLog).catch((thrown: unknown) => thrown);
      await holder.kill();
      expect(error).toMatchObject(refusal);
      expect(error).toMatchObject({ message: expect.stringContaining('realms.db') });
      await (await openDatabase(place.options, silentLog)).close();
    });

    test('is refused within the same process too, and the first one does not notice', async () => {
      const first = await openDatabase(place.options, silentLog);
      await expect(openDatabase(place.options, silentLog)).rejects.toMatchObject(refusal);
      await first.knex.schema.createTable('t', (t) => t.text('id'));
      await expect(startBatchWriter(place.options, 'hold')).rejects.toThrow(
        /ended with 1: .*is in use by another process/s,
      );
      await first.close();
    }, 20_000);

    test('finds a file that only its owner may read', async () => {
      const database = await openDatabase(place.options, silentLog);
      const path = place.options.kind === 'sqlite' ? place.options.path : '';
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600);
      await database.close();
    });

    test('is told when the folder is missing or the file is no database', async () => {
      const missing = openDatabase({ kind: 'sqlite', path: '/nonexistent/realms.db' }, silentLog);
      await expect(missing).rejects.toMatchObject({ code: 'database_failed' });
      const foreign = openDatabase({ kind: 'sqlite', path: import.meta.filename }, silentLog);
      await expect(foreign).rejects.toMatchObject({ code: 'database_failed' });
    });
  });
} else {
  test('a second process may share a PostgreSQL database', async () => {
    const holder = await startBatchWriter(place.options, 'hold');
    await (await openDatabase(place.options, silentLog)).close();
    await holder.kill();
  });
}
