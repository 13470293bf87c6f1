import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAdminToken } from '../../core/identity/index.ts';
import { setSetting } from '../../core/settings/index.ts';
import { type ChatGptAccount, codexFault, type FakeCodex, startFakeCodex } from '../../core/testing/fake-codex.ts';
import { HOUR_MS } from '../../core/time.ts';
import { type AdminHarness, adminHarness } from './testing/admin-harness.ts';

let harness: AdminHarness;
let fake: FakeCodex;
let chatgpt: ChatGptAccount;
/** Every token that the provider gave; none may be in any answer or log line. */
const canaries: string[] = [];

beforeEach(async () => {
  canaries.length = 0;
  harness = await adminHarness();
  fake = await startFakeCodex({ clock: harness.ctx.clock });
  const issue = fake.grants.issue.bind(fake.grants);
  fake.grants.issue = (...given) => {
    const tokens = issue(...given);
    canaries.push(tokens.access_token, tokens.refresh_token, tokens.id_token);
    return tokens;
  };
  await setSetting(harness.ctx, 'codex.auth_base_url', fake.authBaseUrl);
  await setSetting(harness.ctx, 'codex.allow_private', 'true');
  await setSetting(harness.ctx, 'codex.backend_base_url', fake.backendBaseUrl);
  await harness.live.refresh('settings');
  chatgpt = fake.addAccount({ email: 'dev@example.com', plan: 'pro' });
  await post('/admin/upstreams', { name: 'chatgpt', kind: 'codex', allow_private: true });
});
afterEach(async () => {
  const said = harness.said.join('\n');
  expect(canaries.filter((canary) => said.includes(canary))).toEqual([]);
  const stored = JSON.stringify([
    await harness.ctx.db('codex_accounts').select('*'),
    await harness.ctx.db('credentials').select('*'),
    await harness.ctx.db('audit_events').select('*'),
  ]);
  expect(canaries.filter((canary) => stored.includes(canary))).toEqual([]);
  await fake.close();
  await harness.close();
});

const call = (method: string, path: string, body?: object) => harness.call(method, path, body && { body });
const post = (path: string, body: object = {}) => call('POST', path, body);
const importFile = (changes: object = {}) =>
  post('/admin/codex-accounts/import', { document: fake.authFile(chatgpt), ...changes });
const actions = async () =>
  new Set<string>((await call('GET', '/admin/audit')).json.items.map((entry: { action: string }) => entry.action));

test('an upstream of the kind codex has its address from the configuration, and takes no key', async () => {
  const { json } = await call('GET', '/admin/upstreams/chatgpt');
  expect(json).toMatchObject({ kind: 'codex', state: 'unusable', endpoints: [{ base_url: fake.codexBaseUrl }] });
  const keyed = await post('/admin/upstreams', {
    name: 'other',
    kind: 'codex',
    allow_private: true,
    key: 'sk-0123456789',
  });
  expect(keyed).toMatchObject({ status: 409, json: { detail: expect.stringContaining('takes no keys') } });
  expect(await post('/admin/upstreams', { name: 'other' })).toMatchObject({
    status: 422,
    json: { errors: [{ path: 'base_url' }] },
  });
});

describe('a login', () => {
  test('by device code is polled until it is done', async () => {
    const begun = await post('/admin/upstreams/chatgpt/codex-logins', { method: 'device' });
    expect(begun).toMatchObject({
      status: 201,
      json: { method: 'device', interval_s: 5, url: `${fake.authBaseUrl}/codex/device` },
    });
    const path = `/admin/codex-logins/${begun.json.id}/poll`;
    expect((await post(path)).json).toEqual({ state: 'pending', wait_s: 5, account: null });
    fake.approve(begun.json.user_code, chatgpt);
    harness.ctx.clock.advance(5_000);
    const done = await post(path);
    expect(done.json).toMatchObject({
      state: 'done',
      account: {
        name: 'dev-example.com',
        upstream: 'chatgpt',
        email: 'dev@example.com',
        plan: 'pro',
        state: 'active',
        limits: [{ id: 'codex', short: { used_percent: 0, window_minutes: 300 }, long: { window_minutes: 10_080 } }],
        credits: { has: false },
      },
    });
    expect((await call('GET', '/admin/upstreams/chatgpt')).json).toMatchObject({
      state: 'ready',
      ready_credentials: 1,
    });
    expect(await actions()).toEqual(new Set(['codex.login', 'codex.login_begin', 'upstream.create']));
    // Requests are decided by it already.
    expect(harness.live.codex.accounts.get(done.json.account.id)).toMatchObject({ accountId: chatgpt.accountId });
  });

  test('by a pasted address ends with the account', async () => {
    const { json: begun } = await post('/admin/upstreams/chatgpt/codex-logins', {
      method: 'browser',
      name: 'mine',
      port: 1457,
    });
    const done = await post(`/admin/codex-logins/${begun.id}/callback`, {
      callback_url: fake.consent(begun.url, chatgpt),
    });
    expect(done).toMatchObject({ status: 200, json: { name: 'mine', state: 'active' } });
    expect(await post(`/admin/codex-logins/${begun.id}/callback`, { callback_url: '?code=a&state=b' })).toMatchObject({
      status: 404,
    });
  });

  test('belongs to the token that began it', async () => {
    const door = await harness.listenTcp();
    const tokens = await Promise.all(
      ['alice', 'mallory'].map((name) => createAdminToken(harness.ctx, { name, role: 'admin', expiresAt: null })),
    );
    const [alice, mallory] = tokens.map(({ text }) => ({ authorization: `Bearer ${text.reveal()}` }));
    const body = { method: 'browser' };
    const begun = (await door.call('POST', '/admin/upstreams/chatgpt/codex-logins', { body, headers: alice ?? {} }))
      .json;
    const finish = (headers: Record<string, string> = {}) =>
      door.call('POST', `/admin/codex-logins/${begun.id}/callback`, {
        body: { callback_url: fake.consent(begun.url, chatgpt) },
        headers,
      });
    expect((await finish(mallory)).status).toBe(404);
    expect((await call('DELETE', `/admin/codex-logins/${begun.id}`)).status).toBe(404);
    expect((await finish(alice)).status).toBe(200);
  });

  test('can be given up', async () => {
    const { json: begun } = await post('/admin/upstreams/chatgpt/codex-logins', { method: 'browser' });
    expect((await call('DELETE', `/admin/codex-logins/${begun.id}`)).status).toBe(204);
    expect((await call('DELETE', `/admin/codex-logins/${begun.id}`)).status).toBe(404);
  });

  test('that cannot be kept is ended with the provider', async () => {
    await importFile();
    await post('/admin/upstreams', { name: 'second', kind: 'codex', allow_private: true });
    const { json: begun } = await post('/admin/upstreams/second/codex-logins', { method: 'browser' });
    const refused = await post(`/admin/codex-logins/${begun.id}/callback`, {
      callback_url: fake.consent(begun.url, chatgpt),
    });
    expect(refused).toMatchObject({ status: 409, json: { detail: expect.stringContaining('"chatgpt" already') } });
    expect(fake.calls.at(-1)).toMatchObject({ path: '/oauth/revoke' });
  });

  test('is not for an upstream that takes keys', async () => {
    await post('/admin/upstreams', { name: 'plain', base_url: 'https://example.com/v1' });
    expect((await post('/admin/upstreams/plain/codex-logins', { method: 'browser' })).status).toBe(409);
  });
});

describe('an import', () => {
  test('keeps the account, also where its usage cannot be read', async () => {
    fake.plan({ path: '/backend-api/wham' }, codexFault.blockedPage());
    const { status, json } = await importFile({ upstream: 'chatgpt', name: 'mine' });
    expect(status).toBe(201);
    expect(json).toMatchObject({
      is_new: true,
      form: 'codex-cli',
      refreshed: false,
      account: { name: 'mine', limits: [], limits_seen_at: null },
    });
    expect((await importFile()).json).toMatchObject({ is_new: false, account: { name: 'mine' } });
  });

  test.each([
    [{}, 'holds no tokens'],
    [{ OPENAI_API_KEY: 'sk-canary-0123' }, 'holds an API key'],
    ['canary text', 'not a JSON object'],
  ])('of %j is refused, and nothing of it is repeated', async (document, detail) => {
    const answer = await post('/admin/codex-accounts/import', { document });
    expect(answer).toMatchObject({
      status: 422,
      json: { detail: expect.stringContaining(detail), errors: [{ path: 'document' }] },
    });
    expect(answer.text).not.toContain('canary');
  });
});

describe('an account', () => {
  beforeEach(async () => {
    await importFile();
  });

  test('is listed and found by name, id and mail address', async () => {
    const [account] = (await call('GET', '/admin/codex-accounts?upstream=chatgpt')).json.items;
    for (const ref of [account.id, 'dev-example.com', 'chatgpt/dev-example.com', 'DEV@example.com']) {
      expect((await call('GET', `/admin/codex-accounts/${encodeURIComponent(ref)}`)).json).toEqual(account);
    }
    expect((await call('GET', '/admin/codex-accounts/nobody')).status).toBe(404);
  });

  test('shows what is used when it is asked for', async () => {
    const { primary } = chatgpt.limits[0];
    if (primary) primary.usedPercent = 61;
    const { json } = await post('/admin/codex-accounts/dev-example.com/usage');
    expect(json).toMatchObject({ ok: true, why: null, account: { limits: [{ short: { used_percent: 61 } }] } });
    fake.plan({ path: '/backend-api/wham' }, codexFault.status(502));
    expect((await post('/admin/codex-accounts/dev-example.com/usage')).json).toMatchObject({
      ok: false,
      why: 'the backend answered with status 502',
      account: { limits: [{ short: { used_percent: 61 } }] },
    });
  });

  test('is refreshed on demand, also when it needs a login', async () => {
    expect((await post('/admin/codex-accounts/dev-example.com/refresh')).json).toMatchObject({
      outcome: 'refreshed',
      why: null,
    });
    fake.grants.endRefresh(chatgpt, 'revoked');
    for (let i = 0; i < 2; i++) {
      expect((await post('/admin/codex-accounts/dev-example.com/refresh')).json).toMatchObject({
        outcome: 'needs_login',
        why: 'refresh_token_invalidated',
        account: { state: 'needs_login', why: 'refresh_token_invalidated' },
      });
    }
    expect((await call('GET', '/admin/credentials')).json.items).toMatchObject([{ state: 'needs_login' }]);
    expect((await call('GET', '/admin/upstreams/chatgpt')).json.state).toBe('unusable');
  });

  test('is logged out with its credential', async () => {
    expect((await call('DELETE', '/admin/codex-accounts/dev-example.com')).json).toMatchObject({
      name: 'dev-example.com',
      revoked: true,
    });
    expect((await call('GET', '/admin/credentials')).json.items).toEqual([]);
    expect(await actions()).toContain('codex.logout');
  });

  test('has a history of its windows', async () => {
    const { primary } = chatgpt.limits[0];
    if (primary) primary.usedPercent = 40;
    await post('/admin/codex-accounts/dev-example.com/usage');
    harness.ctx.clock.advance(6 * HOUR_MS);
    await harness.live.codex.accounts.flush();
    await harness.live.codex.accounts.flush();
    for (const query of ['', '?account=dev-example.com']) {
      expect((await call('GET', `/admin/codex-history${query}`)).json.items).toMatchObject([
        { account: 'dev-example.com', limit: 'codex', window_minutes: 300, used_percent: 40, lost_percent: 60 },
      ]);
    }
  });
});
