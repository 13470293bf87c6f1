import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LogFields } from '../log.ts';
import { emptyDatabase } from '../testing/test-database.ts';
import type { BatchWrite, Database, RejectedRow } from './database.ts';
import type { QueuedRow, QueuedTable } from './queued-row.ts';
import { WriteQueue } from './write-queue.ts';

const NOTES: QueuedTable = { table: 'notes', columns: ['id', 'text'] };
const STATES: QueuedTable = {
  table: 'states',
  columns: ['id', 'value'],
  onConflict: { columns: ['id'], update: ['value'] },
};

let database: Database;
let gate: Gate;
let logged: { message: string; fields: LogFields }[];
let queue: WriteQueue;

beforeEach(async () => {
  database = await emptyDatabase();
  await database.knex.schema.createTable('notes', (t) => {
    // `serial` shows the order in which rows were committed.
    t.increments('serial');
    t.text('id').notNullable().unique();
    t.text('text').notNullable();
  });
  await database.knex.schema.createTable('states', (t) => {
    t.text('id').notNullable().primary();
    t.bigInteger('value').notNullable();
  });
  gate = new Gate(database);
  logged = [];
  queue = openQueue({});
});
afterEach(async () => {
  gate.open();
  await queue.close(5_000);
  await database.close();
});

/** The real database behind a door that can be shut or broken. */
class Gate {
  readonly batches: (readonly BatchWrite[])[] = [];
  onBatch = (): void => {};
  readonly #real: Database;
  #failures = 0;
  #shut: { promise: Promise<void>; open: () => void } | null = null;
  #lostAnswers = 0;

  constructor(real: Database) {
    this.#real = real;
  }

  get database(): Database {
    return { ...this.#real, writeBatch: (writes) => this.#write(writes) };
  }

  /** The next batches reject and nothing of them is written. */
  fail(times: number): void {
    this.#failures = times;
  }

  /** The next batches are written, and reject all the same. */
  loseAnswers(times: number): void {
    this.#lostAnswers = times;
  }

  shut(): void {
    let open = () => {};
    const promise = new Promise<void>((resolve) => {
      open = resolve;
    });
    this.#shut = { promise, open };
  }

  open(): void {
    this.#shut?.open();
    this.#shut = null;
  }

  async #write(writes: readonly BatchWrite[]): Promise<readonly RejectedRow[]> {
    this.batches.push(writes);
    this.onBatch();
    await this.#shut?.promise;
    if (this.#failures-- > 0) throw new Error('the database is away');
    const rejected = await this.#real.writeBatch(writes);
    if (this.#lostAnswers-- > 0) throw new Error('the answer was lost');
    return rejected;
  }
}

function openQueue(options: { flushIntervalMs?: number; maxRows?: number }): WriteQueue {
  const note = (fields: LogFields, message: string) => {
    logged.push({ message, fields });
  };
  const log = { info: note, warn: note, error: note };
  return new WriteQueue(gate.database, { flushIntervalMs: 1, maxRows: 100_000, ...options }, log);
}

const notes = async (): Promise<string[]> => await database.knex('notes').orderBy('serial').pluck('id');
const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `n${from + i}`);
const addNotes = (ids: readonly string[]) => {
  for (const id of ids) queue.add(NOTES, [id, 'x']);
};
const soon = () => new Promise((resolve) => setTimeout(resolve, 5));

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await soon();
}

test('rows added together are committed together, in their order', async () => {
  const ids = numbered(500);
  addNotes(ids);
  await queue.flush();
  expect(await notes()).toEqual(ids);
  expect(gate.batches).toHaveLength(1);
});

test('rows are committed without a flush, after a moment', async () => {
  addNotes(['n1']);
  await until(() => queue.depth === 0);
  expect(await notes()).toEqual(['n1']);
});

test('a batch is bounded, and what is left follows in order', async () => {
  const ids = numbered(9_001);
  addNotes(ids);
  await queue.flush();
  expect(await notes()).toEqual(ids);
  const sizes = gate.batches.map((writes) => writes.reduce((sum, { rows }) => sum + rows.length, 0));
  expect(sizes).toEqual([4_000, 4_000, 1_001]);
});

test('a table with many rows keeps those of another waiting no longer than their turn', async () => {
  addNotes(numbered(3_000));
  queue.add(STATES, ['s', 1]);
  addNotes(numbered(9_000, 3_000));
  await queue.flush();
  expect(gate.batches[0]?.map(({ table, rows }) => [table, rows.length])).toEqual([
    ['notes', 3_999],
    ['states', 1],
  ]);
});

describe('rows that are added together', () => {
  const pair = (id: string): QueuedRow[] => [
    { table: NOTES, row: [id, 'x'] },
    { table: STATES, row: [id, 1] },
  ];

  test('are never in two batches', async () => {
    addNotes(numbered(3_999));
    queue.addAll(pair('p'));
    queue.addAll([]);
    await queue.flush();
    expect(gate.batches.map((writes) => writes.map(({ table, rows }) => [table, rows.length]))).toEqual([
      [['notes', 3_999]],
      [
        ['notes', 1],
        ['states', 1],
      ],
    ]);
  });

  test('are one batch although they are more than a batch has', async () => {
    queue.addAll(numbered(4_500).map((id) => ({ table: NOTES, row: [id, 'x'] })));
    queue.addAll(pair('p'));
    expect(queue.depth).toBe(4_502);
    await queue.flush();
    expect(gate.batches.map(([first]) => first?.rows.length)).toEqual([4_500, 1]);
    expect(await notes()).toHaveLength(4_501);
  });

  test('count singly, in order with others', async () => {
    queue.addAll(pair('a'));
    addNotes(['b']);
    queue.addAll(pair('c'));
    expect(queue.depth).toBe(5);
    await queue.flush();
    expect(await notes()).toEqual(['a', 'b', 'c']);
    expect(await database.knex('states').orderBy('id').pluck('id')).toEqual(['a', 'c']);
  });
});

test('a table with a rank is written after those without, whatever came first', async () => {
  queue.add({ ...STATES, lockRank: 2 }, ['s', 1]);
  queue.add({ ...NOTES, lockRank: 1 }, ['ranked', 'x']);
  queue.add(NOTES, ['plain', 'x']);
  await queue.flush();
  expect(gate.batches.flat().map(({ table, rows }) => [table, rows[0]?.[0]])).toEqual([
    ['notes', 'plain'],
    ['notes', 'ranked'],
    ['states', 's'],
  ]);
});

describe('flush', () => {
  test('resolves only after the commit', async () => {
    gate.shut();
    addNotes(['n1']);
    let isFlushed = false;
    const flushed = queue.flush().then(() => {
      isFlushed = true;
    });
    await until(() => gate.batches.length === 1);
    await soon();
    expect(isFlushed).toBe(false);
    expect(queue.depth).toBe(1);
    gate.open();
    await flushed;
    expect(await notes()).toEqual(['n1']);
    expect(queue.depth).toBe(0);
  });

  test('waits for the rows before it also when a commit is under way', async () => {
    gate.shut();
    addNotes(['n1']);
    await until(() => gate.batches.length === 1);
    addNotes(['n2']);
    const flushed = queue.flush();
    gate.open();
    await flushed;
    expect(await notes()).toEqual(['n1', 'n2']);
  });

  test('ends although every commit brings more rows', async () => {
    let serial = 0;
    const addOne = () => {
      serial += 1;
      addNotes([`n${serial}`]);
    };
    gate.onBatch = addOne;
    addOne();
    await queue.flush();
    expect(await notes()).toContain('n1');
    // Had it waited for those too, it would still be waiting.
    expect(queue.depth).toBeGreaterThan(0);
    gate.onBatch = () => {};
  });

  test('of nothing resolves at once, and several may wait together', async () => {
    await queue.flush();
    expect(gate.batches).toEqual([]);
    addNotes(['n1']);
    await Promise.all([queue.flush(), queue.flush(), queue.flush()]);
    expect(gate.batches).toHaveLength(1);
  });
});

test('an upsert keeps the last row of each key', async () => {
  for (const [id, value] of [
    ['a', 1],
    ['b', 1],
    ['a', 2],
    ['a', 3],
  ] as const)
    queue.add(STATES, [id, value]);
  await queue.flush();
  expect(gate.batches.flat().flatMap(({ rows }) => rows)).toEqual([
    ['a', 3],
    ['b', 1],
  ]);
  queue.add(STATES, ['b', 2]);
  await queue.flush();
  expect(await database.knex('states').orderBy('id')).toEqual([
    { id: 'a', value: 3 },
    { id: 'b', value: 2 },
  ]);
});

test('of changes to one row, the last is kept', async () => {
  queue.add(STATES, ['a', 1]);
  await queue.flush();
  const changes: QueuedTable = { table: 'states', columns: ['id', 'value'], updateBy: ['id'] };
  for (const value of [2, 3, 4]) queue.add(changes, ['a', value]);
  queue.add(changes, ['nobody', 9]);
  await queue.flush();
  expect(gate.batches.at(-1)?.flatMap(({ rows }) => rows)).toEqual([
    ['a', 4],
    ['nobody', 9],
  ]);
  expect(await database.knex('states')).toEqual([{ id: 'a', value: 4 }]);
});

test('a rejected row is logged, and the others live', async () => {
  addNotes(['n1', 'n2']);
  queue.add(NOTES, ['n1', 'again']);
  queue.add(NOTES, ['n3', null]);
  addNotes(['n4']);
  await queue.flush();
  expect(await notes()).toEqual(['n1', 'n2', 'n4']);
  const rejected = logged.filter(({ message }) => message === 'row rejected');
  expect(rejected.map(({ fields }) => [fields['table'], fields['id']])).toEqual([
    ['notes', 'n1'],
    ['notes', 'n3'],
  ]);
  expect(JSON.stringify(logged)).not.toContain('again');
  expect(queue.depth).toBe(0);
});

describe('a database that fails', () => {
  test('and comes back loses nothing and keeps the order', async () => {
    gate.fail(3);
    addNotes(numbered(10));
    await until(() => gate.batches.length > 0);
    addNotes(numbered(10, 10));
    await queue.flush();
    expect(await notes()).toEqual(numbered(20));
    expect(logged.filter(({ message }) => message === 'batch not written, will retry')).toHaveLength(3);
    // Waits grow, and begin again once it is well.
    expect(logged.map(({ fields }) => fields['retryMs'])).toEqual([50, 100, 200]);
    gate.fail(1);
    addNotes(['after']);
    await queue.flush();
    expect(logged.at(-1)?.fields['retryMs']).toBe(50);
  });

  test('after it had written leaves no row twice', async () => {
    const once: QueuedTable = { ...NOTES, onConflict: { columns: ['id'], update: 'ignore' } };
    gate.loseAnswers(1);
    for (const id of numbered(5)) queue.add(once, [id, 'x']);
    await queue.flush();
    expect(await notes()).toEqual(numbered(5));
  });

  test('never blocks add', async () => {
    gate.shut();
    addNotes(numbered(1));
    await until(() => gate.batches.length === 1);
    const started = performance.now();
    addNotes(numbered(50_000, 1));
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(queue.depth).toBe(50_001);
  });
});

test('is full at its bound, and not when rows are committed', async () => {
  queue = openQueue({ maxRows: 3 });
  gate.shut();
  addNotes(['n1', 'n2']);
  expect(queue.isFull).toBe(false);
  addNotes(['n3']);
  expect(queue.isFull).toBe(true);
  // Rows under way count until they are safe.
  await until(() => gate.batches.length === 1);
  expect(queue.isFull).toBe(true);
  // Nothing is refused or dropped here all the same.
  addNotes(['n4']);
  gate.open();
  await queue.flush();
  expect(queue.isFull).toBe(false);
  expect(await notes()).toEqual(['n1', 'n2', 'n3', 'n4']);
});

describe('close', () => {
  test('commits what is left', async () => {
    addNotes(numbered(5_000));
    expect(await queue.close(10_000)).toBe(0);
    expect(await notes()).toHaveLength(5_000);
  });

  test('gives up at its deadline and says how many rows are left', async () => {
    gate.shut();
    addNotes(numbered(4_100));
    const started = performance.now();
    expect(await queue.close(60)).toBe(4_100);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test('gives up on a database that fails, and does not try on behind its back', async () => {
    gate.fail(1_000);
    addNotes(numbered(10));
    expect(await queue.close(120)).toBe(10);
    const tries = gate.batches.length;
    expect(tries).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(gate.batches.length).toBe(tries);
    await queue.flush();
    expect(queue.depth).toBe(10);
  });
});
