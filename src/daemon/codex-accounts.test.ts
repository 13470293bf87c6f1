import { afterEach, beforeEach, expect, test } from 'vitest';
import { limitsFromHeaders } from '../core/codex/index.ts';
import { type ChatGptAccount, codexFault, type FakeCodex, startFakeCodex } from '../core/testing/fake-codex.ts';
import { adminCall } from './testing/admin-call.ts';
import { type BootedDaemon, bootDaemon } from './testing/boot-daemon.ts';

let fake: FakeCodex;
let boot: BootedDaemon;
let chatgpt: ChatGptAccount;

beforeEach(async () => {
  fake = await startFakeCodex();
  boot = await bootDaemon({
    settings: {
      'codex.auth_base_url': fake.authBaseUrl,
      'codex.backend_base_url': fake.backendBaseUrl,
      'codex.allow_private': true,
    },
  });
  chatgpt = fake.addAccount({ email: 'dev@example.com' });
  await post('/admin/upstreams', { name: 'chatgpt', kind: 'codex', allow_private: true });
});
afterEach(async () => {
  await boot.stop();
  await fake.close();
});

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
const post = (path: string, body: object = {}) => adminCall<any>(boot.folder, 'POST', path, body);
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
const get = (path: string) => adminCall<any>(boot.folder, 'GET', path);
const importFile = () => post('/admin/codex-accounts/import', { document: fake.authFile(chatgpt) });
const accounts = () => boot.house.live.codex.accounts;

test('a login that was begun is finished after a restart', async () => {
  const device = await post('/admin/upstreams/chatgpt/codex-logins', { method: 'device' });
  const browser = await post('/admin/upstreams/chatgpt/codex-logins', { method: 'browser' });
  await boot.restart();
  fake.approve(device.user_code, chatgpt);
  expect(await post(`/admin/codex-logins/${device.id}/poll`)).toMatchObject({
    state: 'done',
    account: { plan: 'plus' },
  });
  const callback_url = fake.consent(browser.url, fake.addAccount({ email: 'other@example.com' }));
  expect(await post(`/admin/codex-logins/${browser.id}/callback`, { callback_url })).toMatchObject({
    email: 'other@example.com',
  });
  expect((await get('/admin/codex-accounts')).items).toHaveLength(2);
});

test('the relay has new tokens as soon as a refresh says so', async () => {
  const { account } = await importFile();
  const secret = () => {
    const [upstream] = [...boot.house.live.state.topology.upstreams.values()];
    return upstream?.credentials[0]?.secret.reveal() ?? '';
  };
  const before = secret();
  const credential = (await get('/admin/credentials')).items[0];
  expect(await accounts().refreshNow(account.id, credential.fingerprint)).toBe('refreshed');
  expect(secret()).not.toBe(before);
  expect(fake.grants.openAccess(secret())).toMatchObject({ isExpired: false });
  expect(await accounts().refreshNow(account.id, credential.fingerprint)).toBe('already');
});

test('what answers showed is there after a restart', async () => {
  const { account } = await importFile();
  const raw = ['x-codex-primary-used-percent', '77', 'x-codex-primary-window-minutes', '300'];
  const seen = limitsFromHeaders(raw, boot.ctx.clock.now());
  if (!seen) throw new Error('these headers have a window');
  accounts().observe(account.id, seen);
  await boot.restart();
  expect(accounts().get(account.id)?.limits?.limits).toMatchObject([{ id: 'codex', short: { usedPercent: 77 } }]);
});

test('a stop waits for tokens that are on their way', async () => {
  const { account } = await importFile();
  const credential = (await get('/admin/credentials')).items[0];
  fake.plan({ path: '/oauth/token' }, { delayMs: 300 });
  const refreshing = accounts().refreshNow(account.id, credential.fingerprint);
  await expect.poll(() => fake.calls.at(-1)?.path).toBe('/oauth/token');
  await boot.restart();
  expect(await refreshing).toBe('refreshed');
  expect((await post(`/admin/codex-accounts/${account.id}/usage`)).ok).toBe(true);
  expect(fake.grants.refreshes).toBe(1);
});

test('a test of its credential asks for the usage, and ends the rest of a refused one', async () => {
  const { account } = await importFile();
  const now = boot.ctx.clock.now();
  const rest = {
    scope: 'credential',
    subject: account.id,
    reason: 'auth',
    evidence: '401',
    source: 'default',
  } as const;
  boot.house.cooldowns.begin({ ...rest, until: (now + 60_000) as typeof now }, now);
  expect(await post(`/admin/credentials/${account.id}/test`)).toMatchObject({
    ok: true,
    results: [{ ok: true, status: 200, detail: 'tells the usage of a plus account' }],
  });
  expect(boot.house.cooldowns.list(boot.ctx.clock.now())).toEqual([]);
  fake.plan({ path: '/backend-api/wham' }, codexFault.blockedPage());
  expect(await post(`/admin/credentials/${account.id}/test`)).toMatchObject({
    ok: false,
    results: [{ detail: 'the backend answered with status 403' }],
  });
});
