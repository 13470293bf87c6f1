import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codexFault } from '../testing/fake-codex.ts';
import { HOUR_MS, MINUTE_MS } from '../time.ts';
import { editUpstream } from '../upstreams/index.ts';
import type { CodexAccounts } from './codex-accounts.ts';
import { readDueUsage } from './codex-jobs.ts';
import { type LimitSnapshot, MAIN_LIMIT } from './limit-snapshot.ts';
import { limitsFromHeaders } from './read-limits.ts';
import { readUsage } from './read-usage.ts';
import { type BroughtIn, type CodexScene, codexScene } from './testing/codex-scene.ts';
import { pruneWindowResets, readResets } from './window-reset-store.ts';

let scene: CodexScene;
let accounts: CodexAccounts;
let one: BroughtIn;

beforeEach(async () => {
  scene = await codexScene();
  one = await scene.bringIn();
  accounts = await scene.open();
});
afterEach(async () => await scene.close());

const id = () => one.account.credentialId;
const usageCalls = () => scene.fake.calls.filter(({ path }) => path === '/backend-api/wham/usage');
const read = () => readUsage(scene.desk, accounts, id());
const used = (by: CodexAccounts = accounts) =>
  by.get(id())?.limits?.limits.find((limit) => limit.id === MAIN_LIMIT)?.short?.usedPercent;
const resets = async () => (await readResets(scene.ctx, { limit: 100 }, id())).items;

function seen(percent: number): LimitSnapshot {
  const resetS = Math.floor(scene.clock.now() / HOUR_MS + 1) * 3_600;
  const raw = { 'used-percent': percent, 'window-minutes': 300, 'reset-at': resetS };
  const headers = Object.entries(raw).flatMap(([name, value]) => [`x-codex-primary-${name}`, String(value)]);
  return limitsFromHeaders(headers, scene.clock.now()) as LimitSnapshot;
}

describe('reading usage', () => {
  test('shows plan, windows and credits, and asks as the account', async () => {
    one.chatgpt.plan = 'team';
    expect(await read()).toMatchObject({ kind: 'read', limits: { plan: 'team', source: 'usage' } });
    expect(accounts.get(id())).toMatchObject({ plan: 'team', limits: { limits: [{ id: 'codex' }] } });
    expect(usageCalls()[0]?.headers).toMatchObject({
      authorization: `Bearer ${one.tokens.access_token}`,
      'chatgpt-account-id': one.chatgpt.accountId,
    });
    expect(usageCalls()[0]?.headers).not.toHaveProperty('x-openai-fedramp');
  });

  test('with a token that is over refreshes it once', async () => {
    scene.fake.grants.expireAccess(one.chatgpt);
    expect((await read()).kind).toBe('read');
    expect(scene.fake.grants.refreshes).toBe(1);
    expect(usageCalls()).toHaveLength(2);
  });

  test('with a login that is over says so', async () => {
    scene.fake.grants.expireAccess(one.chatgpt);
    scene.fake.grants.endRefresh(one.chatgpt, 'revoked');
    expect(await read()).toEqual({ kind: 'needs_login', why: 'refresh_token_invalidated' });
  });

  test('of an account that is refused blocks it, until it is answered again', async () => {
    one.chatgpt.isDeactivated = true;
    expect(await read()).toEqual({ kind: 'blocked', why: 'account_deactivated' });
    expect(accounts.get(id())).toMatchObject({ state: 'active' });
    expect(await scene.row(id())).toMatchObject({ state: 'blocked', why: 'account_deactivated' });
    one.chatgpt.isDeactivated = false;
    await read();
    expect(await scene.row(id())).toMatchObject({ state: 'active', why: null });
  });

  test('new tokens alone do not bring a blocked account back', async () => {
    await accounts.block(id(), 'account_suspended');
    expect(await scene.row(id())).toMatchObject({ state: 'blocked' });
    await accounts.refresh(id(), { fingerprint: null });
    expect(await scene.row(id())).toMatchObject({ state: 'blocked', why: 'account_suspended', version: 2 });
  });

  test.each([
    ['a page in front of the backend', codexFault.blockedPage(), /status 403/],
    ['an error', codexFault.status(502), /status 502/],
    ['another answer than expected', codexFault.status(200, {}), /status 200/],
    ['a broken connection', { instead: 'cut' }, /the backend broke off/],
  ] as const)('%s is trouble and says nothing of the account', async (_, fault, why) => {
    scene.fake.plan({ path: '/backend-api/wham' }, fault);
    expect(await read()).toMatchObject({ kind: 'trouble', why: expect.stringMatching(why) });
    expect((await scene.row(id())).state).toBe('active');
  });

  test('goes to no private address that the upstream may not use', async () => {
    await scene.ctx.db('upstreams').update({ allow_private: 0 });
    expect(await read()).toMatchObject({ kind: 'trouble', why: expect.stringMatching(/private address/) });
    expect(usageCalls()).toHaveLength(0);
    await expect(editUpstream(scene.ctx, scene.keyring, scene.upstream.id, { allowPrivate: false })).rejects.toThrow();
  });
});

describe('by the clock', () => {
  test('usage is read once in a while, by one daemon of several', async () => {
    const daemons = [accounts, await scene.open(), await scene.open()];
    const turn = async () => await Promise.all(daemons.map((by) => readDueUsage({ desk: scene.desk, accounts: by })));
    await turn();
    expect(usageCalls()).toHaveLength(1);
    scene.clock.advance(5 * MINUTE_MS - 1);
    await turn();
    expect(usageCalls()).toHaveLength(1);
    scene.clock.advance(MINUTE_MS + 1);
    await turn();
    expect(usageCalls()).toHaveLength(2);
  });

  test('usage is not read of those that need a login, and of none when that is switched off', async () => {
    scene.settings['codex.usage_interval_ms'] = 0;
    await readDueUsage({ desk: scene.desk, accounts });
    scene.settings['codex.usage_interval_ms'] = 1_000;
    scene.fake.grants.endRefresh(one.chatgpt, 'revoked');
    await accounts.refresh(id(), { fingerprint: null });
    await readDueUsage({ desk: scene.desk, accounts });
    expect(usageCalls()).toHaveLength(0);
  });
});

describe('what answers show', () => {
  test('counts at once here, and for other daemons after the next flushes', async () => {
    const other = await scene.open();
    accounts.observe(id(), seen(12.5));
    expect(used()).toBe(12.5);
    expect(used(other)).toBeUndefined();
    await accounts.flush();
    await other.flush();
    expect([used(), used(other)]).toEqual([12.5, 12.5]);
    expect(used(await scene.open())).toBe(12.5);
  });

  test('is told to listeners here and elsewhere, once', async () => {
    const other = await scene.open();
    const told: string[] = [];
    accounts.onLimits((_, { source }) => told.push(`here ${source}`));
    other.onLimits((_, { source }) => told.push(`there ${source}`));
    accounts.observe(id(), seen(12));
    expect(told).toEqual(['here headers']);
    await accounts.flush();
    for (let i = 0; i < 3; i++) await other.flush();
    expect(told.filter((line) => line.startsWith('there'))).toEqual(['there headers']);
  });

  test('of a credential that is no account is nothing', async () => {
    accounts.observe('cred_unknown', seen(5));
    expect(accounts.get('cred_unknown')).toBeNull();
    await accounts.flush();
  });

  test('stays in memory while the database is away', async () => {
    accounts.observe(id(), seen(30));
    await scene.ctx.db.schema.renameTable('codex_window_resets', 'out_of_reach');
    await scene.ctx.db.schema.renameTable('codex_accounts', 'away');
    await expect(accounts.flush()).rejects.toThrow();
    await scene.ctx.db.schema.renameTable('away', 'codex_accounts');
    await scene.ctx.db.schema.renameTable('out_of_reach', 'codex_window_resets');
    expect(used()).toBe(30);
    await accounts.flush();
    expect(used(await scene.open())).toBe(30);
  });
});

describe('the history of windows', () => {
  test('has what was used of each when it ended', async () => {
    accounts.observe(id(), seen(20));
    await accounts.flush();
    scene.clock.advance(10 * MINUTE_MS);
    accounts.observe(id(), seen(35.25));
    await accounts.flush();
    const seenAt = scene.clock.now();
    scene.clock.advance(HOUR_MS);
    expect(used()).toBe(0);
    await accounts.flush();
    expect(await resets()).toMatchObject([
      { limitId: 'codex', minutes: 300, usedPercent: 35.25, seenAt, resetAt: expect.any(Number) },
    ]);
    await accounts.flush();
    expect(await resets()).toHaveLength(1);
  });

  test('has one entry for each end, however many daemons see it', async () => {
    accounts.observe(id(), seen(20));
    await accounts.flush();
    const daemons = await Promise.all(Array.from({ length: 4 }, () => scene.open()));
    scene.clock.advance(HOUR_MS);
    for (const by of daemons) by.observe(id(), seen(1));
    await Promise.all(daemons.map((by) => by.flush()));
    expect(await resets()).toHaveLength(1);
  });

  test('is pruned, in portions', async () => {
    for (let i = 0; i < 3; i++) {
      accounts.observe(id(), seen(20));
      await accounts.flush();
      scene.clock.advance(HOUR_MS);
    }
    await accounts.flush();
    expect(await resets()).toHaveLength(3);
    expect(await pruneWindowResets(scene.ctx, scene.clock.now(), 2)).toBe(2);
    expect(await resets()).toHaveLength(1);
  });
});
