import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../../testing/run.ts';
import { type StubDaemon, startStubDaemon } from '../../testing/stub-daemon.ts';

const ACCOUNT = {
  id: 'cred_1',
  name: 'dev-example.com',
  upstream_id: 'up_1',
  upstream: 'chatgpt',
  email: 'dev@example.com',
  account_id: 'acc-1',
  plan: 'pro',
  fedramp: false,
  state: 'active',
  why: null,
  enabled: true,
  access_expires_at: '2026-11-30T12:00:00.000Z',
  last_refresh_at: '2026-11-20T12:00:00.000Z',
  limits: [
    {
      id: 'codex',
      name: null,
      short: { used_percent: 42.5, window_minutes: 300, resets_at: '2026-11-20T17:00:00.000Z' },
      long: { used_percent: 100, window_minutes: 10_080, resets_at: null },
      reached: true,
      seen_at: '2026-11-20T12:00:00.000Z',
    },
  ],
  limits_seen_at: '2026-11-20T12:00:00.000Z',
  credits: { has: true, unlimited: false, balance: '12.50' },
  cooldowns: [],
  created_at: '2026-11-20T12:00:00.000Z',
};
const LOGIN = {
  id: 'clog_1',
  method: 'device',
  url: 'https://auth.example.com/codex/device',
  user_code: 'ABCD-EFGH',
  interval_s: 0,
  expires_at: '2026-11-20T12:15:00.000Z',
};

let daemon: StubDaemon;
let folder: string;

beforeEach(async () => {
  daemon = await startStubDaemon();
  folder = mkdtempSync(join(tmpdir(), 'realms-codex-cli-'));
  daemon.answer('beginCodexLogin', { status: 201, body: LOGIN });
});
afterEach(async () => {
  await daemon[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const call = (argv: readonly string[], stdin = '') => run(['codex', ...argv], { stdin, socket: daemon.address });
const seen = (operationId: string) => daemon.calls.filter((one) => one.operationId === operationId);

describe('login by device code', () => {
  test('shows address and code even when quiet, waits, and prints only the account', async () => {
    daemon.answer('pollCodexLogin', { status: 200, body: { state: 'pending', wait_s: 0.05, account: null } });
    const running = call(['login', 'chatgpt', '--as', 'mine', '-q', '-o', 'json']);
    await expect.poll(() => seen('pollCodexLogin').length).toBeGreaterThan(2);
    daemon.answer('pollCodexLogin', { status: 200, body: { state: 'done', wait_s: 0, account: ACCOUNT } });
    const { code, out, err } = await running;
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(ACCOUNT);
    expect(err).toBe('open https://auth.example.com/codex/device\nand type the code ABCD-EFGH\n');
    expect(seen('beginCodexLogin')[0]).toMatchObject({
      params: { upstream: 'chatgpt' },
      body: { method: 'device', name: 'mine' },
    });
  });

  test('goes on while the daemon is busy or away', async () => {
    daemon.answer('pollCodexLogin', { status: 503, body: { code: 'overloaded', title: 'Busy' } });
    const running = call(['login', 'chatgpt']);
    await expect.poll(() => seen('pollCodexLogin').length).toBe(1);
    daemon.answer('pollCodexLogin', { status: 200, body: { state: 'done', wait_s: 0, account: ACCOUNT } });
    expect((await running).code).toBe(0);
  });

  test('ends when the daemon says that the login is over', async () => {
    daemon.answer('pollCodexLogin', { status: 404, body: { code: 'not_found', detail: 'there is no login "clog_1"' } });
    expect((await call(['login', 'chatgpt'])).code).toBe(3);
  });

  test('gives up when the time is over', async () => {
    daemon.answer('pollCodexLogin', { status: 200, body: { state: 'pending', wait_s: 16 * 60, account: null } });
    const { code, err } = await call(['login', 'chatgpt']);
    expect(code).toBe(1);
    expect(err).toContain('nobody has typed the code in time');
  });
});

describe('login with a browser', () => {
  const browser = {
    ...LOGIN,
    method: 'browser',
    user_code: null,
    interval_s: null,
    url: 'https://auth.example.com/authorize',
  };

  const portOf = () => (seen('beginCodexLogin')[0]?.body as { port: number } | undefined)?.port;

  beforeEach(() => {
    daemon.answer('beginCodexLogin', { status: 201, body: browser });
    daemon.answer('finishCodexLogin', { status: 200, body: ACCOUNT });
  });

  test('reads the pasted address from stdin and repeats nothing of it', async () => {
    const pasted = 'http://localhost:1455/auth/callback?code=canary&state=st';
    const { code, out, err } = await call(['login', 'chatgpt', '--paste'], `\n  ${pasted}  \n`);
    expect(code).toBe(0);
    expect(err).toContain('open https://auth.example.com/authorize');
    expect(seen('finishCodexLogin')[0]?.body).toEqual({ callback_url: pasted });
    expect(out + err).not.toContain('canary');
  });

  test('wants an address', async () => {
    const { code, err } = await call(['login', 'chatgpt', '--paste']);
    expect([code, seen('finishCodexLogin')]).toEqual([2, []]);
    expect(err).toContain('no address was pasted');
  });

  test('takes the callback on this machine, once, in plain text', async () => {
    const running = call(['login', 'chatgpt', '--loopback']);
    await expect.poll(() => seen('beginCodexLogin').length).toBe(1);
    const port = portOf();
    expect([1455, 1457]).toContain(port);
    const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
    expect((await get('/favicon.ico')).status).toBe(404);
    const page = await get('/auth/callback?code=canary&state=st');
    expect(page.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await page.text()).toBe('You are logged in, and can close this page.\n');
    const { code, out, err } = await running;
    expect(code).toBe(0);
    expect(seen('finishCodexLogin')[0]?.body).toEqual({
      callback_url: 'http://localhost/auth/callback?code=canary&state=st',
    });
    expect(out + err).not.toContain('canary');
  });

  test('says in terminal and browser that it failed', async () => {
    daemon.answer('finishCodexLogin', {
      status: 403,
      body: { code: 'forbidden', detail: 'the login page answered access_denied' },
    });
    const running = call(['login', 'chatgpt', '--loopback']);
    await expect.poll(() => seen('beginCodexLogin').length).toBe(1);
    const port = portOf();
    const page = await fetch(`http://127.0.0.1:${port}/auth/callback?error=access_denied&state=st`);
    expect([page.status, await page.text()]).toEqual([400, 'The login failed; the terminal says why.\n']);
    expect(await running).toMatchObject({ code: 4, err: expect.stringContaining('access_denied') });
  });

  test('goes one way', async () => {
    expect((await call(['login', 'chatgpt', '--paste', '--loopback'])).code).toBe(2);
    expect(daemon.calls).toEqual([]);
  });
});

describe('import', () => {
  const imported = { account: ACCOUNT, is_new: true, form: 'codex-cli', refreshed: false };

  test('sends the file, and warns of who else has it', async () => {
    daemon.answer('importCodexAccount', { status: 201, body: imported });
    const file = join(folder, 'auth.json');
    writeFileSync(file, '{"tokens":{"refresh_token":"canary"}}');
    const { code, out, err } = await call(['import', file, '--upstream', 'chatgpt', '-o', 'json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(imported);
    expect(err).toContain('warning: its refresh token counts once');
    expect(seen('importCodexAccount')[0]?.body).toEqual({
      upstream: 'chatgpt',
      document: { tokens: { refresh_token: 'canary' } },
    });
    expect(out + err).not.toContain('canary');
  });

  test('reads stdin', async () => {
    expect((await call(['import', '-'], '{"a": 1}')).code).toBe(0);
    expect(seen('importCodexAccount')[0]?.body).toEqual({ document: { a: 1 } });
  });

  test.each([
    ['is no JSON', '-', '{"refresh_token": canary', 'stdin is not JSON'],
    ['is too large', '-', ' '.repeat(300_000), 'stdin cannot be read: it is too large'],
    ['is not there', '/nowhere/auth.json', '', '/nowhere/auth.json cannot be read: ENOENT'],
  ])('refuses what %s, and repeats nothing of it', async (_, file, stdin, message) => {
    const { code, err } = await call(['import', file], stdin);
    expect([code, daemon.calls]).toEqual([2, []]);
    expect(err).toContain(message);
    expect(err).not.toContain('canary');
  });
});

test('list shows both windows with their resets', async () => {
  daemon.answer('listCodexAccounts', { status: 200, body: { items: [ACCOUNT], next_cursor: null } });
  const { out } = await call(['list']);
  const [head = '', row = ''] = out.split('\n');
  expect(head.split(/\s{2,}/)).toEqual([
    'NAME',
    'UPSTREAM',
    'PLAN',
    'STATE',
    'SHORT',
    'RESETS',
    'LONG',
    'RESETS',
    'CREDITS',
    'REFRESHED',
    'WHY',
  ]);
  expect(row).toMatch(/dev-example\.com +chatgpt +pro +active +42\.5% +2026-11-20 17:00:00 +100% +- +12\.50/);
});

test('show --refresh says when the provider was not asked', async () => {
  daemon.answer('readCodexUsage', {
    status: 200,
    body: { ok: false, why: 'the backend did not answer in time', account: ACCOUNT },
  });
  const { code, out, err } = await call(['show', 'dev@example.com', '--refresh']);
  expect(code).toBe(8);
  expect(out).toContain('42.5% used, resets 2026-11-20 17:00:00');
  expect(err).toContain('the provider was not asked: the backend did not answer in time');
});

test('refresh ends with what came of it', async () => {
  const body = {
    outcome: 'needs_login',
    why: 'refresh_token_reused',
    account: { ...ACCOUNT, state: 'needs_login', why: 'refresh_token_reused' },
  };
  daemon.answer('refreshCodexAccount', { status: 200, body });
  const { code, out, err } = await call(['refresh', 'dev-example.com']);
  expect(code).toBe(8);
  expect(out).toMatch(/state +needs_login/);
  expect(err).toContain('realms codex login chatgpt');
});

test('logout asks first', async () => {
  expect((await call(['logout', 'dev-example.com'])).code).toBe(9);
  expect(daemon.calls).toEqual([]);
  expect((await call(['logout', 'dev-example.com', '--yes'])).code).toBe(0);
});
