import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../database/index.ts';
import type { UsdMicros } from '../money.ts';
import { type TestCtx, testCtx, testDatabase, testDialect } from '../testing/test-database.ts';
import { adjustBalance, LEDGER_CHECKS, postTransfer, runCheck, userAccount, VIOLATIONS_MAX } from './index.ts';
import { sampleTransfer, userId } from './testing/sample-transfer.ts';

const alice = userId(1);
const bob = userId(2);
const TRIGGERS = ['ledger_transfers_no_update', 'ledger_transfers_no_delete', 'ledger_transfers_project'];
let database: Database;
let ctx: TestCtx;

beforeEach(async () => {
  database = await testDatabase();
  ctx = testCtx(database);
  await adjustBalance(ctx, { userId: alice, amountUsdMicros: 100 as UsdMicros, reason: 'r', actor: 'a', key: 'k' });
  await postTransfer(ctx, sampleTransfer());
});
afterEach(async () => await database.close());

/** What each check finds, without those that find nothing. */
async function found(): Promise<Record<string, string[]>> {
  const results = await Promise.all(LEDGER_CHECKS.map((check) => runCheck(ctx, check)));
  return Object.fromEntries(
    results
      .filter(({ violations }) => violations.length > 0)
      .map(({ check, violations }) => [check.name, violations.map(({ subject, detail }) => `${subject}: ${detail}`)]),
  );
}

/** As somebody would who holds the database: guards off, a statement, guards on again. */
async function tamper(sql: string): Promise<void> {
  const { knex, dialect } = database;
  if (dialect === 'postgres') {
    await knex.raw('alter table ledger_transfers disable trigger user');
    await knex.raw('alter table ledger_transfers drop constraint ledger_transfers_sound');
    await knex.raw(sql);
    await knex.raw('alter table ledger_transfers enable trigger user');
    return;
  }
  const triggers: { sql: string }[] = await knex('sqlite_master')
    .where({ type: 'trigger', tbl_name: 'ledger_transfers' })
    .select('sql');
  for (const name of TRIGGERS) await knex.raw(`drop trigger ${name}`);
  await knex.raw('pragma ignore_check_constraints = on');
  await knex.raw(sql);
  await knex.raw('pragma ignore_check_constraints = off');
  for (const { sql: create } of triggers) await knex.raw(create);
}

test('finds nothing in sound books', async () => {
  expect(await found()).toEqual({});
});

describe('finds', () => {
  const diverged = (subject: string, sum: string, stored: string) => ({
    'balances-equal-transfers': [`${subject}: the transfers sum to ${sum}, the balance ${stored}`],
  });
  const unsound = (line: string) => ({ 'transfers-sound': [line] });
  const other = userAccount(bob);

  test.each([
    [
      'a changed amount',
      "update ledger_transfers set amount_usd_micros = 4 where kind = 'usage'",
      diverged(alice, '$0.000096', 'says $0.000095'),
    ],
    [
      'a deleted transfer',
      "delete from ledger_transfers where kind = 'usage'",
      diverged(alice, '$0.0001', 'says $0.000095'),
    ],
    ['all transfers of a user deleted', 'delete from ledger_transfers', diverged(alice, '$0', 'says $0.000095')],
    [
      'a changed balance',
      'update user_balances set usd_micros = usd_micros + 1',
      diverged(alice, '$0.000095', 'says $0.000096'),
    ],
    ['a deleted balance', 'delete from user_balances', diverged(alice, '$0.000095', 'is missing')],
    [
      'a balance out of nothing',
      `insert into user_balances (user_id, usd_micros, updated_at) values ('${bob}', 7, 0)`,
      diverged(bob, '$0', 'says $0.000007'),
    ],
    [
      'a transfer that the projection did not see',
      `insert into ledger_transfers select 'usage:req_2', at, kind, debit_account, credit_account, amount_usd_micros,
         user_id, ref_type, 'req_2', actor, reason from ledger_transfers where kind = 'usage'`,
      diverged(alice, '$0.00009', 'says $0.000095'),
    ],
    [
      'a transfer turned round',
      "update ledger_transfers set debit_account = credit_account, credit_account = debit_account where kind = 'usage'",
      diverged(alice, '$0.000105', 'says $0.000095'),
    ],
    [
      'a transfer given to somebody else',
      `update ledger_transfers set debit_account = '${other}', user_id = '${bob}' where kind = 'usage'`,
      {
        'balances-equal-transfers': [
          `${alice}: the transfers sum to $0.0001, the balance says $0.000095`,
          `${bob}: the transfers sum to -$0.000005, the balance is missing`,
        ],
      },
    ],
    [
      'an amount of zero',
      "update ledger_transfers set amount_usd_micros = 0 where kind = 'usage'",
      {
        ...unsound(`usage:req_1: 0 micro-dollars from user:${alice} to revenue:usage, of kind usage, for ${alice}`),
        ...diverged(alice, '$0.0001', 'says $0.000095'),
      },
    ],
    [
      'an account that nobody knows',
      "update ledger_transfers set credit_account = 'pocket' where kind = 'usage'",
      unsound(`usage:req_1: 5 micro-dollars from user:${alice} to pocket, of kind usage, for ${alice}`),
    ],
    [
      'two sides that are one',
      "update ledger_transfers set credit_account = debit_account, user_id = null where kind = 'usage'",
      {
        ...unsound(`usage:req_1: 5 micro-dollars from user:${alice} to user:${alice}, of kind usage, for no user`),
        ...diverged(alice, '$0.0001', 'says $0.000095'),
      },
    ],
    [
      'an id of another kind',
      "update ledger_transfers set kind = 'order' where kind = 'usage'",
      unsound(`usage:req_1: 5 micro-dollars from user:${alice} to revenue:usage, of kind order, for ${alice}`),
    ],
  ])('%s', async (_, sql, wanted) => {
    await tamper(sql);
    expect(await found()).toEqual(wanted);
  });

  test.each(TRIGGERS)('the missing guard %s', async (name) => {
    await database.knex.raw(`drop trigger ${name}${database.dialect === 'postgres' ? ' on ledger_transfers' : ''}`);
    expect(await found()).toEqual({ 'ledger-triggers': [`${name}: the trigger is missing or switched off`] });
  });

  if (testDialect() === 'postgres') {
    test('guards that are switched off', async () => {
      await database.knex.raw('alter table ledger_transfers disable trigger user');
      expect((await found())['ledger-triggers']).toHaveLength(TRIGGERS.length);
    });
  }

  test('at most so many rows of one kind, in order', async () => {
    const rows = Array.from({ length: VIOLATIONS_MAX + 5 }, (_, i) => [userId(100 + i), 1, 0]);
    await database.writeBatch([{ table: 'user_balances', columns: ['user_id', 'usd_micros', 'updated_at'], rows }]);
    const names = (await found())['balances-equal-transfers'] ?? [];
    expect(names).toHaveLength(VIOLATIONS_MAX);
    expect(names[0]).toContain(userId(100));
  });
});

test('a check sees one moment, whatever is posted meanwhile', async () => {
  let posting: Promise<unknown> = Promise.resolve();
  const find = async ({ db }: Pick<TestCtx, 'db'>) => {
    const count = async () => Number((await db('ledger_transfers').count({ n: '*' }).first())?.n);
    const before = await count();
    posting = postTransfer(ctx, sampleTransfer({ id: 'usage:req_9' }));
    // SQLite lets the writer in only afterwards.
    if (database.dialect === 'postgres') await posting;
    return before === (await count()) ? [] : [{ subject: 'ledger_transfers', detail: 'grew' }];
  };
  expect((await runCheck(ctx, { name: 'n', doc: 'd', find })).violations).toEqual([]);
  expect(await posting).toBe('posted');
});

if (testDialect() === 'postgres') {
  test('a check cannot write', async () => {
    const find = async ({ db }: Pick<TestCtx, 'db'>) => {
      await db('user_balances').update({ usd_micros: 0 });
      return [];
    };
    await expect(runCheck(ctx, { name: 'n', doc: 'd', find })).rejects.toThrow('read-only');
  });
}
