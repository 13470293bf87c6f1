import { chmod } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrations } from '../../../migrations/index.ts';
import { adminRoutes } from '../../core/contract/index.ts';
import { setSetting } from '../../core/settings/index.ts';
import { type AdminHarness, adminHarness } from './testing/admin-harness.ts';

let admin: AdminHarness;
beforeEach(async () => {
  admin = await adminHarness();
});
afterEach(async () => {
  await admin.close();
});

interface CheckRow {
  readonly name: string;
  readonly state: string;
  readonly detail: string;
}

async function checks(): Promise<Map<string, CheckRow>> {
  const { json } = await admin.call('GET', '/admin/doctor');
  return new Map(json.checks.map((check: CheckRow) => [check.name, check]));
}

describe('status', () => {
  test('counts what there is', async () => {
    await admin.call('POST', '/admin/users', { body: { name: 'alice' } });
    await admin.call('POST', '/admin/upstreams', { body: { name: 'one', base_url: 'https://api.example.com/v1' } });
    await admin.call('POST', '/admin/models', { body: { id: 'm' } });
    admin.ctx.clock.advance(5000);
    const { json } = await admin.call('GET', '/admin/status');
    expect(json).toMatchObject({
      version: '1.2.3',
      pid: 4711,
      uptime_ms: 5000,
      draining: false,
      database: { dialect: admin.database.dialect },
      self_mode: true,
      features_off: ['billing', 'tickets'],
      upstreams: { total: 1, ready: 0, cooling: 0, disabled: 0, unusable: 1 },
      credentials: { total: 0, ready: 0 },
      models: { total: 1, unpriced: 1 },
      keys: 0,
      users: 1,
      relay: { inflight: 2, streams: 1, requests: 10, failures: 3, usage_queued: 0 },
    });
  });

  test('a daemon that stops is alive and not ready', async () => {
    admin.status = { ...admin.status, draining: true };
    expect((await admin.call('GET', '/healthz')).status).toBe(200);
    const ready = await admin.call('GET', '/readyz');
    expect(ready.status).toBe(503);
    expect(ready.json).toEqual({ status: 'unavailable', detail: 'the daemon is stopping' });
  });

  test('metrics are text, and nothing is ever HTML', async () => {
    const metrics = await admin.call('GET', '/metrics');
    expect(metrics.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(metrics.text).toContain('realms_up 1');
  });

  test('the API describes itself', async () => {
    const { json } = await admin.call('GET', '/admin/openapi.json');
    expect(json.openapi).toBe('3.1.0');
    expect(json.info.version).toBe('1.2.3');
    const operations = Object.values(json.paths as Record<string, object>).flatMap((path) => Object.keys(path));
    expect(operations).toHaveLength(adminRoutes.length);
  });

  test('migrations are listed in order', async () => {
    const { items } = (await admin.call('GET', '/admin/migrations')).json;
    expect(items.map((step: CheckRow) => step.name)).toEqual(migrations.map((step) => step.name));
    expect(new Set(items.map((step: CheckRow) => step.state))).toEqual(new Set(['applied']));
  });
});

describe('doctor', () => {
  test('finds a new installation sound and says what is missing', async () => {
    await chmod(admin.status.listeners.adminSocket ?? '', 0o660);
    const found = await checks();
    const failed = [...found.values()].filter((check) => check.state === 'fail').map((check) => check.name);
    // The PostgreSQL of the tests is told to forget on a power cut, which the doctor must see.
    expect(failed).toEqual(admin.database.dialect === 'postgres' ? ['durability'] : []);
    const warned = [...found.values()].filter((check) => check.state === 'warn').map((check) => check.name);
    // Nor does its clock stand still, as the one of the tests does.
    expect(warned).toEqual([
      ...(admin.database.dialect === 'postgres' ? ['clock'] : []),
      'upstreams',
      'models',
      'keys',
    ]);
  });

  test('finds a socket that everybody may open', async () => {
    await chmod(admin.status.listeners.adminSocket ?? '', 0o666);
    expect((await checks()).get('socket-permissions')).toMatchObject({
      state: 'fail',
      fix: expect.stringContaining('chmod 660'),
    });
  });

  test('finds a secret that the keyring does not open', async () => {
    const body = { name: 'one', base_url: 'https://api.example.com/v1', key: 'sk-0123456789abcdef' };
    await admin.call('POST', '/admin/upstreams', { body });
    const other = await admin.call('GET', '/admin/credentials');
    await admin.database.knex('credentials').update({ secret: 'v1.gone.AAAA.AAAA' });
    await admin.live.refresh('upstreams');
    expect((await checks()).get('sealed-secrets')).toMatchObject({
      state: 'fail',
      detail: expect.stringContaining('one/default'),
    });
    const { json } = await admin.call('GET', '/admin/credentials');
    expect([other.json.items[0].state, json.items[0].state]).toEqual(['ready', 'unreadable']);
  });

  test('finds settings that cannot be understood', async () => {
    await setSetting(admin.ctx, 'feature_disable_models', 'true');
    await admin.database.knex('app_settings').update({ value: 'perhaps' });
    await admin.live.refresh('settings');
    expect((await checks()).get('settings')).toMatchObject({
      state: 'fail',
      detail: expect.stringContaining('feature_disable_models'),
    });
  });

  test('one check that breaks does not hide the others', async () => {
    admin.status = { ...admin.status, listeners: { ...admin.status.listeners, adminSocket: '/nowhere/admin.sock' } };
    const found = await checks();
    expect(found.get('socket-permissions')).toMatchObject({
      state: 'fail',
      detail: expect.stringContaining('could not be made'),
    });
    expect(found.get('database-version')?.state).toBe('ok');
  });
});

describe('keyring', () => {
  test('is rotated: secrets stay readable, the old key is gone', async () => {
    const body = { name: 'one', base_url: 'https://api.example.com/v1', key: 'sk-0123456789abcdef' };
    await admin.call('POST', '/admin/upstreams', { body });
    const before = admin.keyring.primaryId;
    const { status, json } = await admin.call('POST', '/admin/keyring/rotate');
    expect(status).toBe(200);
    expect(json).toMatchObject({ resealed: 1, dropped: [before], unused: [], resumed: false });
    expect(json.primary_id).toBe(admin.keyring.primaryId);
    const [upstream] = admin.live.state.topology.upstreams.values();
    expect(upstream?.credentials[0]?.secret.reveal()).toBe('sk-0123456789abcdef');
    expect((await admin.call('GET', '/admin/audit')).json.items[0]).toMatchObject({ action: 'keyring.rotate' });
  });
});
