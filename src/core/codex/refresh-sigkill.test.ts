import { afterEach, beforeEach, expect, test } from 'vitest';
import { type DatabaseOptions, openDatabase } from '../database/index.ts';
import { silentLog } from '../log.ts';
import { machineClock } from '../testing/fake-clock.ts';
import { type FakeCodex, startFakeCodex } from '../testing/fake-codex.ts';
import { testDialect, testPlace } from '../testing/test-database.ts';
import type { TestPlace } from '../testing/test-place.ts';
import type { CodexAccount } from './codex-account.ts';
import { type BroughtIn, type CodexScene, sceneOn } from './testing/codex-scene.ts';
import { startRefresher } from './testing/start-refresher.ts';

const AT_ONCE = 100;

let place: TestPlace;
let fake: FakeCodex;
let one: BroughtIn;

beforeEach(async () => {
  place = await testPlace('migrated');
  fake = await startFakeCodex({ clock: machineClock() });
  one = await withScene((scene) => scene.bringIn());
});
afterEach(async () => {
  await fake.close();
  await place.remove();
});

/** One opener at a time: SQLite takes no other. */
async function withScene<T>(work: (scene: CodexScene) => Promise<T>): Promise<T> {
  const database = await openDatabase(place.options, silentLog);
  try {
    return await work(await sceneOn(database, fake));
  } finally {
    await database.close();
  }
}

const start = (account: CodexAccount, count: number, leaseMs = 60_000, options: DatabaseOptions = place.options) =>
  startRefresher({ options, authBaseUrl: fake.authBaseUrl, account, count, leaseMs });
const row = () => withScene((scene) => scene.row(one.account.credentialId));
const tokenCalls = () => fake.calls.filter(({ path }) => path === '/oauth/token').length;

test.skipIf(testDialect() === 'sqlite')(
  'two processes that refresh one account a hundred times each at once make one call',
  async () => {
    // Long enough that everybody is there before it is answered.
    fake.plan({ path: '/oauth/token' }, { delayMs: 500 });
    const processes = await Promise.all([start(one.account, AT_ONCE), start(one.account, AT_ONCE)]);
    for (const each of processes) each.go();
    const outcomes = (await Promise.all(processes.map((each) => each.outcomes()))).flat();
    expect(tokenCalls()).toBe(1);
    expect(outcomes).toHaveLength(2 * AT_ONCE);
    expect(outcomes.filter((outcome) => outcome === 'refreshed')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'already')).toHaveLength(2 * AT_ONCE - 1);
    const { accessToken, ...account } = await row();
    expect(account).toMatchObject({ state: 'active', version: 2 });
    expect(fake.grants.openAccess(accessToken)).toMatchObject({ isExpired: false });
  },
);

test('a process that is killed while it holds the lease keeps the next one waiting, and no longer than the lease', async () => {
  const leaseMs = 4_000;
  fake.plan({ path: '/oauth/token' }, { instead: 'stall' });
  const first = await start(one.account, 1, leaseMs);
  first.go();
  while (tokenCalls() === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  const heldFrom = performance.now();
  await first.kill();
  const second = await start(one.account, AT_ONCE, leaseMs);
  second.go();
  const outcomes = await second.outcomes();
  expect(outcomes.filter((outcome) => outcome === 'refreshed')).toHaveLength(1);
  expect(new Set(outcomes)).toEqual(new Set(['refreshed', 'already']));
  // The lease began a moment before the call was seen.
  expect(performance.now() - heldFrom).toBeGreaterThan(leaseMs - 500);
  expect(tokenCalls()).toBe(2);
  expect(await row()).toMatchObject({ state: 'active', version: 2 });
});

test('a process that is killed after the provider has taken its token has lost the login, and that is said', async () => {
  fake.plan({ path: '/oauth/token' }, { lost: 'stall' });
  const first = await start(one.account, 1, 500);
  first.go();
  while (fake.grants.refreshes === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  await first.kill();
  const second = await start(one.account, AT_ONCE, 500);
  second.go();
  expect(new Set(await second.outcomes())).toEqual(new Set(['needs_login']));
  expect(await row()).toMatchObject({ state: 'needs_login', why: 'refresh_token_reused' });
  // A login puts it right.
  await withScene((scene) => scene.bringIn(one.chatgpt));
  expect(await row()).toMatchObject({ state: 'active', why: null });
});
