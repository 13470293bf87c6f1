import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../database/index.ts';
import { createUser } from '../identity/index.ts';
import type { UserId } from '../ids.ts';
import { runCheck } from '../ledger/index.ts';
import type { UsdMicros } from '../money.ts';
import { createPlan } from '../plans/index.ts';
import { type TestCtx, testCtx, testDatabase } from '../testing/test-database.ts';
import { createCodes, REDEMPTION_CHECKS, redeemCode } from './index.ts';

const GUARDED = ['redemption_batches', 'redemption_codes', 'redemptions', 'ledger_transfers', 'subscription_grants'];
let database: Database;
let ctx: TestCtx;
let alice: UserId;
/** Ids of the redemption of balance and of the one of a plan. */
let money: string;
let time: string;

beforeEach(async () => {
  database = await testDatabase();
  ctx = testCtx(database);
  alice = (await createUser(ctx, { name: 'alice' })).id;
  const plan = await createPlan(ctx, { code: 'pro', priceMinor: 2_000, currency: 'USD' });
  money = await redeemed({ kind: 'balance', amountUsdMicros: 5 as UsdMicros });
  time = await redeemed({ kind: 'subscription', planVersionId: plan.version.id });
});
afterEach(async () => await database.close());

async function redeemed(reward: Parameters<typeof createCodes>[1]['reward']): Promise<string> {
  const { codes } = await createCodes(ctx, { name: reward.kind, reward, codes: 1, createdBy: 'test' });
  const [code] = codes;
  if (!code) throw new Error('no code');
  const answer = await redeemCode(ctx, { userId: alice, text: code.text });
  if (answer.kind !== 'redeemed') throw new Error(answer.why);
  return answer.redemption.id;
}

async function found(): Promise<string[]> {
  const results = await Promise.all(REDEMPTION_CHECKS.map((check) => runCheck(ctx, check)));
  return results.flatMap(({ check, violations }) =>
    violations.map((each) => `${check.name}: ${each.subject} ${each.detail}`),
  );
}

/** As somebody would who holds the database: guards off, statements, guards on again. */
async function tamper(...statements: readonly string[]): Promise<void> {
  const { knex, dialect } = database;
  const triggers: { name: string; sql: string }[] =
    dialect === 'sqlite' ? await knex('sqlite_master').where({ type: 'trigger' }).whereIn('tbl_name', GUARDED) : [];
  for (const { name } of triggers) await knex.raw(`drop trigger ${name}`);
  if (dialect === 'postgres') for (const table of GUARDED) await knex.raw(`alter table ${table} disable trigger user`);
  for (const statement of statements) await knex.raw(statement);
  if (dialect === 'postgres') for (const table of GUARDED) await knex.raw(`alter table ${table} enable trigger user`);
  for (const { sql } of triggers) await knex.raw(sql);
}

test('nothing is found in sound books', async () => {
  expect(await found()).toEqual([]);
});

test('a count that was turned back, so that a code works again', async () => {
  await tamper('update redemption_codes set redeemed = 0', 'update redemption_users set redeemed = 0');
  const lines = await found();
  expect(lines).toHaveLength(4);
  expect(lines[0]).toMatch(
    /^redemptions-counted: code_\w+ says that it was redeemed 0 times, but 1 redemptions are there$/,
  );
  expect(lines[2]).toMatch(/^redemptions-counted: batch_\w+ usr_\w+ says 0 redemptions of this user, but 1 are there$/);
});

test('more redemptions than there may be', async () => {
  await tamper(
    `insert into redemptions select id || '0', at, code_id, batch_id, user_id, nth + 1 from redemptions where id = '${money}'`,
  );
  const lines = (await found()).filter((line) => line.startsWith('redemptions-within-limits'));
  expect(lines[0]).toMatch(/code_\w+ 2 redemptions of a code for 1$/);
  expect(lines[1]).toMatch(/ 2 redemptions by one user, who may have 1$/);
});

test('rewards that are missing, or other than promised', async () => {
  await tamper('delete from ledger_transfers', "update subscription_grants set source = 'grant:x'");
  expect(await found()).toEqual([
    `redemptions-gave-once: ${money} gave no balance`,
    `redemptions-gave-once: ${time} gave no subscription`,
  ]);
});

test('another amount, another plan', async () => {
  const other = (await createPlan(ctx, { code: 'max', priceMinor: 9_000, currency: 'USD' })).version.id;
  await tamper(
    'update ledger_transfers set amount_usd_micros = 6',
    `update subscription_grants set plan_version_id = '${other}'`,
  );
  expect(await found()).toEqual([
    `redemptions-gave-once: ${money} gave 6 micro-dollars to ${alice} instead of 5 to ${alice}`,
    expect.stringContaining(`redemptions-gave-once: ${time} gave ${other} to ${alice} instead of plv_`),
  ]);
});

test('another user', async () => {
  const bob = (await createUser(ctx, { name: 'bob' })).id;
  await tamper(`update ledger_transfers set user_id = '${bob}', credit_account = 'user:${bob}'`);
  expect(await found()).toEqual([
    `redemptions-gave-once: ${money} gave 5 micro-dollars to ${bob} instead of 5 to ${alice}`,
  ]);
});

test('a promise that was changed afterwards', async () => {
  await tamper('update redemption_batches set amount_usd_micros = 9 where plan_version_id is null');
  expect(await found()).toEqual([
    `redemptions-gave-once: ${money} gave 5 micro-dollars to ${alice} instead of 9 to ${alice}`,
  ]);
});

test('rewards without a redemption', async () => {
  await tamper(
    'update redemption_codes set redeemed = 0',
    'update redemption_users set redeemed = 0',
    'delete from redemptions',
  );
  expect(await found()).toEqual([
    `redeemed-has-a-cause: ${money} was posted without a redemption`,
    `redeemed-has-a-cause: ${time} was granted without a redemption`,
  ]);
});

test.each(['redemption_batches', 'redemptions'])('the database refuses to change %s', async (table) => {
  await expect(database.knex.raw(`update ${table} set id = 'x'`)).rejects.toThrow('append-only');
  await expect(database.knex(table).delete()).rejects.toThrow('append-only');
});

test('of a code only its count and whether it is enabled can change', async () => {
  for (const column of ['id', 'batch_id', 'hash', 'hint', 'max_redemptions']) {
    await expect(database.knex.raw(`update redemption_codes set ${column} = ${column}`)).rejects.toThrow('append-only');
  }
  await expect(database.knex('redemption_codes').delete()).rejects.toThrow('append-only');
  await expect(database.knex('redemption_codes').update({ redeemed: 2 })).rejects.toThrow(/constraint/i);
});

test('a missing guard', async () => {
  const on = database.dialect === 'postgres' ? ' on redemptions' : '';
  await database.knex.raw(`drop trigger redemptions_no_delete${on}`);
  expect(await found()).toEqual(['redemption-triggers: redemptions_no_delete the trigger is missing or switched off']);
});
