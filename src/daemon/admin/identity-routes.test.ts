import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAdminToken, hashKeyText } from '../../core/identity/index.ts';
import { type AdminHarness, adminHarness } from './testing/admin-harness.ts';

let admin: AdminHarness;
beforeEach(async () => {
  admin = await adminHarness();
});
afterEach(async () => {
  await admin.close();
});

async function createAlice() {
  return await admin.call('POST', '/admin/users', { body: { name: 'alice', rpm: 10 } });
}

describe('users', () => {
  test('are created, shown, listed and changed', async () => {
    const created = await createAlice();
    expect(created.status).toBe(201);
    expect(created.json).toMatchObject({ name: 'alice', role: 'user', status: 'active', rpm: 10, tpm: null });
    expect((await admin.call('GET', '/admin/users/alice')).json).toEqual(created.json);
    const edited = await admin.call('PATCH', '/admin/users/alice', {
      body: { status: 'suspended', rpm: null, tpm: 5 },
    });
    expect(edited.json).toMatchObject({ status: 'suspended', rpm: null, tpm: 5 });
    expect(admin.live.state.identity.userById.get(created.json.id)?.status).toBe('suspended');
    expect((await admin.call('GET', '/admin/users/alise')).json.hint).toBe('did you mean "alice"?');
  });

  test('come in pages', async () => {
    for (const name of ['a', 'b', 'c']) {
      await admin.call('POST', '/admin/users', { body: { name } });
      admin.ctx.clock.advance(1);
    }
    const first = (await admin.call('GET', '/admin/users?limit=2')).json;
    expect(first.items.map((user: { name: string }) => user.name)).toEqual(['c', 'b']);
    const second = (await admin.call('GET', `/admin/users?limit=2&cursor=${first.next_cursor}`)).json;
    expect(second.items.map((user: { name: string }) => user.name)).toEqual(['a']);
    expect(second.next_cursor).toBeNull();
  });

  test('nobody makes or changes somebody above themselves', async () => {
    const { text } = await createAdminToken(admin.ctx, { name: 'ops', role: 'admin' });
    const tcp = await admin.listenTcp();
    const headers = { authorization: `Bearer ${text.reveal()}` };
    await admin.call('POST', '/admin/users', { body: { name: 'boss', role: 'root' } });
    await createAlice();
    const body = { role: 'root' };
    expect((await tcp.call('POST', '/admin/users', { body: { name: 'eve', ...body }, headers })).status).toBe(403);
    expect((await tcp.call('PATCH', '/admin/users/alice', { body, headers })).status).toBe(403);
    expect((await tcp.call('PATCH', '/admin/users/boss', { body: { rpm: 1 }, headers })).status).toBe(403);
    expect((await tcp.call('PATCH', '/admin/users/alice', { body: { role: 'admin' }, headers })).status).toBe(200);
  });

  test('the last root stays', async () => {
    await admin.call('POST', '/admin/users', { body: { name: 'boss', role: 'root' } });
    const answer = await admin.call('PATCH', '/admin/users/boss', { body: { status: 'closed' } });
    expect(answer.status).toBe(409);
    expect(answer.json.code).toBe('conflict');
  });
});

describe('keys', () => {
  test('show their text once, work at once, and are never shown again', async () => {
    await createAlice();
    const created = await admin.call('POST', '/admin/keys', {
      body: {
        user: 'alice',
        name: 'Laptop of Alice',
        models: ['gpt-*'],
        ips: ['10.0.0.0/8', '::1'],
        concurrency: 2,
        not_before: '2026-01-01T00:00:00Z',
        expires_at: '2027-01-01T00:00:00Z',
        disconnect_policy: 'cancel',
      },
    });
    expect(created.status).toBe(201);
    const { key, ...shown } = created.json;
    expect(key).toMatch(/^sk-/);
    expect(shown).toMatchObject({
      user: 'alice',
      name: 'Laptop of Alice',
      enabled: true,
      models: ['gpt-*'],
      ips: ['10.0.0.0/8', '::1'],
      groups: [],
      concurrency: 2,
      disconnect_policy: 'cancel',
      last_used_at: null,
    });
    expect(admin.live.state.identity.keyByHash.has(hashKeyText(key))).toBe(true);
    admin.said.length = 0;
    expect((await admin.call('GET', `/admin/keys/${shown.id}`)).json).toEqual(shown);
    expect((await admin.call('GET', '/admin/keys?user=alice')).json.items).toEqual([shown]);
    await admin.call('GET', '/admin/audit');
    expect(admin.said.join('\n')).not.toContain(key);
    expect(admin.said.join('\n')).not.toContain(hashKeyText(key));
  });

  test('are rotated: the old text dies, the new one works', async () => {
    await createAlice();
    const { json: before } = await admin.call('POST', '/admin/keys', { body: { user: 'alice', name: 'k' } });
    const { json: after } = await admin.call('POST', '/admin/keys/k/rotate');
    expect(after.id).toBe(before.id);
    expect(after.key).not.toBe(before.key);
    const { keyByHash } = admin.live.state.identity;
    expect([keyByHash.has(hashKeyText(before.key)), keyByHash.has(hashKeyText(after.key))]).toEqual([false, true]);
  });

  test('are changed and removed', async () => {
    await createAlice();
    await admin.call('POST', '/admin/keys', { body: { user: 'alice', name: 'k', rpm: 5 } });
    await admin.call('POST', '/admin/groups', { body: { name: 'cheap' } });
    const edited = await admin.call('PATCH', '/admin/keys/k', {
      body: { enabled: false, groups: ['cheap'], rpm: null },
    });
    expect(edited.json).toMatchObject({ enabled: false, groups: ['cheap'], rpm: null });
    expect((await admin.call('DELETE', '/admin/keys/k')).status).toBe(204);
    expect((await admin.call('GET', '/admin/keys/k')).status).toBe(404);
    expect(admin.live.state.identity.keyByHash.size).toBe(0);
  });

  test('refuse unknown users, unknown groups and addresses that are none', async () => {
    await createAlice();
    const missing = await admin.call('POST', '/admin/keys', { body: { user: 'nobody', name: 'k' } });
    expect(missing.status).toBe(404);
    const group = await admin.call('POST', '/admin/keys', { body: { user: 'alice', name: 'k', groups: ['nope'] } });
    expect(group.json).toMatchObject({ code: 'not_found', detail: 'there is no group "nope"' });
    const ip = await admin.call('POST', '/admin/keys', { body: { user: 'alice', name: 'k', ips: ['10.0.0.300'] } });
    expect(ip.json.errors).toEqual([{ path: 'ips.0', message: 'must be an address or a CIDR' }]);
  });

  test('the text of a key in place of its id is not repeated', async () => {
    const answer = await admin.call('GET', '/admin/keys/sk-canary0123456789');
    expect(answer.status).toBe(422);
    expect(admin.said.join('\n')).not.toContain('canary');
  });
});

describe('admin tokens', () => {
  test('show their text once, last 90 days unless said, and are revoked by name', async () => {
    const created = await admin.call('POST', '/admin/tokens', { body: { name: 'ci', role: 'operator' } });
    expect(created.status).toBe(201);
    const { token, ...shown } = created.json;
    expect(shown).toMatchObject({ name: 'ci', role: 'operator', expires_at: '2026-04-01T00:00:00.000Z' });
    admin.said.length = 0;
    expect((await admin.call('GET', '/admin/tokens')).json.items).toEqual([shown]);
    expect((await admin.call('GET', '/admin/audit')).json.items[0]).toMatchObject({ action: 'admin_token.create' });
    expect(admin.said.join('\n')).not.toContain(token);
    expect((await admin.call('DELETE', '/admin/tokens/ci')).status).toBe(204);
    expect((await admin.call('DELETE', '/admin/tokens/ci')).status).toBe(404);
  });

  test('a role that no token can have', async () => {
    const answer = await admin.call('POST', '/admin/tokens', { body: { name: 'ci', role: 'user' } });
    expect(answer.json.errors[0].path).toBe('role');
  });
});
