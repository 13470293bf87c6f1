import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { loadConfig } from '../config/index.ts';
import type { Database } from '../database/index.ts';
import { loadSettings } from '../settings/index.ts';
import { type TestCtx, testCtx, testDatabase } from '../testing/test-database.ts';
import {
  closedFeatureState,
  FEATURES,
  type FeatureState,
  featureSettingKey,
  featureStateEffective,
  requireFeature,
  setFeature,
  setSelfMode,
} from './index.ts';

let database: Database;
let ctx: TestCtx;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(async () => {
  await database.close();
});
beforeEach(async () => {
  await database.knex('app_settings').delete();
  ctx = testCtx(database);
});

async function stateWith(env: Record<string, string> = {}): Promise<FeatureState> {
  const { config, sources } = await loadConfig({ env });
  return featureStateEffective(await loadSettings(ctx, config, sources));
}

test('self mode is the default and forces what takes money off, whatever else is set', async () => {
  await setFeature(ctx, 'billing', { disabled: false });
  const state = await stateWith();
  expect(state.selfMode).toBe(true);
  for (const feature of FEATURES) {
    const isMoney = feature === 'billing' || feature === 'tickets';
    expect([feature, state[feature].disabled]).toEqual([feature, isMoney]);
  }
  expect(state.billing.source).toBe('self_mode');
});

test('outside of self mode rows win over the config, which wins over the default', async () => {
  await setSelfMode(ctx, false);
  const env = { REALMS_APP_SETTINGS_DEFAULTS_FEATURE_DISABLE_BILLING: 'true' };
  expect((await stateWith()).billing).toEqual({ disabled: false, source: 'default' });
  expect((await stateWith(env)).billing).toEqual({ disabled: true, source: 'env' });
  await setFeature(ctx, 'billing', { disabled: false });
  expect((await stateWith(env)).billing).toEqual({ disabled: false, source: 'database' });
  expect((await stateWith(env)).selfMode).toBe(false);
});

test.each(FEATURES)('%s fails closed', async (feature) => {
  await setSelfMode(ctx, false);
  const row = { key: featureSettingKey(feature), value: 'tru', updated_at: 0 };
  await database.knex('app_settings').insert(row);
  expect((await stateWith())[feature]).toEqual({ disabled: true, source: 'fault' });
});

test('a broken self_mode row is self mode', async () => {
  await database.knex('app_settings').insert({ key: 'self_mode.enable', value: '?', updated_at: 0 });
  const state = await stateWith({ REALMS_SELF_MODE_ENABLE: 'false' });
  expect(state).toMatchObject({ selfMode: true, billing: { disabled: true }, tickets: { disabled: true } });
});

test('settings that cannot be read reject, and the closed state has everything off', async () => {
  const { config, sources } = await loadConfig({ env: {} });
  const gone = await testDatabase();
  await gone.close();
  await expect(loadSettings(testCtx(gone), config, sources)).rejects.toThrow();
  const closed = closedFeatureState();
  expect(closed.selfMode).toBe(true);
  for (const feature of FEATURES) expect(closed[feature]).toEqual({ disabled: true, source: 'fault' });
});

test('an unknown feature is named with the nearest one', () => {
  expect(requireFeature('models')).toBe('models');
  expect(() => requireFeature('model')).toThrow(
    expect.objectContaining({ code: 'not_found', facts: expect.objectContaining({ hint: 'did you mean "models"?' }) }),
  );
});
