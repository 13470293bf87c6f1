import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CodexAccounts } from '../core/codex/index.ts';
import { readUsage } from '../core/codex/read-usage.ts';
import { type BroughtIn, type CodexScene, codexScene } from '../core/codex/testing/codex-scene.ts';
import { WriteQueue } from '../core/database/index.ts';
import { silentLog } from '../core/log.ts';
import { CooldownBook } from '../core/scheduling/index.ts';
import { type EpochMs, HOUR_MS } from '../core/time.ts';
import { restByLimits } from './rest-by-limits.ts';

let scene: CodexScene;
let accounts: CodexAccounts;
let one: BroughtIn;
let queue: WriteQueue;
let book: CooldownBook;

beforeEach(async () => {
  scene = await codexScene();
  one = await scene.bringIn();
  accounts = await scene.open();
  queue = new WriteQueue(scene.database, { flushIntervalMs: 1, maxRows: 1_000 }, silentLog);
  book = new CooldownBook(queue, scene.ctx.random);
  restByLimits(accounts, book, scene.clock);
});
afterEach(async () => {
  await queue.close(5_000);
  await scene.close();
});

const now = () => scene.clock.now();
const read = () => readUsage(scene.desk, accounts, one.account.credentialId);
const rests = () => book.list(now()).map(({ reason, until }) => [reason, until]);

function begin(reason: string) {
  const until = (now() + HOUR_MS) as EpochMs;
  book.begin(
    { scope: 'credential', subject: one.account.credentialId, until, reason, evidence: '429', source: 'body' },
    now(),
  );
}

test('a reading that shows room ends the rest for a usage limit early, and no other', async () => {
  begin('usage_limit');
  await read();
  expect(rests()).toEqual([]);
  begin('auth');
  await read();
  expect(rests()).toEqual([['auth', now() + HOUR_MS]]);
});

test('a reading that shows a full window begins a rest until it starts over', async () => {
  const { secondary } = one.chatgpt.limits[0];
  if (!secondary) throw new Error('there should be a long window');
  secondary.usedPercent = 100;
  await read();
  expect(rests()).toEqual([['usage_limit', secondary.resetsAtS * 1_000]]);
  secondary.usedPercent = 0;
  scene.clock.advance(1);
  await read();
  expect(rests()).toEqual([]);
});

test('what a single answer shows is not believed', async () => {
  begin('usage_limit');
  const { limits } = (await read()) as { limits: Parameters<CodexAccounts['observe']>[1] };
  begin('usage_limit');
  accounts.observe(one.account.credentialId, { ...limits, source: 'headers' });
  expect(rests()).toHaveLength(1);
});

test('a rest that began after the provider was asked is not refuted by its answer', async () => {
  scene.fake.plan({ path: '/backend-api/wham' }, { delayMs: 300 });
  const reading = read();
  await expect.poll(() => scene.fake.calls).toHaveLength(1);
  scene.clock.advance(5);
  begin('usage_limit');
  await reading;
  expect(rests()).toHaveLength(1);
});

test('new tokens end the rest of a refused credential', async () => {
  begin('auth');
  await accounts.refreshNow(one.account.credentialId, one.account.fingerprint);
  expect(rests()).toEqual([]);
});
