import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Database, inTransaction, type SqlValue } from '../database/index.ts';
import type { UsdMicros } from '../money.ts';
import { type TestCtx, testCtx, testDatabase } from '../testing/test-database.ts';
import { epochMs } from '../time.ts';
import {
  accountBalance,
  adjustBalance,
  findTransfers,
  listBalances,
  listTransfers,
  postTransfer,
  readBalance,
  sumAccounts,
  TRANSFER_TABLE,
  type Transfer,
  transferRow,
  userAccount,
  walkTransfers,
} from './index.ts';
import { sampleTransfer, userId } from './testing/sample-transfer.ts';

const alice = userId(1);
const bob = userId(2);
let database: Database;
let ctx: TestCtx;

beforeEach(async () => {
  database = await testDatabase();
  ctx = testCtx(database);
});
afterEach(async () => await database.close());

const usd = async (user = alice) => (await readBalance(ctx, user)).usdMicros as number;
const give = async (micros: number, user = alice) =>
  await adjustBalance(ctx, { userId: user, amountUsdMicros: micros as UsdMicros, reason: 'test', actor: 'test' });
const queue = async (...rows: (readonly SqlValue[])[]) => await database.writeBatch([{ ...TRANSFER_TABLE, rows }]);

describe('a transfer', () => {
  test('moves the balance of its user, up by a credit and down by a debit', async () => {
    expect(await readBalance(ctx, alice)).toEqual({
      userId: alice,
      usdMicros: 0,
      heldUsdMicros: 0,
      availableUsdMicros: 0,
      updatedAt: null,
    });
    await give(100);
    expect(await postTransfer(ctx, sampleTransfer({ amountUsdMicros: 30 as UsdMicros }))).toBe('posted');
    expect(await readBalance(ctx, alice)).toMatchObject({ usdMicros: 70, heldUsdMicros: 0, availableUsdMicros: 70 });
    expect(await accountBalance(ctx, 'revenue:usage')).toBe(30n);
    expect(await accountBalance(ctx, 'adjustments')).toBe(-100n);
    expect(await accountBalance(ctx, userAccount(alice))).toBe(70n);
    expect(await accountBalance(ctx, userAccount(bob))).toBe(0n);
  });

  test('between two accounts of the house moves no balance', async () => {
    const between = {
      kind: 'refund',
      id: 'refund:rfd_1',
      debitAccount: 'refunds_due',
      creditAccount: 'disputes',
    } as const;
    expect(await postTransfer(ctx, sampleTransfer(between))).toBe('posted');
    expect((await listBalances(ctx, { limit: 10 })).items).toEqual([]);
  });

  test('is posted once under its id, whenever, by whomever and why', async () => {
    const transfer = sampleTransfer();
    expect(await postTransfer(ctx, transfer)).toBe('posted');
    expect(await postTransfer(ctx, { ...transfer, at: epochMs(9), actor: 'x', reason: 'again' })).toBe('already_there');
    expect(await usd()).toBe(-5);
    expect(await findTransfers(ctx, [transfer.id, 'usage:other'])).toEqual(new Map([[transfer.id, transfer]]));
  });

  test.each([
    [{ amountUsdMicros: 6 as UsdMicros }],
    [{ debitAccount: userAccount(bob) }],
    [{ creditAccount: 'writeoffs' as const }],
    [{ debitAccount: 'revenue:usage' as const, creditAccount: userAccount(alice) }],
  ])('with the id of another one is a conflict: %j', async (changes) => {
    await postTransfer(ctx, sampleTransfer());
    await expect(postTransfer(ctx, sampleTransfer(changes))).rejects.toMatchObject({ code: 'conflict' });
    expect([await usd(), await usd(bob)]).toEqual([-5, 0]);
  });

  test('goes with the transaction that it is part of', async () => {
    const attempt = inTransaction(ctx, async (tx) => {
      await postTransfer(tx, sampleTransfer());
      expect((await readBalance(tx, alice)).usdMicros).toBe(-5);
      throw new Error('no');
    });
    await expect(attempt).rejects.toThrow('no');
    expect(await usd()).toBe(0);
    expect(await postTransfer(ctx, sampleTransfer())).toBe('posted');
  });

  test('two hundred at once with one id: one is posted', async () => {
    const outcomes = await Promise.all(Array.from({ length: 200 }, () => postTransfer(ctx, sampleTransfer())));
    expect(outcomes.filter((outcome) => outcome === 'posted')).toHaveLength(1);
    expect(await usd()).toBe(-5);
    expect((await listTransfers(ctx, {}, { limit: 10 })).items).toHaveLength(1);
  });

  test('that is unsound is a defect of the caller', async () => {
    const unsound: Partial<Transfer>[] = [
      { amountUsdMicros: 0 as UsdMicros },
      { amountUsdMicros: -1 as UsdMicros },
      { amountUsdMicros: 1.5 as UsdMicros },
      { creditAccount: userAccount(bob) },
      { creditAccount: userAccount(alice) },
      { id: 'order:1' },
    ];
    for (const changes of unsound) {
      await expect(postTransfer(ctx, sampleTransfer(changes)), JSON.stringify(changes)).rejects.toThrow('invariant');
    }
  });
});

describe('the database', () => {
  test.each(['update', 'delete'])('refuses to %s a transfer, of any number of rows', async (verb) => {
    await postTransfer(ctx, sampleTransfer());
    await postTransfer(ctx, sampleTransfer({ id: 'usage:req_2' }));
    const change = (id: string) => {
      const rows = database.knex('ledger_transfers').where({ id });
      return verb === 'delete' ? rows.delete() : rows.update({ amount_usd_micros: 1 });
    };
    await expect(change('usage:req_1')).rejects.toThrow('ledger_transfers is append-only');
    await expect(
      database.knex.raw(verb === 'delete' ? 'delete from ledger_transfers' : "update ledger_transfers set reason = ''"),
    ).rejects.toThrow('append-only');
    if (database.dialect === 'postgres' && verb === 'delete') {
      await expect(database.knex.raw('truncate ledger_transfers')).rejects.toThrow('append-only');
    }
    expect((await findTransfers(ctx, ['usage:req_1', 'usage:req_2'])).size).toBe(2);
    expect(await usd()).toBe(-10);
  });

  test('takes batches that repeat, within and between themselves, once', async () => {
    const one = transferRow(sampleTransfer());
    const two = transferRow(sampleTransfer({ id: 'usage:req_2', debitAccount: userAccount(bob) }));
    expect(await queue(one, two, one)).toEqual([]);
    expect(await queue(two, one)).toEqual([]);
    expect([await usd(), await usd(bob)]).toEqual([-5, -5]);
  });

  test('rejects what is unsound, alone', async () => {
    const row = transferRow(sampleTransfer());
    const at = (column: string, value: SqlValue) =>
      row.map((old, i) =>
        TRANSFER_TABLE.columns[i] === column
          ? value
          : TRANSFER_TABLE.columns[i] === 'id'
            ? `usage:${column}${value}`
            : old,
      );
    const unsound = [
      at('amount_usd_micros', 0),
      at('amount_usd_micros', -5),
      at('user_id', bob),
      at('user_id', null),
      at('credit_account', userAccount(bob)),
      at('credit_account', userAccount(alice)),
    ];
    const rejected = await queue(...unsound, row);
    expect(rejected).toHaveLength(unsound.length);
    expect([await usd(), await usd(bob)]).toEqual([-5, 0]);
  });

  test('keeps every balance a number that can be read', async () => {
    const most = Number.MAX_SAFE_INTEGER;
    await give(most);
    await expect(give(1)).rejects.toMatchObject({ code: 'invalid_input' });
    const more = sampleTransfer({
      id: 'order:ord_1',
      kind: 'order',
      debitAccount: 'promotions',
      creditAccount: userAccount(alice),
    });
    expect(await queue(transferRow(more))).toHaveLength(1);
    await expect(postTransfer(ctx, more)).rejects.toThrow();
    expect(await usd()).toBe(most);
  });
});

describe('an adjustment', () => {
  test('gives and takes, with its reason and actor', async () => {
    const given = await give(10_000_000);
    expect(given).toMatchObject({ outcome: 'posted', before: { usdMicros: 0 }, after: { usdMicros: 10_000_000 } });
    expect(given.transfer).toMatchObject({
      kind: 'adjust',
      debitAccount: 'adjustments',
      creditAccount: userAccount(alice),
      refType: 'adjustment',
      reason: 'test',
      actor: 'test',
    });
    expect(given.transfer.id).toBe(`adjust:${given.transfer.refId}`);
    expect((await give(-12_500_000)).after).toMatchObject({ usdMicros: -2_500_000, availableUsdMicros: -2_500_000 });
  });

  test('with a key counts once; the key of another amount or user is a conflict', async () => {
    const input = { userId: alice, amountUsdMicros: 5 as UsdMicros, reason: 'r', actor: 'a', key: 'march' };
    expect((await adjustBalance(ctx, input)).outcome).toBe('posted');
    expect(await adjustBalance(ctx, input)).toMatchObject({ outcome: 'already_there', after: { usdMicros: 5 } });
    for (const changes of [{ amountUsdMicros: -5 as UsdMicros }, { userId: bob }]) {
      await expect(adjustBalance(ctx, { ...input, ...changes })).rejects.toMatchObject({ code: 'conflict' });
    }
    expect([await usd(), await usd(bob)]).toEqual([5, 0]);
  });

  test('needs an amount, a reason and a plain key', async () => {
    const input = { userId: alice, amountUsdMicros: 5 as UsdMicros, reason: 'r', actor: 'a' };
    for (const [changes, param] of [
      [{ amountUsdMicros: 0 as UsdMicros }, 'amount'],
      [{ reason: ' \t' }, 'reason'],
      [{ key: '' }, 'idempotency_key'],
      [{ key: 'a:b' }, 'idempotency_key'],
    ] as const) {
      await expect(adjustBalance(ctx, { ...input, ...changes })).rejects.toMatchObject({
        code: 'invalid_input',
        facts: { param },
      });
    }
    expect((await listTransfers(ctx, {}, { limit: 10 })).items).toEqual([]);
  });
});

describe('lists', () => {
  test('of transfers come newest first in pages, also within one millisecond', async () => {
    for (let i = 0; i < 7; i++) {
      await postTransfer(
        ctx,
        sampleTransfer({ id: `usage:req_${i}`, refId: `req_${i}`, at: epochMs(1_000 + (i >> 1)) }),
      );
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listTransfers(ctx, {}, { limit: 2, cursor });
      seen.push(...page.items.map((transfer) => transfer.refId));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(['req_6', 'req_5', 'req_4', 'req_3', 'req_2', 'req_1', 'req_0']);
    await expect(listTransfers(ctx, {}, { limit: 2, cursor: 'x' })).rejects.toMatchObject({ code: 'invalid_input' });
  });

  test('of transfers are narrowed by user, kind, cause, account and time', async () => {
    await give(100);
    await postTransfer(ctx, sampleTransfer({ at: epochMs(1_000) }));
    await postTransfer(
      ctx,
      sampleTransfer({ id: 'usage:req_2', refId: 'req_2', debitAccount: userAccount(bob), at: epochMs(2_000) }),
    );
    const found = async (filter: Parameters<typeof listTransfers>[1]) =>
      (await listTransfers(ctx, filter, { limit: 10 })).items.map((transfer) => transfer.id.replace(/adj_.*/, 'adj'));
    expect(await found({ userId: alice })).toEqual(['adjust:adj', 'usage:req_1']);
    expect(await found({ kind: 'usage' })).toEqual(['usage:req_2', 'usage:req_1']);
    expect(await found({ refId: 'req_2' })).toEqual(['usage:req_2']);
    expect(await found({ account: 'adjustments' })).toEqual(['adjust:adj']);
    expect(await found({ account: userAccount(bob) })).toEqual(['usage:req_2']);
    expect(await found({ since: epochMs(1_000), until: epochMs(2_000) })).toEqual(['usage:req_1']);
  });

  test('of balances come in pages, the newest user first', async () => {
    for (const n of [1, 2, 3]) await give(n, userId(n));
    const first = await listBalances(ctx, { limit: 2 });
    expect(first.items.map((balance) => balance.usdMicros)).toEqual([3, 2]);
    const second = await listBalances(ctx, { limit: 2, after: first.items[1]?.userId ?? '' });
    expect([second.items.map((balance) => balance.usdMicros), second.nextCursor]).toEqual([[1], null]);
  });

  test('of a kind are walked in chunks, each transfer once', async () => {
    const rows = Array.from({ length: 2_345 }, (_, i) => transferRow(sampleTransfer({ id: `usage:req_${i}` })));
    await queue(...rows);
    await give(1);
    const sizes: number[] = [];
    const ids = new Set<string>();
    for await (const chunk of walkTransfers(ctx, 'usage')) {
      sizes.push(chunk.length);
      for (const { id } of chunk) ids.add(id);
    }
    expect([sizes, ids.size]).toEqual([[1_000, 1_000, 345], 2_345]);
  });
});

test('sums pass what a number holds, exactly', async () => {
  const most = Number.MAX_SAFE_INTEGER;
  for (const n of [1, 2, 3]) await give(most, userId(n));
  await give(-1, userId(3));
  expect(await accountBalance(ctx, 'adjustments')).toBe(-27_021_597_764_222_972n);
  const sums = await sumAccounts(ctx);
  expect(sums).toEqual([
    { account: 'adjustments', transfers: 4, debitUsdMicros: 27_021_597_764_222_973n, creditUsdMicros: 1n },
    { account: 'users', transfers: 4, debitUsdMicros: 1n, creditUsdMicros: 27_021_597_764_222_973n },
  ]);
});
