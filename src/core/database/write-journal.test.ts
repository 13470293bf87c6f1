import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LogFields } from '../log.ts';
import { emptyDatabase } from '../testing/test-database.ts';
import type { Database } from './database.ts';
import type { QueuedRow, QueuedTable } from './queued-row.ts';
import { WriteJournal } from './write-journal.ts';
import { WriteQueue } from './write-queue.ts';

const CHARGES: QueuedTable = {
  table: 'charges',
  columns: ['id', 'amount'],
  onConflict: { columns: ['id'], update: 'ignore' },
};
const LEASES: QueuedTable = { table: 'leases', columns: ['id', 'spent'], updateBy: ['id'], lockRank: 1 };

let database: Database;
let place: string;
let folder: string;
let logged: { level: string; message: string; fields: LogFields }[];

const note = (level: string) => (fields: LogFields, message: string) => {
  logged.push({ level, message, fields });
};
const log = { info: note('info'), warn: note('warn'), error: note('error') };

beforeEach(async () => {
  database = await emptyDatabase();
  for (const [name, column] of [
    ['charges', 'amount'],
    ['leases', 'spent'],
  ] as const) {
    await database.knex.schema.createTable(name, (t) => {
      t.text('id').notNullable().primary();
      t.bigInteger(column).notNullable();
    });
  }
  place = mkdtempSync(join(tmpdir(), 'realms-journal-'));
  folder = join(place, 'journal');
  logged = [];
});
afterEach(async () => {
  rmSync(place, { recursive: true, force: true });
  await database.close();
});

const open = async (): Promise<WriteJournal> => await WriteJournal.open(folder, database, log);
const segments = (): string[] => readdirSync(folder).filter((name) => name.endsWith('.segment'));
const segmentPath = (): string => join(folder, segments().at(-1) ?? 'none');
const charges = async (): Promise<object[]> => await database.knex('charges').orderBy('id');
const charge = (id: string, amount = 1): QueuedRow[] => [
  { table: CHARGES, row: [id, amount] },
  { table: LEASES, row: ['lease', amount] },
];

function openQueue(journal: WriteJournal, behind: Database = database): WriteQueue {
  return new WriteQueue(behind, { flushIntervalMs: 1, maxRows: 100_000 }, log, journal);
}

/** A database that takes nothing until it is told to. */
function awayUntil(isBack: () => boolean): Database {
  return {
    ...database,
    writeBatch: async (writes) => {
      if (!isBack()) throw new Error('away');
      return await database.writeBatch(writes);
    },
  };
}

describe('a queue with a journal', () => {
  test('has durable rows in a file of its own when addAll returns, and none of the others', async () => {
    const queue = openQueue(
      await open(),
      awayUntil(() => false),
    );
    queue.add(CHARGES, ['plain', 1]);
    queue.addAll(charge('together'));
    expect(segments()).toEqual([]);
    queue.addAll(charge('durable', 7), { durable: true });
    const text = readFileSync(segmentPath(), 'utf8');
    expect(text).toContain('[0,["durable",7],1,["lease",7]]\n');
    expect(text).not.toMatch(/plain|together/);
    expect([statSync(segmentPath()).mode & 0o777, statSync(folder).mode & 0o777]).toEqual([0o600, 0o700]);
    await queue.close(1);
  });

  test('has no file left when all is committed and it is closed', async () => {
    const queue = openQueue(await open());
    for (let i = 0; i < 50; i++) queue.addAll(charge(`c${i}`, i), { durable: true });
    expect(segments()).toHaveLength(1);
    expect(await queue.close(5_000)).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
    expect(await charges()).toHaveLength(50);
  });

  test('keeps the file of what could not be committed, for the next one', async () => {
    await database.knex('leases').insert({ id: 'lease', spent: 0 });
    const queue = openQueue(
      await open(),
      awayUntil(() => false),
    );
    queue.addAll(charge('a', 1), { durable: true });
    queue.addAll(charge('b', 2), { durable: true });
    expect(await queue.close(1)).toBe(4);
    expect(segments()).toHaveLength(1);
    await (await open()).close();
    expect(await charges()).toEqual([
      { id: 'a', amount: 1 },
      { id: 'b', amount: 2 },
    ]);
    expect(await database.knex('leases')).toEqual([{ id: 'lease', spent: 2 }]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('begins a new file after two megabytes and deletes the ones that are committed', async () => {
    let isBack = false;
    const queue = openQueue(
      await open(),
      awayUntil(() => isBack),
    );
    const long = 'x'.repeat(10_000);
    for (let i = 0; i < 500; i++) queue.addAll(charge(`${long}${i}`), { durable: true });
    expect(segments()).toEqual(['0000000001.segment', '0000000002.segment', '0000000003.segment']);
    isBack = true;
    await queue.flush();
    // The last one is open for what comes.
    expect(segments()).toEqual(['0000000003.segment']);
    queue.addAll(charge('more'), { durable: true });
    expect(segments()).toEqual(['0000000003.segment']);
    await queue.close(5_000);
    expect(await database.knex('charges').count({ n: '*' }).first()).toEqual({ n: 501 });
  });

  test('goes on when the disk does not take a line, says so once, and journals again when it does', async () => {
    const queue = openQueue(await open());
    rmSync(folder, { recursive: true });
    for (const id of ['a', 'b', 'c']) queue.addAll(charge(id), { durable: true });
    await queue.flush();
    expect(await charges()).toHaveLength(3);
    const complaints = () => logged.filter(({ message }) => message.startsWith('the journal cannot be written'));
    expect(complaints()).toHaveLength(1);
    (await open()).close();
    queue.addAll(charge('d'), { durable: true });
    expect(segments()).toHaveLength(1);
    expect(logged.at(-1)?.message).toBe('the journal can be written again');
    rmSync(segmentPath());
    await queue.close(5_000);
    expect(complaints()).toHaveLength(1);
    expect(await charges()).toHaveLength(4);
  });
});

test('a line that the disk takes only in part does not spoil those before and after it', async () => {
  const script = join(import.meta.dirname, '../testing/journal-writer-process.ts');
  // Files of 64 KiB at the most: the write that passes it is cut, as on a full disk, and the next one fails.
  const command = `ulimit -f 64 && exec "$0" --import tsx "${script}" "${folder}" 600`;
  const env = { ...process.env, REALMS_TEST_DIALECT: 'sqlite' };
  const child = spawn('bash', ['-c', command, process.execPath], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  await once(child, 'close');
  const taken = JSON.parse(printed) as number[];
  expect(segments().length).toBeGreaterThan(2);
  // One line was lost at the end of each full file.
  expect(taken).toHaveLength(600 - (segments().length - 1));
  await open();
  expect(await database.knex('charges').orderBy('amount').pluck('amount')).toEqual(taken);
  expect(logged.filter(({ level }) => level === 'error')).toEqual([]);
});

describe('what a killed process leaves', () => {
  async function leave(lines: number): Promise<Buffer> {
    const journal = await open();
    for (let i = 0; i < lines; i++) journal.append(charge(`c${i} 漢字 "\\ \u{1f600}`, i));
    return readFileSync(segmentPath());
  }

  test('is written once, whatever of it was there already', async () => {
    await leave(3);
    await database.knex('charges').insert({ id: 'c1 漢字 "\\ \u{1f600}', amount: 1 });
    await open();
    expect((await database.knex('charges').orderBy('amount').pluck('amount')) as number[]).toEqual([0, 1, 2]);
    expect(await database.knex('leases')).toEqual([]);
    expect(segments()).toEqual([]);
  });

  test('may end within its last line, at any byte: whole lines count, the torn one does not', async () => {
    const whole = await leave(4);
    const ends = [...whole].flatMap((byte, at) => (byte === 10 ? [at] : []));
    // Two descriptions and four lines; a line whose end alone is missing is whole.
    expect(ends).toHaveLength(6);
    rmSync(segmentPath());
    const first = (ends[1] ?? 0) + 1;
    const cuts = [
      0,
      5,
      first,
      ...Array.from({ length: 40 }, (_, i) => first + Math.floor(((whole.length - first) * i) / 40)),
    ];
    for (const cut of cuts) {
      await database.knex('charges').delete();
      writeFileSync(join(folder, '0000000007.segment'), whole.subarray(0, cut));
      await open();
      const complete = ends.slice(2).filter((end) => cut >= end).length;
      const amounts: number[] = await database.knex('charges').orderBy('amount').pluck('amount');
      expect([cut, amounts]).toEqual([cut, [0, 1, 2, 3].slice(0, complete)]);
      expect(segments()).toEqual([]);
    }
    expect(logged.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('is kept aside when it is damaged elsewhere, and what can be read of it is written', async () => {
    const text = (await leave(4)).toString();
    const lines = text.split('\n');
    lines[3] = '\u0000\u0000\u0000';
    lines[4] = '[9,["row of a table that is not there"]]';
    writeFileSync(segmentPath(), lines.join('\n'));
    await open();
    expect(await database.knex('charges').orderBy('amount').pluck('amount')).toEqual([0, 3]);
    expect(readdirSync(folder).sort()).toEqual(['0000000001.segment.damaged', 'owner']);
    expect(logged.filter(({ level }) => level === 'error').map(({ fields }) => fields['damaged'])).toEqual([2]);
  });

  test('stays when the database does not take it', async () => {
    await leave(2);
    const away = awayUntil(() => false);
    await expect(WriteJournal.open(folder, away, log)).rejects.toThrow('away');
    expect(segments()).toHaveLength(1);
    await open();
    expect(await charges()).toHaveLength(2);
  });

  test('keeps its order over segments and batches', async () => {
    await database.knex('leases').insert({ id: 'lease', spent: 0 });
    const journal = await open();
    for (let i = 0; i < 2_500; i++) journal.append(charge(`${'x'.repeat(1_000)}${i}`, i));
    expect(segments()).toHaveLength(2);
    await open();
    expect(await database.knex('leases')).toEqual([{ id: 'lease', spent: 2_499 }]);
    expect(await database.knex('charges').count({ n: '*' }).first()).toEqual({ n: 2_500 });
    expect(segments()).toEqual([]);
  });
});

test('a folder belongs to one process that runs', async () => {
  await open();
  const other = spawn('sleep', ['60']);
  const stat = readFileSync(`/proc/${other.pid}/stat`, 'utf8');
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  const claim = join(folder, 'owner');
  writeFileSync(claim, `${other.pid} ${started}`);
  await expect(open()).rejects.toMatchObject({ code: 'conflict' });
  // The same number, used for a process of before.
  writeFileSync(claim, `${other.pid} 1`);
  await open();
  writeFileSync(claim, `${other.pid} ${started}`);
  other.kill('SIGKILL');
  await once(other, 'close');
  (await open()).close();
  expect(readdirSync(folder)).toEqual([]);
});

test('a folder that cannot be made is said to be the fault of data.dir', async () => {
  writeFileSync(folder, 'a file');
  await expect(open()).rejects.toMatchObject({ code: 'config_invalid', facts: { param: 'data.dir' } });
});
