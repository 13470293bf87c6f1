import { WriteJournal } from '../database/index.ts';
import { silentLog } from '../log.ts';
import { emptyDatabase } from './test-database.ts';

// A process of its own that appends rows to a journal while its disk is full now and then (`ulimit -f`), and says on
// stdout which of them the journal took. Arguments: folder, number of rows. Table: charges(id, amount).

const [folder = '', count = '0'] = process.argv.slice(2);
const CHARGES = {
  table: 'charges',
  columns: ['id', 'amount'],
  onConflict: { columns: ['id'], update: 'ignore' },
} as const;
const database = await emptyDatabase();
const journal = await WriteJournal.open(folder, database, silentLog);
const taken: number[] = [];
for (let i = 0; i < Number(count); i++) {
  if (journal.append([{ table: CHARGES, row: [`${'x'.repeat(300)}${i}`, i] }])) taken.push(i);
}
await database.close();
process.stdout.write(JSON.stringify(taken));
