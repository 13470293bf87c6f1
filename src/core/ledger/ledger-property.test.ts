import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Database } from '../database/index.ts';
import type { UsdMicros } from '../money.ts';
import { testCtx, testDatabase } from '../testing/test-database.ts';
import {
  LEDGER_CHECKS,
  listBalances,
  postTransfer,
  runCheck,
  sumAccounts,
  TRANSFER_TABLE,
  type Transfer,
  transferRow,
  userAccount,
} from './index.ts';
import { sampleTransfer, userId } from './testing/sample-transfer.ts';

const USERS = 5;
const RUNS = 25;

/** A movement as a generator makes it; several may have one id, and then they are one movement tried again. */
interface Move {
  readonly id: number;
  readonly user: number;
  readonly micros: number;
  readonly isCredit: boolean;
  readonly isHouse: boolean;
  readonly how: 'post' | 'batch';
}

const move: fc.Arbitrary<Move> = fc.record({
  id: fc.nat(40),
  user: fc.nat(USERS - 1),
  micros: fc.oneof(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 2 ** 46 })),
  isCredit: fc.boolean(),
  isHouse: fc.boolean(),
  how: fc.constantFrom('post', 'batch'),
});

/** The content follows from the id, as it does for a request or an order, whatever else was drawn. */
function transferOf(moves: readonly Move[], { id }: Move): Transfer {
  const { user, micros, isCredit, isHouse } = moves.find((first) => first.id === id) as Move;
  const account = isHouse ? 'promotions' : userAccount(userId(user));
  return sampleTransfer({
    id: `usage:req_${id}`,
    debitAccount: isCredit ? 'revenue:usage' : account,
    creditAccount: isCredit ? account : 'revenue:usage',
    amountUsdMicros: micros as UsdMicros,
  });
}

test('whatever is posted, how often and side by side: each balance is the sum of its transfers', {
  timeout: 120_000,
}, async () => {
  const run = fc.asyncProperty(
    fc.array(move, { minLength: 1, maxLength: 60 }),
    fc.integer({ min: 1, max: 20 }),
    async (moves, together) => {
      const database = await testDatabase();
      try {
        for (let start = 0; start < moves.length; start += together) {
          const chunk = moves.slice(start, start + together);
          const batch = chunk.filter(({ how }) => how === 'batch').map((each) => transferRow(transferOf(moves, each)));
          const posts = chunk.filter(({ how }) => how === 'post').map((each) => transferOf(moves, each));
          const [rejected] = await Promise.all([
            database.writeBatch([{ ...TRANSFER_TABLE, rows: batch }]),
            ...posts.map((transfer) => postTransfer(testCtx(database), transfer)),
          ]);
          expect(rejected).toEqual([]);
          await expectBooks(
            database,
            moves.slice(0, start + together).map((each) => transferOf(moves, each)),
          );
        }
      } finally {
        await database.close();
      }
    },
  );
  await fc.assert(run, { numRuns: RUNS });
});

test('batches of several daemons over the same users in every order: nothing is lost, nobody waits for ever', {
  timeout: 60_000,
}, async () => {
  const database = await testDatabase();
  try {
    const transfers = Array.from({ length: 2_000 }, (_, i) =>
      sampleTransfer({
        id: `usage:req_${i}`,
        debitAccount: userAccount(userId(i % 40)),
        amountUsdMicros: (i + 1) as UsdMicros,
      }),
    );
    const batches = Array.from({ length: 40 }, (_, n) => {
      const rows = transfers.slice(n * 50, n * 50 + 60).map(transferRow);
      return n % 2 === 0 ? rows : rows.reverse();
    });
    const answers = await Promise.all(batches.map((rows) => database.writeBatch([{ ...TRANSFER_TABLE, rows }])));
    expect(answers.flat()).toEqual([]);
    await expectBooks(database, transfers);
  } finally {
    await database.close();
  }
});

async function expectBooks(database: Database, posted: readonly Transfer[]): Promise<void> {
  const ctx = testCtx(database);
  const wanted = new Map<string, bigint>();
  const add = (account: string, micros: bigint) => wanted.set(account, (wanted.get(account) ?? 0n) + micros);
  for (const { debitAccount, creditAccount, amountUsdMicros } of new Map(posted.map((one) => [one.id, one])).values()) {
    add(debitAccount, -BigInt(amountUsdMicros));
    add(creditAccount, BigInt(amountUsdMicros));
  }
  const balances = await listBalances(ctx, { limit: 500 });
  const users = [...wanted].filter(([account]) => account.startsWith('user:'));
  const stored = balances.items.map(({ userId: id, usdMicros }) => [userAccount(id), BigInt(usdMicros)]);
  expect(Object.fromEntries(stored)).toEqual(Object.fromEntries(users));
  const house = (await sumAccounts(ctx)).filter(({ account }) => account !== 'users');
  expect(new Map(house.map((sum) => [sum.account, sum.creditUsdMicros - sum.debitUsdMicros]))).toEqual(
    new Map([...wanted].filter(([account]) => !account.startsWith('user:'))),
  );
  for (const check of LEDGER_CHECKS) expect((await runCheck(ctx, check)).violations).toEqual([]);
}
