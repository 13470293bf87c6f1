import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Database, type DatabaseOptions, openDatabase, rawRows, WriteJournal } from '../database/index.ts';
import { createUser } from '../identity/index.ts';
import { adjustBalance, LEDGER_CHECKS, readBalance } from '../ledger/index.ts';
import { silentLog } from '../log.ts';
import type { UsdMicros } from '../money.ts';
import { createPlan } from '../plans/index.ts';
import { grantSubscription, readWindows, SUBSCRIPTION_CHECKS } from '../subscriptions/index.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { testCtx, testPlace } from '../testing/test-database.ts';
import { systemClock } from '../time.ts';
import { QUOTA_CHECKS } from './index.ts';
import { recoverQuota } from './recover-quota.ts';

const KILLS = 10;
const SETTLED = 'settled';
const MONEY = 1_000_000_000_000 as UsdMicros;

test('SIGKILL at any moment: what was settled is charged exactly once, and nothing stays held', async () => {
  const place = await testPlace('migrated');
  const dataDir = mkdtempSync(join(tmpdir(), 'realms-settler-'));
  const people = await withDatabase(place.options, prepare);
  const random = seededRandom(3);
  const settled = new Map<string, { kind: string; cost: number }>();
  let leftInJournals = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const lines = await runAndKill(place.options, dataDir, people.users, 30 + random.fraction() * 400);
    for (const line of lines) {
      const [id = '', kind = '', cost = ''] = line.split(' ');
      settled.set(id, { kind, cost: Number(cost) });
    }
    if (existsSync(join(dataDir, 'journal'))) {
      leftInJournals += readdirSync(join(dataDir, 'journal')).filter((name) => name.endsWith('.segment')).length;
    }
  }
  expect(settled.size).toBeGreaterThan(KILLS * 20);
  expect(leftInJournals).toBeGreaterThan(0);
  await withDatabase(place.options, async (database) => {
    const ctx = testCtx(database);
    // What a start does.
    (await WriteJournal.open(join(dataDir, 'journal'), database, silentLog)).close();
    await recoverQuota(ctx, { folder: 'none', isAlone: true, floorUsdMicros: 0 });
    const charges = await rawRows<{ id: string; kind: string; cost: number }>(
      database.knex,
      `select ref_id as id, 'balance' as kind, amount_usd_micros as cost from ledger_transfers where kind = 'usage'
       union all select id, 'subscription', amount_usd_micros from subscription_charges`,
    );
    const charged = new Map(charges.map(({ id, kind, cost }) => [id, { kind, cost }]));
    expect(charged.size).toBe(charges.length);
    const missing = [...settled].filter(([id, { kind, cost }]) => {
      const found = charged.get(id);
      return found?.kind !== kind || found.cost !== cost;
    });
    expect(missing).toEqual([]);
    // At most the one that each kill cut off between its books and its line here.
    expect(charged.size - settled.size).toBeLessThanOrEqual(KILLS);
    for (const check of [...LEDGER_CHECKS, ...SUBSCRIPTION_CHECKS, ...QUOTA_CHECKS]) {
      expect([check.name, await check.find(ctx)]).toEqual([check.name, []]);
    }
    const spent = (kind: string) => charges.reduce((sum, row) => sum + (row.kind === kind ? row.cost : 0), 0);
    const [payer] = people.users;
    expect(await readBalance(ctx, payer)).toMatchObject({ usdMicros: MONEY - spent('balance'), heldUsdMicros: 0 });
    const [window] = (await readWindows(ctx, [people.plan], systemClock.now())).get(people.plan) ?? [];
    expect(window).toMatchObject({ usedUsdMicros: spent('subscription'), heldUsdMicros: 0 });
    expect(readdirSync(join(dataDir, 'journal'))).toEqual([]);
  });
  rmSync(dataDir, { recursive: true });
  await place.remove();
}, 180_000);

test('a clean stop leaves no lease, no journal and nothing unwritten', async () => {
  const place = await testPlace('migrated');
  const dataDir = mkdtempSync(join(tmpdir(), 'realms-settler-'));
  const people = await withDatabase(place.options, prepare);
  const child = start(place.options, dataDir, people.users, 500);
  await once(child, 'close');
  expect(child.exitCode).toBe(0);
  const settled = takeSettled(dataDir).length;
  await withDatabase(place.options, async (database) => {
    const charges = await rawRows<{ n: number }>(
      database.knex,
      `select (select count(*) from ledger_transfers where kind = 'usage') + (select count(*) from subscription_charges) as n`,
    );
    expect([settled, charges[0]?.n]).toEqual([500, 500]);
    expect(await database.knex('quota_leases')).toEqual([]);
    expect(await database.knex('quota_daemons')).toEqual([]);
  });
  expect(readdirSync(join(dataDir, 'journal'))).toEqual([]);
  rmSync(dataDir, { recursive: true });
  await place.remove();
});

async function withDatabase<T>(options: DatabaseOptions, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase(options, silentLog);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** One user with money, and one with a plan, running now. */
async function prepare(database: Database) {
  const ctx = testCtx(database);
  const alice = await createUser(ctx, { name: 'alice' });
  const bob = await createUser(ctx, { name: 'bob' });
  await adjustBalance(ctx, { userId: alice.id, amountUsdMicros: MONEY, reason: 'test', actor: 'test' });
  const { version } = await createPlan(ctx, {
    code: 'plan',
    priceMinor: 1,
    currency: 'USD',
    windowLimits: { '30d': 1_000_000_000 as UsdMicros },
  });
  const { subscription } = await grantSubscription(ctx, {
    userId: bob.id,
    planVersionId: version.id,
    source: 'grant:1',
    at: systemClock.now(),
  });
  return { users: [alice.id, bob.id] as const, plan: subscription.id };
}

/** The lines of what a settler has settled before it was killed. */
async function runAndKill(
  options: DatabaseOptions,
  dataDir: string,
  users: readonly string[],
  afterMs: number,
): Promise<readonly string[]> {
  const child = start(options, dataDir, users, 0);
  const gone = once(child, 'close');
  await Promise.race([once(child.stdout, 'data'), gone]);
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  if (child.exitCode !== null) throw new Error(`the settler ended by itself with ${child.exitCode}`);
  child.kill('SIGKILL');
  await gone;
  return takeSettled(dataDir);
}

function start(options: DatabaseOptions, dataDir: string, users: readonly string[], count: number) {
  const script = join(import.meta.dirname, 'testing/settler-process.ts');
  const place = options.kind === 'postgres' ? options.url.reveal() : options.path;
  const file = join(dataDir, SETTLED);
  const args = ['--import', 'tsx', script, options.kind, place, dataDir, users.join(','), String(count), file];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** A line that is cut off by the kill is not said. */
function takeSettled(dataDir: string): readonly string[] {
  const file = join(dataDir, SETTLED);
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  rmSync(file);
  return lines;
}
