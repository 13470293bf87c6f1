import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codexFault } from '../testing/fake-codex.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../time.ts';
import { takeLease } from './codex-account-store.ts';
import type { CodexAccounts } from './codex-accounts.ts';
import { refreshDue } from './codex-jobs.ts';
import { type BroughtIn, type CodexScene, codexScene } from './testing/codex-scene.ts';

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
const refreshNow = (by: CodexAccounts = accounts) => by.refreshNow(id(), one.account.fingerprint);
const tokenCalls = () => scene.fake.calls.filter(({ path }) => path === '/oauth/token').length;

describe('a refresh', () => {
  test('stores both tokens, and the old refresh token is never used again', async () => {
    expect(await refreshNow()).toBe('refreshed');
    const row = await scene.row(id());
    expect(row).toMatchObject({ state: 'active', version: 2, lastRefreshAt: scene.clock.now() });
    expect(row.accessToken).not.toBe(one.tokens.access_token);
    expect(scene.fake.grants.openAccess(row.accessToken)).toMatchObject({ isExpired: false });
    scene.clock.advance(1);
    expect(await accounts.refresh(id(), { fingerprint: null })).toEqual({ kind: 'refreshed' });
    expect(scene.fake.grants.refreshes).toBe(2);
  });

  test('by a request that was refused with an older token is none', async () => {
    await refreshNow();
    expect(await refreshNow()).toBe('already');
    expect(tokenCalls()).toBe(1);
  });

  test('a hundred at once in each of three daemons are one call', async () => {
    const daemons = await Promise.all(Array.from({ length: 3 }, () => scene.open()));
    const outcomes = await Promise.all(daemons.flatMap((by) => Array.from({ length: 100 }, () => refreshNow(by))));
    expect(tokenCalls()).toBe(1);
    expect(outcomes.filter((outcome) => outcome === 'refreshed')).toHaveLength(1);
    expect(new Set(outcomes)).toEqual(new Set(['refreshed', 'already']));
  });

  test.each([[['refresh_token']], [['id_token', 'refresh_token']], [['access_token']]])(
    'whose answer lacks %j keeps what it had',
    async (omit) => {
      scene.fake.plan({ path: '/oauth/token' }, { omit });
      expect(await refreshNow()).toBe('refreshed');
      const { accessToken } = await scene.row(id());
      expect(accessToken === one.tokens.access_token).toBe(omit.includes('access_token'));
      expect((await scene.row(id())).version).toBe(2);
    },
  );

  test('is asked for as Codex CLI asks', async () => {
    await refreshNow();
    expect(scene.fake.calls[0]).toMatchObject({
      method: 'POST',
      path: '/oauth/token',
      headers: { 'content-type': 'application/json', originator: 'codex_cli_rs' },
      body: { grant_type: 'refresh_token', refresh_token: one.tokens.refresh_token },
    });
  });
});

describe('a refresh token that is worth nothing', () => {
  test.each([
    ['expired', 'refresh_token_expired'],
    ['revoked', 'refresh_token_invalidated'],
  ] as const)('because it is %s needs a login, and nobody asks again', async (state, code) => {
    scene.fake.grants.endRefresh(one.chatgpt, state);
    expect(await refreshNow()).toBe('needs_login');
    expect(await scene.row(id())).toMatchObject({ state: 'needs_login', why: code });
    expect(accounts.get(id())).toMatchObject({ state: 'needs_login', why: code });
    expect(await refreshNow()).toBe('needs_login');
    expect(tokenCalls()).toBe(1);
    expect(await accounts.refresh(id(), { fingerprint: null, force: true })).toMatchObject({ kind: 'needs_login' });
    expect(tokenCalls()).toBe(2);
  });

  test('because another program used it needs a login', async () => {
    scene.fake.grants.refresh(one.tokens.refresh_token);
    expect(await refreshNow()).toBe('needs_login');
    expect(await scene.row(id())).toMatchObject({ why: 'refresh_token_reused' });
  });

  test('because new tokens were brought in meanwhile does not', async () => {
    // The provider has taken the token already when the login comes, and answers late.
    scene.fake.plan(
      { path: '/oauth/token' },
      { delayMs: 500, ...codexFault.status(401, { error: { code: 'refresh_token_reused' } }) },
    );
    const refreshing = refreshNow();
    await expect.poll(tokenCalls).toBe(1);
    await scene.bringIn(one.chatgpt);
    expect(await refreshing).toBe('already');
    expect(await scene.row(id())).toMatchObject({ state: 'active', why: null, version: 2 });
  });

  test.each([
    ['400 invalid_grant', codexFault.status(400, { error: 'invalid_grant' }), 'needs_login'],
    ['a code at the top', codexFault.status(401, { code: 'refresh_token_expired' }), 'needs_login'],
    ['401 without a word', codexFault.status(401, {}), 'transient'],
    ['400 of another kind', codexFault.status(400, { error: { code: 'something_new' } }), 'transient'],
    ['429', codexFault.status(429, { error: { code: 'rate_limit_exceeded' } }), 'transient'],
    ['500', codexFault.status(500, { error: { code: 'invalid_grant' } }), 'transient'],
    ['a page', codexFault.blockedPage(), 'transient'],
    ['nonsense', codexFault.status(200, 'not json'), 'transient'],
    ['a broken connection', { instead: 'cut' }, 'transient'],
  ] as const)('%s means %s', async (_, fault, outcome) => {
    scene.fake.plan({ path: '/oauth/token' }, fault);
    expect(await refreshNow()).toBe(outcome);
    expect((await scene.row(id())).state).toBe(outcome === 'transient' ? 'active' : outcome);
  });
});

describe('after trouble', () => {
  test('the next try waits a little, longer each time, and then works', async () => {
    scene.fake.plan({ path: '/oauth/token' }, codexFault.status(503), 2);
    expect(await refreshNow()).toBe('transient');
    expect(await refreshNow()).toBe('transient');
    expect(tokenCalls()).toBe(1);
    scene.clock.advance(1_001);
    expect(await refreshNow()).toBe('transient');
    scene.clock.advance(1_001);
    expect(await refreshNow()).toBe('transient');
    expect(tokenCalls()).toBe(2);
    scene.clock.advance(1_001);
    expect(await refreshNow()).toBe('refreshed');
  });

  test('an operator need not wait', async () => {
    scene.fake.plan({ path: '/oauth/token' }, codexFault.status(503));
    await refreshNow();
    expect(await accounts.refresh(id(), { fingerprint: null, force: true })).toEqual({ kind: 'refreshed' });
  });

  test('tokens that the database did not take are not lost', async () => {
    const table = () => scene.ctx.db.schema;
    scene.fake.plan({ path: '/oauth/token' }, { delayMs: 300 });
    const refreshing = refreshNow();
    await expect.poll(tokenCalls).toBe(1);
    await table().renameTable('change_marks', 'out_of_reach');
    expect(await refreshing).toBe('transient');
    await table().renameTable('out_of_reach', 'change_marks');
    scene.clock.advance(MINUTE_MS);
    await refreshNow();
    expect(tokenCalls()).toBe(1);
    const { accessToken, version } = await scene.row(id());
    expect(version).toBe(2);
    expect(scene.fake.grants.openAccess(accessToken)).toMatchObject({ isExpired: false });
  });
});

describe('the lease', () => {
  const hold = (untilMs: number) =>
    takeLease(scene.ctx, one.account, {
      owner: 'lease_of_another' as never,
      now: scene.clock.now(),
      until: (scene.clock.now() + untilMs) as never,
    });

  test('is held by one at a time', async () => {
    expect(await hold(1_000)).toBe(true);
    expect(await hold(1_000)).toBe(false);
    scene.clock.advance(1_000);
    expect(await hold(1_000)).toBe(true);
  });

  test('of a holder that died ends by itself, and the next one refreshes', async () => {
    await hold(30_000);
    const before = scene.clock.now();
    expect(await refreshNow()).toBe('refreshed');
    expect(scene.clock.now() - before).toBeGreaterThanOrEqual(30_000);
  });

  test('is waited for, and not for ever', async () => {
    await hold(HOUR_MS);
    expect(await refreshNow()).toBe('transient');
    expect(tokenCalls()).toBe(0);
  });

  test('is given back after trouble', async () => {
    scene.fake.plan({ path: '/oauth/token' }, codexFault.status(503));
    await refreshNow();
    expect(await hold(1_000)).toBe(true);
  });
});

describe('by the clock', () => {
  const due = () => refreshDue({ desk: scene.desk, accounts });

  test('tokens are refreshed before they end, and not long before', async () => {
    scene.settings['codex.refresh_age_ms'] = 100 * DAY_MS;
    scene.clock.advance(10 * DAY_MS - 11 * MINUTE_MS);
    await due();
    expect(tokenCalls()).toBe(0);
    scene.clock.advance(6 * MINUTE_MS);
    await due();
    expect(tokenCalls()).toBe(1);
    expect((await scene.row(id())).accessExpiresAt).toBe(scene.clock.now() + 10 * DAY_MS);
  });

  test('tokens are refreshed when they are eight days old', async () => {
    scene.clock.advance(8 * DAY_MS - 1);
    await due();
    expect(tokenCalls()).toBe(0);
    scene.clock.advance(1);
    await due();
    expect(tokenCalls()).toBe(1);
  });

  test('one account that cannot be refreshed keeps no other from it', async () => {
    await scene.bringIn();
    await scene.bringIn();
    scene.fake.grants.endRefresh(one.chatgpt, 'expired');
    scene.clock.advance(9 * DAY_MS);
    await due();
    expect(scene.fake.grants.refreshes).toBe(2);
    await due();
    expect(tokenCalls()).toBe(3);
  });
});

test('no token is ever logged', async () => {
  await refreshNow();
  scene.fake.grants.endRefresh(one.chatgpt, 'revoked');
  await accounts.refresh(id(), { fingerprint: null });
  const { accessToken } = await scene.row(id());
  const said = scene.said.join('\n');
  expect(said).toContain('needs a new login');
  for (const token of [...Object.values(one.tokens).map(String), accessToken]) {
    if (token.length > 8) expect(said).not.toContain(token);
  }
});
