import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAdminToken } from '../../core/identity/index.ts';
import { DAY_MS, epochMs } from '../../core/time.ts';
import { type AdminHarness, adminHarness, type TcpDoor } from './testing/admin-harness.ts';

let admin: AdminHarness;
let tcp: TcpDoor;
beforeEach(async () => {
  admin = await adminHarness();
  tcp = await admin.listenTcp();
});
afterEach(async () => {
  await admin.close();
});

async function bearer(role: 'root' | 'admin' | 'operator', name: string = role): Promise<Record<string, string>> {
  const expiresAt = epochMs(admin.ctx.clock.now() + DAY_MS);
  const { text } = await createAdminToken(admin.ctx, { name, role, expiresAt });
  return { authorization: `Bearer ${text.reveal()}` };
}

describe('over TCP', () => {
  test('without a token nothing answers, not even what does not exist', async () => {
    for (const path of ['/admin/status', '/admin/nothing', '/metrics', '/admin/openapi.json']) {
      const answer = await tcp.call('GET', path);
      expect(answer.status, path).toBe(401);
      expect(answer.json).toMatchObject({
        code: 'unauthenticated',
        hint: expect.stringContaining('realms token create'),
      });
      expect(answer.headers['www-authenticate']).toContain('Bearer');
    }
  });

  test('health is open to everybody', async () => {
    expect((await tcp.call('GET', '/healthz')).json).toEqual({ status: 'ok' });
    expect((await tcp.call('GET', '/readyz')).json).toEqual({ status: 'ok' });
  });

  test('a good token is let in and named in the audit log, with its reason', async () => {
    const headers = {
      ...(await bearer('root', 'ci')),
      'realms-reason': 'roll%20out%20%E4%B8%80',
      'realms-actor': 'mallory',
    };
    expect((await tcp.call('PUT', '/admin/features/tickets', { body: { enabled: false }, headers })).status).toBe(200);
    const [entry] = (await tcp.call('GET', '/admin/audit', { headers })).json.items;
    expect(entry).toMatchObject({ actor: 'token:ci', action: 'feature.set', object: 'tickets', reason: 'roll out 一' });
  });

  test('wrong, expired and revoked tokens get the same answer', async () => {
    const headers = await bearer('root', 'short');
    admin.ctx.clock.advance(2 * DAY_MS);
    const expired = await tcp.call('GET', '/admin/status', { headers });
    const wrong = await tcp.call('GET', '/admin/status', { headers: { authorization: 'Bearer rat-nope' } });
    const revoked = await bearer('root', 'gone');
    await admin.call('DELETE', '/admin/tokens/gone');
    const dead = await tcp.call('GET', '/admin/status', { headers: revoked });
    for (const answer of [expired, wrong, dead]) {
      expect(answer.status).toBe(401);
      expect(answer.json.detail).toBe('the admin token is not valid');
    }
  });

  test('a northbound key opens nothing here', async () => {
    await admin.call('POST', '/admin/users', { body: { name: 'alice' } });
    const { json } = await admin.call('POST', '/admin/keys', { body: { user: 'alice', name: 'laptop' } });
    const answer = await tcp.call('GET', '/admin/status', { headers: { authorization: `Bearer ${json.key}` } });
    expect(answer.status).toBe(401);
  });

  test('an operator reads and tries, an admin changes, root alone makes tokens', async () => {
    const operator = await bearer('operator');
    const adminToken = await bearer('admin');
    const flip = { body: { enabled: false } };
    expect((await tcp.call('GET', '/admin/upstreams', { headers: operator })).status).toBe(200);
    const refused = await tcp.call('PUT', '/admin/features/tickets', { ...flip, headers: operator });
    expect(refused.status).toBe(403);
    expect(refused.json).toMatchObject({ code: 'forbidden', detail: 'this needs the role admin' });
    expect((await tcp.call('PUT', '/admin/features/tickets', { ...flip, headers: adminToken })).status).toBe(200);
    expect((await tcp.call('GET', '/admin/tokens', { headers: adminToken })).status).toBe(403);
    expect((await tcp.call('POST', '/admin/keyring/rotate', { headers: adminToken })).status).toBe(403);
  });

  test('money settings are for root alone', async () => {
    const headers = await bearer('admin');
    const answer = await tcp.call('PUT', '/admin/settings/payment.anything', { body: { value: '1' }, headers });
    expect(answer.status).toBe(403);
    const root = await tcp.call('PUT', '/admin/settings/payment.anything', {
      body: { value: '1' },
      headers: await bearer('root'),
    });
    expect(root.json.code).toBe('invalid_input');
  });

  test('wrong tokens from one address run into a limit, which ends by itself', async () => {
    const guess = { headers: { authorization: 'Bearer rat-guess' } };
    for (let i = 0; i < 20; i++) expect((await tcp.call('GET', '/admin/status', guess)).status).toBe(401);
    const limited = await tcp.call('GET', '/admin/status', guess);
    expect(limited.status).toBe(429);
    expect(limited.json.code).toBe('too_many_attempts');
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0);
    admin.ctx.clock.advance(61_000);
    expect((await tcp.call('GET', '/admin/status', { headers: await bearer('root') })).status).toBe(200);
  });
});

describe('on the socket', () => {
  test('whoever may open it is root; the claimed name is marked as a claim', async () => {
    await admin.call('PUT', '/admin/features/tickets', {
      body: { enabled: false },
      headers: { 'realms-actor': 'alice' },
    });
    await admin.call('PUT', '/admin/features/tickets', {
      body: { enabled: true },
      headers: { 'realms-actor': 'a b\u00e9' },
    });
    const actors = (await admin.call('GET', '/admin/audit')).json.items.map((entry: { actor: string }) => entry.actor);
    expect(new Set(actors)).toEqual(new Set(['local:admin.sock (says: alice)', 'local:admin.sock']));
  });
});
