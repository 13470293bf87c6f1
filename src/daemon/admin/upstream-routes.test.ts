import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CooldownId } from '../../core/ids.ts';
import type { Cooldown } from '../../core/scheduling/index.ts';
import { epochMs } from '../../core/time.ts';
import { type AdminHarness, adminHarness } from './testing/admin-harness.ts';

const KEY = 'sk-canary-0123456789abcdef';
const OTHER_KEY = 'sk-canary-fedcba9876543210';
const PROXY = 'http://proxy:canary-proxy-pass@proxy.example:3128';

let admin: AdminHarness;
beforeEach(async () => {
  admin = await adminHarness();
});
afterEach(async () => {
  // Nothing that was answered or logged in any of these tests may hold a secret.
  expect(admin.said.join('\n')).not.toMatch(/canary/);
  await admin.close();
});

async function createOne(extra: Record<string, unknown> = {}) {
  return await admin.call('POST', '/admin/upstreams', {
    body: { name: 'one', base_url: 'https://api.example.com/v1/', key: KEY, ...extra },
  });
}

function cooldown(subject: string, scope: Cooldown['scope']): Cooldown {
  const now = admin.ctx.clock.now();
  return {
    id: `cool_${subject.length}` as CooldownId,
    scope,
    subject,
    until: epochMs(now + 60_000),
    reason: 'rate_limit',
    evidence: '429 rate_limit_exceeded',
    source: 'header',
    rung: 0,
    createdAt: now,
  };
}

describe('upstreams', () => {
  test('are created with endpoint and credential, found by name and id, and known to the relay at once', async () => {
    const created = await createOne({
      priority: 3,
      header_override: { 'x-api-key': 'canary-header', 'x-team': 'blue' },
    });
    expect(created.status).toBe(201);
    expect(created.json).toMatchObject({
      name: 'one',
      kind: 'openai',
      enabled: true,
      state: 'ready',
      ready_credentials: 1,
      total_credentials: 1,
      priority: 3,
      header_override: { 'x-api-key': '[redacted]', 'x-team': 'blue' },
      endpoints: [{ base_url: 'https://api.example.com/v1', enabled: true, cooldowns: [] }],
      credentials: [{ name: 'default', state: 'ready', hint: 'sk-…cdef', has_proxy: false, cooldowns: [] }],
    });
    expect(created.json.credentials[0].fingerprint).toMatch(/^[0-9a-f]{12}$/);
    expect([...admin.live.state.topology.upstreams.values()][0]?.name).toBe('one');
    expect((await admin.call('GET', '/admin/upstreams/one')).json).toEqual(created.json);
    expect((await admin.call('GET', `/admin/upstreams/${created.json.id}`)).json).toEqual(created.json);
    expect((await admin.call('GET', '/admin/upstreams')).json).toEqual({ items: [created.json], next_cursor: null });
  });

  test('a bad address, a taken name and an unknown name say what to do', async () => {
    const plain = await createOne({ base_url: 'http://user:canary@example.com' });
    expect(plain.status).toBe(422);
    await createOne();
    expect((await createOne()).status).toBe(409);
    const missing = await admin.call('GET', '/admin/upstreams/onee');
    expect(missing.status).toBe(404);
    expect(missing.json).toMatchObject({ code: 'not_found', hint: 'did you mean "one"?' });
  });

  test('are changed, with what changed in the audit log', async () => {
    await createOne();
    const rule = {
      match: { status: 500, contains: 'overloaded' },
      retry: 'stop',
      cooldown: 'credential',
      cooldown_ms: 5000,
      present: { status: 503, message: 'busy' },
    };
    const edited = await admin.call('PATCH', '/admin/upstreams/one', {
      body: { enabled: false, weight: 7, error_rules: [rule], param_override: { user: null, temperature: 0.5 } },
    });
    expect(edited.json).toMatchObject({
      enabled: false,
      state: 'disabled',
      weight: 7,
      error_rules: [rule],
      param_override: { user: null, temperature: 0.5 },
    });
    const [entry] = (await admin.call('GET', '/admin/audit')).json.items;
    expect(entry).toMatchObject({ action: 'upstream.edit', object: edited.json.id });
    expect(entry.before).toMatchObject({ enabled: true, weight: 1 });
    expect(new Set(Object.keys(entry.after))).toEqual(new Set(['enabled', 'error_rules', 'param_override', 'weight']));
  });

  test('a hidden header that comes back as it was shown stays what it is', async () => {
    await createOne({ header_override: { 'X-Api-Key': 'canary-header', 'x-team': 'blue' } });
    const body = { header_override: { 'X-API-Key': '[redacted]', 'x-team': 'red' } };
    await admin.call('PATCH', '/admin/upstreams/one', { body });
    const [upstream] = admin.live.state.topology.upstreams.values();
    expect(upstream?.headerOverride).toEqual({ 'x-api-key': 'canary-header', 'x-team': 'red' });
  });

  test('endpoints come and go', async () => {
    await createOne();
    const more = await admin.call('POST', '/admin/upstreams/one/endpoints', {
      body: { base_url: 'https://eu.example.com/v1', priority: 2 },
    });
    expect(more.status).toBe(201);
    expect(more.json.endpoints).toHaveLength(2);
    const address = encodeURIComponent('https://eu.example.com/v1');
    const fewer = await admin.call('DELETE', `/admin/upstreams/one/endpoints/${address}`);
    expect(fewer.json.endpoints.map((endpoint: { base_url: string }) => endpoint.base_url)).toEqual([
      'https://api.example.com/v1',
    ]);
    expect((await admin.call('DELETE', `/admin/upstreams/one/endpoints/${address}`)).status).toBe(404);
  });

  test('are removed', async () => {
    await createOne();
    expect((await admin.call('DELETE', '/admin/upstreams/one')).status).toBe(204);
    expect((await admin.call('DELETE', '/admin/upstreams/one')).status).toBe(404);
    expect(admin.live.state.topology.upstreams.size).toBe(0);
  });
});

describe('credentials', () => {
  test('are added, listed, changed, tested and removed; their secrets are never shown', async () => {
    await createOne();
    const created = await admin.call('POST', '/admin/upstreams/one/credentials', {
      body: {
        name: 'second',
        key: OTHER_KEY,
        proxy_url: PROXY,
        rpm: 60,
        model_limits: { 'gpt-4o': { tpm: 1000 } },
        expires_at: '2027-01-01T00:00:00+01:00',
      },
    });
    expect(created.status).toBe(201);
    expect(created.json).toMatchObject({
      upstream: 'one',
      name: 'second',
      has_proxy: true,
      rpm: 60,
      tpm: null,
      model_limits: { 'gpt-4o': { rpm: null, tpm: 1000, concurrency: null } },
      expires_at: '2026-12-31T23:00:00.000Z',
    });
    const { id } = created.json;
    const listed = await admin.call('GET', '/admin/upstreams/one/credentials');
    expect(listed.json.items).toHaveLength(2);
    expect((await admin.call('GET', '/admin/credentials?upstream=one')).json).toEqual(listed.json);
    expect((await admin.call('GET', '/admin/credentials')).json.items).toHaveLength(2);

    const edited = await admin.call('PATCH', `/admin/credentials/${id}`, {
      body: { enabled: false, proxy_url: null, rpm: null, expires_at: null, key: `${OTHER_KEY}x` },
    });
    expect(edited.json).toMatchObject({ state: 'disabled', has_proxy: false, rpm: null, expires_at: null });
    expect(edited.json.fingerprint).not.toBe(created.json.fingerprint);

    const tested = await admin.call('POST', `/admin/credentials/${id}/test`, { body: { model: 'gpt-4o' } });
    expect(tested.json).toEqual({
      ok: true,
      results: [
        {
          credential_id: id,
          credential: 'second',
          endpoint: 'https://api.example.com/v1',
          ok: true,
          status: 200,
          latency_ms: 12,
          detail: 'lists 3 models',
        },
      ],
    });
    expect((await admin.call('DELETE', `/admin/credentials/${id}`)).status).toBe(204);
    expect((await admin.call('PATCH', `/admin/credentials/${id}`, { body: {} })).status).toBe(404);
  });

  test('a secret that no header could carry is refused without being shown', async () => {
    await createOne();
    const body = { name: 'bad', key: 'canary with spaces' };
    const answer = await admin.call('POST', '/admin/upstreams/one/credentials', { body });
    expect(answer.json.errors).toEqual([
      { path: 'key', message: 'must be printable ASCII without spaces or line ends' },
    ]);
  });

  test('a test of an upstream tries every pair and fails as a whole when one does', async () => {
    await createOne();
    await admin.call('POST', '/admin/upstreams/one/credentials', { body: { name: 'second', key: OTHER_KEY } });
    admin.probeResult = { ok: false, status: null, latencyMs: 3, detail: 'no route' };
    const answer = await admin.call('POST', '/admin/upstreams/one/test');
    expect(answer.json).toMatchObject({ ok: false, results: [{ credential: 'default' }, { credential: 'second' }] });
  });
});

describe('cooldowns', () => {
  test('show on what they rest and make the state', async () => {
    const { json: one } = await createOne();
    const [credential] = one.credentials;
    admin.cooldowns = [cooldown(`${credential.id} gpt-4o`, 'credential_model')];
    let shown = (await admin.call('GET', '/admin/upstreams/one')).json;
    expect(shown).toMatchObject({
      state: 'ready',
      credentials: [{ state: 'ready', cooldowns: [{ model: 'gpt-4o' }] }],
    });

    admin.cooldowns = [cooldown(credential.id, 'credential')];
    shown = (await admin.call('GET', '/admin/upstreams/one')).json;
    expect(shown).toMatchObject({ state: 'cooling', ready_credentials: 0, credentials: [{ state: 'cooling' }] });

    admin.cooldowns = [cooldown(one.endpoints[0].id, 'endpoint')];
    shown = (await admin.call('GET', '/admin/upstreams/one')).json;
    expect(shown).toMatchObject({ state: 'cooling', endpoints: [{ cooldowns: [{ scope: 'endpoint' }] }] });
  });

  test('are listed with names and cleared by the operator', async () => {
    const { json: one } = await createOne();
    admin.cooldowns = [cooldown(one.credentials[0].id, 'credential')];
    const { json } = await admin.call('GET', '/admin/cooldowns?upstream=one');
    expect(json.items).toEqual([
      {
        id: admin.cooldowns[0]?.id,
        scope: 'credential',
        upstream_id: one.id,
        upstream: 'one',
        credential_id: one.credentials[0].id,
        credential: 'default',
        endpoint: null,
        model: null,
        since: '2026-01-01T00:00:00.000Z',
        until: '2026-01-01T00:01:00.000Z',
        reason: 'rate_limit',
        evidence: '429 rate_limit_exceeded',
        source: 'header',
      },
    ]);
    expect((await admin.call('DELETE', `/admin/cooldowns/${json.items[0].id}`)).status).toBe(204);
    expect(admin.cooldowns).toEqual([]);
    expect((await admin.call('DELETE', `/admin/cooldowns/${json.items[0].id}`)).status).toBe(404);
  });
});

describe('groups', () => {
  test('hold upstreams and groups in order, with an exact multiplier', async () => {
    await createOne();
    const inner = await admin.call('POST', '/admin/groups', { body: { name: 'inner', members: ['one'] } });
    expect(inner.status).toBe(201);
    expect(inner.json).toMatchObject({ multiplier: '1', members: ['one'], enabled: true });
    const outer = await admin.call('POST', '/admin/groups', {
      body: { name: 'outer', multiplier: '1.5', members: ['group:inner', 'one'] },
    });
    expect(outer.json).toMatchObject({ multiplier: '1.5', members: ['group:inner', 'one'] });
    const edited = await admin.call('PATCH', '/admin/groups/outer', {
      body: { name: 'cheap', multiplier: '0.1', members: [] },
    });
    expect(edited.json).toMatchObject({ name: 'cheap', multiplier: '0.1', members: [] });
    expect((await admin.call('GET', '/admin/groups')).json.items.map((group: { name: string }) => group.name)).toEqual([
      'cheap',
      'inner',
    ]);
    expect((await admin.call('DELETE', '/admin/groups/cheap')).status).toBe(204);
    expect((await admin.call('GET', '/admin/groups/cheap')).status).toBe(404);
  });

  test('refuse circles, unknown members and multipliers that are no decimals', async () => {
    await admin.call('POST', '/admin/groups', { body: { name: 'a' } });
    await admin.call('POST', '/admin/groups', { body: { name: 'b', members: ['group:a'] } });
    const circle = await admin.call('PATCH', '/admin/groups/a', { body: { members: ['group:b'] } });
    expect(circle.status).toBeGreaterThanOrEqual(400);
    expect(circle.status).toBeLessThan(500);
    expect((await admin.call('PATCH', '/admin/groups/a', { body: { members: ['nobody'] } })).status).toBe(404);
    const multiplier = await admin.call('PATCH', '/admin/groups/a', { body: { multiplier: '1e3' } });
    expect(multiplier.json.errors[0].path).toBe('multiplier');
  });
});
