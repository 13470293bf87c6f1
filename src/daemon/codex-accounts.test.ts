import { afterEach, beforeEach, expect, test } from 'vitest';
import { limitsFromHeaders } from '../core/codex/index.ts';
import { codexFault } from '../core/testing/fake-codex.ts';
import { bootWithCodex, type CodexBoot } from './testing/codex-boot.ts';

let scene: CodexBoot;

beforeEach(async () => {
  scene = await bootWithCodex();
});
afterEach(async () => await scene.stop());

const accounts = () => scene.boot.house.live.codex.accounts;
const credentialOf = async (id: string) =>
  (await scene.get('/admin/credentials')).items.find((one: { id: string }) => one.id === id);

test('a login that was begun is finished after a restart', async () => {
  const device = await scene.post('/admin/upstreams/chatgpt/codex-logins', { method: 'device' });
  const browser = await scene.post('/admin/upstreams/chatgpt/codex-logins', { method: 'browser' });
  await scene.boot.restart();
  scene.fake.approve(device.user_code, scene.fake.addAccount());
  expect(await scene.post(`/admin/codex-logins/${device.id}/poll`)).toMatchObject({
    state: 'done',
    account: { plan: 'plus' },
  });
  const callback_url = scene.fake.consent(browser.url, scene.fake.addAccount({ email: 'other@example.com' }));
  expect(await scene.post(`/admin/codex-logins/${browser.id}/callback`, { callback_url })).toMatchObject({
    email: 'other@example.com',
  });
  expect((await scene.get('/admin/codex-accounts')).items).toHaveLength(2);
});

test('the relay has new tokens as soon as a refresh says so', async () => {
  const { id } = await scene.bringIn();
  const secret = () => {
    const [upstream] = [...scene.boot.house.live.state.topology.upstreams.values()];
    return upstream?.credentials[0]?.secret.reveal() ?? '';
  };
  const before = secret();
  const credential = await credentialOf(id);
  expect(await accounts().refreshNow(id, credential.fingerprint)).toBe('refreshed');
  expect(secret()).not.toBe(before);
  expect(scene.fake.grants.openAccess(secret())).toMatchObject({ isExpired: false });
  expect(await accounts().refreshNow(id, credential.fingerprint)).toBe('already');
});

test('what answers showed is there after a restart', async () => {
  const { id } = await scene.bringIn();
  const raw = ['x-codex-primary-used-percent', '77', 'x-codex-primary-window-minutes', '300'];
  const seen = limitsFromHeaders(raw, scene.boot.ctx.clock.now());
  if (!seen) throw new Error('these headers have a window');
  accounts().observe(id, seen);
  await scene.boot.restart();
  expect(accounts().get(id)?.limits?.limits).toMatchObject([{ id: 'codex', short: { usedPercent: 77 } }]);
});

test('a stop waits for tokens that are on their way', async () => {
  const { id } = await scene.bringIn();
  const credential = await credentialOf(id);
  scene.fake.plan({ path: '/oauth/token' }, { delayMs: 300 });
  const refreshing = accounts().refreshNow(id, credential.fingerprint);
  await expect.poll(() => scene.fake.calls.at(-1)?.path).toBe('/oauth/token');
  await scene.boot.restart();
  expect(await refreshing).toBe('refreshed');
  expect((await scene.post(`/admin/codex-accounts/${id}/usage`)).ok).toBe(true);
  expect(scene.fake.grants.refreshes).toBe(1);
});

test('a test of its credential asks for the usage, and ends the rest of a refused one', async () => {
  const { id } = await scene.bringIn();
  const now = scene.boot.ctx.clock.now();
  const rest = {
    scope: 'credential',
    subject: id,
    reason: 'auth',
    evidence: '401',
    source: 'default',
  } as const;
  scene.boot.house.cooldowns.begin({ ...rest, until: (now + 60_000) as typeof now }, now);
  expect(await scene.post(`/admin/credentials/${id}/test`)).toMatchObject({
    ok: true,
    results: [{ ok: true, status: 200, detail: 'tells the usage of a plus account' }],
  });
  expect(scene.boot.house.cooldowns.list(scene.boot.ctx.clock.now())).toEqual([]);
  scene.fake.plan({ path: '/backend-api/wham' }, codexFault.blockedPage());
  expect(await scene.post(`/admin/credentials/${id}/test`)).toMatchObject({
    ok: false,
    results: [{ detail: 'the backend answered with status 403' }],
  });
});
