import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type LoadedConfig, loadConfig } from '../config/index.ts';
import { type Database, readChangeMarks } from '../database/index.ts';
import { silentLog } from '../log.ts';
import { type TestCtx, testCtx, testDatabase } from '../testing/test-database.ts';
import { loadSettings, migrateLegacySettings, type Settings, setSetting, unsetSetting } from './index.ts';

let database: Database;
let ctx: TestCtx;
let loaded: LoadedConfig;
let warnings: string[];

beforeAll(async () => {
  database = await testDatabase();
  loaded = await loadConfig({
    env: { REALMS_RELAY_ATTEMPTS_MAX: '7', REALMS_DATABASE_URL: 'postgres://u:hunter2@h/d' },
  });
});
afterAll(async () => {
  await database.close();
});
beforeEach(async () => {
  await database.knex('app_settings').delete();
  warnings = [];
  ctx = testCtx(database, { log: { ...silentLog, warn: (fields) => warnings.push(String(fields['key'])) } });
});

async function load(): Promise<Settings> {
  return await loadSettings(ctx, loaded.config, loaded.sources);
}

/** A row as somebody else may have written it. */
async function putRow(key: string, value: string): Promise<void> {
  await database.knex('app_settings').insert({ key, value, updated_at: 0 }).onConflict('key').merge();
}

describe('settings', () => {
  test('without rows are the config', async () => {
    const settings = await load();
    expect(settings.effective).toEqual(loaded.config);
    expect(settings.sources['relay.attempts_max']).toBe('env');
  });

  test('rows win at once, and the config is back when they go', async () => {
    const before = await readChangeMarks(ctx);
    await setSetting(ctx, 'relay.attempts_max', ' 3 ');
    expect((await load()).effective['relay.attempts_max']).toBe(3);
    expect((await load()).sources['relay.attempts_max']).toBe('database');
    expect(await unsetSetting(ctx, 'relay.attempts_max')).toBe(true);
    expect(await unsetSetting(ctx, 'relay.attempts_max')).toBe(false);
    expect((await load()).effective['relay.attempts_max']).toBe(7);
    expect((await readChangeMarks(ctx)).settings).toBe(before.settings + 3);
  });

  test('are stored in one form', async () => {
    await setSetting(ctx, 'feature_disable_models', 'YES');
    expect((await load()).raw.get('feature_disable_models')).toBe('true');
    expect((await load()).effective['app_settings_defaults.feature_disable_models']).toBe(true);
  });

  test.each([
    ['relay.attemps_max', '1', { hint: 'did you mean "relay.attempts_max"?' }],
    ['feature_disable_modells', '1', { hint: 'did you mean "feature_disable_models"?' }],
    ['server.listen', '1', { hint: expect.stringContaining('restart') }],
    ['app_settings_defaults.feature_disable_models', '1', { hint: 'set "feature_disable_models" instead' }],
    ['relay.attempts_max', '0', { message: expect.stringContaining('from 1 to 100') }],
    ['relay.disconnect_policy', 'x', { message: expect.stringContaining('cancel, drain, estimate') }],
    ['feature_disable_models', 'x', { message: '"feature_disable_models" must be true or false, not "x"' }],
  ])('%s = %s is refused', async (key, value, facts) => {
    await expect(setSetting(ctx, key, value)).rejects.toMatchObject({ code: 'invalid_input', facts });
    expect((await load()).raw.size).toBe(0);
  });

  test('a row that says nothing is passed over with a warning', async () => {
    await putRow('relay.attempts_max', 'lots');
    await putRow('smtp_server', 'mail.example');
    const settings = await load();
    expect(settings.effective['relay.attempts_max']).toBe(7);
    expect(settings.sources['relay.attempts_max']).toBe('env');
    expect(settings.raw.get('smtp_server')).toBe('mail.example');
    expect(warnings).toEqual(['relay.attempts_max']);
  });

  test('a feature row that says nothing closes', async () => {
    await putRow('feature_disable_tickets', 'lots');
    await putRow('self_mode.enable', '');
    const settings = await load();
    expect(settings.effective['app_settings_defaults.feature_disable_tickets']).toBe(true);
    expect(settings.sources['app_settings_defaults.feature_disable_tickets']).toBe('fault');
    expect(settings.effective['self_mode.enable']).toBe(true);
    expect(warnings.sort()).toEqual(['feature_disable_tickets', 'self_mode.enable']);
  });

  test('are listed with their sources and without secrets', async () => {
    await setSetting(ctx, 'feature_disable_models', 'true');
    const list = (await load()).list();
    const entry = (key: string) => list.find((candidate) => candidate.key === key);
    expect(entry('relay.attempts_max')).toMatchObject({ value: '7', source: 'env', runtime: true });
    expect(entry('feature_disable_models')).toMatchObject({ value: 'true', source: 'database', runtime: true });
    expect(entry('app_settings_defaults.feature_disable_models')).toMatchObject({
      value: 'false',
      source: 'default',
      runtime: false,
    });
    expect(entry('database.url')).toMatchObject({ value: '[redacted]', source: 'env', runtime: false });
    expect(JSON.stringify(list)).not.toContain('hunter2');
    expect(new Set(list.map((candidate) => candidate.key)).size).toBe(list.length);
  });
});

describe('legacy settings', () => {
  const LEGACY = [
    'policy_free_mode',
    'policy_model_passthrough',
    'feature_disable_web_models',
    'feature_disable_admin_models',
  ];
  const value = fc.option(fc.constantFrom('1', 'true', 'T', 'yes', ' Y ', 'ON', '0', 'false', '', 'off', 'maybe', '2'));
  const isTrue = (text: string | null) => /^(?:1|true|t|yes|y|on)$/i.test((text ?? '').trim());

  test('only an explicit true promotes, old rows go, other rows stay, and again changes nothing', async () => {
    const property = fc.asyncProperty(fc.tuple(value, value, value, value), value, async (old, current) => {
      await database.knex('app_settings').delete();
      for (const [index, text] of old.entries()) if (text !== null) await putRow(LEGACY[index] ?? '', text);
      if (current !== null) await putRow('feature_disable_billing', current);
      await putRow('site_base_url', 'https://a.example');
      await migrateLegacySettings(ctx);
      const rows = Object.fromEntries((await load()).raw);
      expect(rows).toEqual({
        site_base_url: 'https://a.example',
        ...(current !== null && { feature_disable_billing: current }),
        ...(isTrue(old[0]) && { feature_disable_billing: 'true' }),
        ...(old.slice(1).some(isTrue) && { feature_disable_models: 'true' }),
      });
      const marks = await readChangeMarks(ctx);
      expect(await migrateLegacySettings(ctx)).toEqual({ promoted: [], deleted: [] });
      expect(Object.fromEntries((await load()).raw)).toEqual(rows);
      expect(await readChangeMarks(ctx)).toEqual(marks);
    });
    await fc.assert(property, { numRuns: 25 });
  });

  test('tells what it did', async () => {
    await putRow('policy_free_mode', 'true');
    await putRow('policy_model_passthrough', 'no');
    expect(await migrateLegacySettings(ctx)).toEqual({
      promoted: ['feature_disable_billing'],
      deleted: ['policy_free_mode', 'policy_model_passthrough'],
    });
  });
});
