import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { rawRows } from '../../core/database/index.ts';
import type { Random } from '../../core/random.ts';
import { seededRandom } from '../../core/testing/seeded-random.ts';
import { testDialect } from '../../core/testing/test-database.ts';
import { adminCall } from '../testing/admin-call.ts';
import { pause, until } from '../testing/boot-daemon.ts';
import { judgeBalances, judgeCharges } from '../testing/paid-load/judge-charges.ts';
import { acknowledged, judgeAcknowledged, judgeOrders, paidAtProviders } from '../testing/paid-load/judge-orders.ts';
import { OrderBuyers } from '../testing/paid-load/order-buyers.ts';
import { CALLERS, PaidCallers } from '../testing/paid-load/paid-callers.ts';
import { openPaidShop, type PaidShop } from '../testing/paid-load/paid-shop.ts';
import { openBooks, readBooks } from '../testing/paid-load/shop-books.ts';
import { killWhileStarting, type SpawnedDaemon, spawnDaemon } from '../testing/spawn-daemon.ts';

const KILLS = Number(process.env['REALMS_TEST_KILLS'] ?? (testDialect() === 'sqlite' ? 50 : 10));
const BUILT = { program: 'built' } as const;
/** Answers of a life, so that it is as long as the machine needs, and then a while more. */
const LIFE = { answersMin: 5, answersMore: 120, moreMs: 40 } as const;
const MOMENT_MAX_MS = 2_000;
const LIFE_DEADLINE_MS = 60_000;
/** Of the kills; the others fall under load. */
const WHILE_STARTING = 0.1;
const START_MS = 900;
/** Of the lives: in which providers send again, and in which they are asked about everything. */
const RETRIED = 0.4;
const RECONCILED = 0.1;
const MINUTE_MS = 60_000;

interface Load {
  readonly callers: PaidCallers;
  readonly buyers: OrderBuyers;
  readonly random: Random;
}

interface ReconReport {
  readonly ok: boolean;
  readonly found: number;
  readonly items: readonly object[];
}

test(
  `SIGKILL under paid load, ${KILLS} times: each answer is charged once, each payment counts once`,
  async () => {
    const shop = await openPaidShop();
    onTestFinished(() => shop.close());
    const load: Load = { callers: new PaidCallers(shop), buyers: new OrderBuyers(shop), random: seededRandom(13) };
    const errors: string[] = [];
    for (let life = 0; life < KILLS; life++) {
      if (load.random.fraction() < WHILE_STARTING) {
        await killWhileStarting(shop.boot.overrides, load.random.fraction() * START_MS, BUILT);
      } else errors.push(...(await withDaemon(shop, (daemon) => liveAndDie(shop, daemon, load))));
    }
    await expectWordKept(shop, load);
    errors.push(...(await withDaemon(shop, (daemon) => liveToTheEnd(shop, daemon, load))));
    expect(errors).toEqual([]);
    expect([...load.callers.odd, ...load.buyers.odd]).toEqual([]);
    expect(readdirSync(join(shop.boot.folder, 'journal'))).toEqual([]);
    await expectGoodBooks(shop, load);
  },
  2 * MINUTE_MS + KILLS * 20_000,
);

/** Resolves to the errors in the daemon's log. */
async function withDaemon(shop: PaidShop, story: (daemon: SpawnedDaemon) => Promise<void>): Promise<readonly string[]> {
  const daemon = await spawnDaemon(shop.boot.overrides, BUILT);
  try {
    await expectCleanStart(shop);
    await story(daemon);
  } finally {
    await daemon.kill();
  }
  return daemon.errors;
}

/** The books are right, and nothing that ran at the kill holds anything any more. */
async function expectCleanStart({ boot }: PaidShop): Promise<void> {
  const { checks } = await adminCall<{ checks: readonly { ok: boolean }[] }>(
    boot.folder,
    'GET',
    '/admin/ledger/verify',
  );
  expect(checks.length).toBeGreaterThan(10);
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  const { items } = await adminCall<{ items: readonly object[] }>(boot.folder, 'GET', '/admin/holds');
  expect(items).toEqual([]);
}

/** A random while of everything at once. */
async function liveAndDie(shop: PaidShop, daemon: SpawnedDaemon, { callers, buyers, random }: Load): Promise<void> {
  const working: Promise<unknown>[] = [callers.run(), buyers.run()];
  if (random.fraction() < RETRIED) working.push(buyers.retry());
  if (random.fraction() < RECONCILED) working.push(reconcile(shop).catch(() => undefined));
  const enough = callers.delivered.size + LIFE.answersMin + random.fraction() * LIFE.answersMore;
  await until('answers', () => callers.delivered.size >= enough, LIFE_DEADLINE_MS);
  await momentToKill({ callers, buyers, random });
  await daemon.kill();
  await Promise.all(working);
}

/** Any, or the very one at which somebody outside has the daemon's word: that is when it must be true. */
async function momentToKill({ callers, buyers, random }: Load): Promise<void> {
  const moments = [pause(random.fraction() * LIFE.moreMs), callers.answered.come(), buyers.acknowledged.come()];
  await Promise.race([moments[Math.floor(random.fraction() * moments.length)], pause(MOMENT_MAX_MS)]);
}

/** What was refused or lost is told again or found, and then it is quiet. */
async function liveToTheEnd(shop: PaidShop, daemon: SpawnedDaemon, { buyers }: Load): Promise<void> {
  await buyers.retryHalf();
  const untold = await buyers.buyUntold();
  const first = await reconcile(shop);
  expect([first.ok, first.items]).toEqual([true, []]);
  expect(first.found).toBeGreaterThanOrEqual(untold);
  expect(await reconcile(shop)).toMatchObject({ ok: true, found: 0 });
  await expectCleanStart(shop);
  expect(await daemon.stop()).toBe(0);
}

async function reconcile({ boot }: PaidShop): Promise<ReconReport> {
  return await adminCall<ReconReport>(boot.folder, 'POST', '/admin/payments/reconcile', { days: 1 });
}

/** While nobody is there to put anything right. */
async function expectWordKept(shop: PaidShop, { buyers }: Load): Promise<void> {
  await buyers.settled();
  const references = await acknowledged(shop);
  expect(references.size).toBeGreaterThan(KILLS / 2);
  const database = await openBooks(shop);
  try {
    expect(judgeAcknowledged(await readBooks(database), references)).toEqual([]);
  } finally {
    await database.close();
  }
}

async function expectGoodBooks(shop: PaidShop, { callers }: Load): Promise<void> {
  const database = await openBooks(shop);
  try {
    const books = await readBooks(database);
    const paid = await paidAtProviders(shop);
    expect(judgeCharges(shop, books, callers.delivered)).toEqual([]);
    expect(judgeOrders(books, paid)).toEqual([]);
    expect(judgeBalances(shop, books)).toEqual([]);
    // Who has not the end of an answer has not paid for it, but for what the kill itself cut off behind the books.
    const charged = books.events.filter((event) => Number(event['charged_usd_micros']) > 0).length;
    expect(charged - callers.delivered.size).toBeLessThanOrEqual(KILLS * CALLERS);
    expect(paid.size).toBeGreaterThan(KILLS);
    if (testDialect() === 'sqlite') {
      expect(await rawRows(database.knex, 'pragma integrity_check')).toEqual([{ integrity_check: 'ok' }]);
      expect(await rawRows(database.knex, 'pragma foreign_key_check')).toEqual([]);
    }
  } finally {
    await database.close();
  }
}
