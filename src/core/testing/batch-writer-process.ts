import { openDatabase } from '../database/index.ts';
import { silentLog } from '../log.ts';
import { Secret } from '../secret.ts';

// A process of its own that writes batches until it is killed, and says on stdout which ones were acknowledged.
// Arguments: kind, path or URL, name of this life. Table: acked(id, life, batch).

const ROWS = 25;
const [kind, place = '', life = ''] = process.argv.slice(2);
const database = await openDatabase(
  kind === 'postgres' ? { kind, url: new Secret(place), poolMax: 2 } : { kind: 'sqlite', path: place },
  silentLog,
);
process.stdout.write('open\n');
for (let batch = 0; life !== 'hold'; batch++) {
  const rows = Array.from({ length: ROWS }, (_, row) => [`${life}-${batch}-${row}`, life, batch]);
  await database.writeBatch([{ table: 'acked', columns: ['id', 'life', 'batch'], rows }]);
  process.stdout.write(`${batch}\n`);
}
