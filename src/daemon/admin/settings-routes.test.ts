import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AdminHarness, adminHarness } from './testing/admin-harness.ts';

let admin: AdminHarness;
beforeEach(async () => {
  admin = await adminHarness();
});
afterEach(async () => {
  await admin.close();
});

interface FeatureRow {
  readonly name: string;
}

describe('features', () => {
  test('are listed with their setting and source', async () => {
    const { json } = await admin.call('GET', '/admin/features');
    expect(json.self_mode).toEqual({ enabled: true, source: 'default' });
    expect(json.items).toContainEqual({
      name: 'models',
      setting: 'feature_disable_models',
      enabled: true,
      source: 'default',
    });
    expect(json.items).toContainEqual(
      expect.objectContaining({ name: 'billing', enabled: false, source: 'self_mode' }),
    );
  });

  test.each(['models', 'feature_disable_models'])('switch at once under the name %s', async (name) => {
    const { json } = await admin.call('PUT', `/admin/features/${name}`, { body: { enabled: false } });
    const row = json.items.find((feature: FeatureRow) => feature.name === 'models');
    expect(row).toMatchObject({ enabled: false, source: 'database' });
    expect((await admin.call('GET', '/admin/models')).status).toBe(404);
    await admin.call('PUT', `/admin/features/${name}`, { body: { enabled: true } });
    expect((await admin.call('GET', '/admin/models')).status).toBe(200);
  });

  test('self mode is switched under both of its names', async () => {
    const off = await admin.call('PUT', '/admin/features/self-mode', { body: { enabled: false } });
    expect(off.json.self_mode).toEqual({ enabled: false, source: 'database' });
    const on = await admin.call('PUT', '/admin/features/self_mode', { body: { enabled: true } });
    expect(on.json.self_mode.enabled).toBe(true);
  });

  test('an unknown feature and a body without a word', async () => {
    const unknown = await admin.call('PUT', '/admin/features/modls', { body: { enabled: true } });
    expect(unknown.json).toMatchObject({ code: 'not_found', hint: 'did you mean "models"?' });
    expect((await admin.call('PUT', '/admin/features/models', { body: {} })).json.errors[0].path).toBe('enabled');
  });
});

describe('settings', () => {
  test('are shown with their source and changed at once', async () => {
    const before = (await admin.call('GET', '/admin/settings/relay.attempts_max')).json;
    expect(before).toMatchObject({ value: '5', source: 'default', runtime: true });
    const after = await admin.call('PUT', '/admin/settings/relay.attempts_max', { body: { value: '3' } });
    expect(after.json).toMatchObject({ value: '3', source: 'database' });
    expect(admin.live.state.settings.effective['relay.attempts_max']).toBe(3);
    const unset = await admin.call('DELETE', '/admin/settings/relay.attempts_max');
    expect(unset.json).toEqual(before);
    const actions = (await admin.call('GET', '/admin/audit')).json.items.map(
      (entry: { action: string }) => entry.action,
    );
    expect(new Set(actions)).toEqual(new Set(['setting.unset', 'setting.set']));
  });

  test('every key is listed, secrets redacted', async () => {
    const { items } = (await admin.call('GET', '/admin/settings')).json;
    expect(items.length).toBeGreaterThan(50);
    expect(items.find((entry: { key: string }) => entry.key === 'database.url').value).toBe('[redacted]');
  });

  test('unknown keys, values that are not allowed and fixed keys say what to do', async () => {
    const set = (key: string, value: string) => admin.call('PUT', `/admin/settings/${key}`, { body: { value } });
    expect((await set('relay.attempts_maxx', '1')).json.hint).toContain('relay.attempts_max');
    expect((await set('relay.attempts_max', 'many')).json).toMatchObject({ code: 'invalid_input' });
    expect((await set('server.listen', '0.0.0.0:1')).json.hint).toContain('restart');
    expect((await admin.call('GET', '/admin/settings/nope')).status).toBe(404);
    expect((await admin.call('GET', '/admin/audit')).json.items).toEqual([]);
  });
});
