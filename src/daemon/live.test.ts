import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../core/config/index.ts';
import {
  type ChangeTopic,
  type Ctx,
  type Database,
  type DatabaseOptions,
  inChange,
  markChanged,
  openDatabase,
} from '../core/database/index.ts';
import { setFeature, setSelfMode } from '../core/features/index.ts';
import { createKey, createUser } from '../core/identity/index.ts';
import { silentLog } from '../core/log.ts';
import { addModel } from '../core/models/index.ts';
import { createPlan } from '../core/plans/index.ts';
import { Secret } from '../core/secret.ts';
import { setSetting } from '../core/settings/index.ts';
import { grantSubscription } from '../core/subscriptions/index.ts';
import { seededRandom } from '../core/testing/seeded-random.ts';
import { testCtx, testPlace } from '../core/testing/test-database.ts';
import { testKeyring } from '../core/testing/test-keyring.ts';
import type { TestPlace } from '../core/testing/test-place.ts';
import { addGroup, addUpstream } from '../core/upstreams/index.ts';
import { Live } from './live.ts';
import { until } from './testing/boot-daemon.ts';

let place: TestPlace;
let database: Database;
let other: Database;
let ctx: Ctx;
/** As another daemon has it: on PostgreSQL through connections of its own. */
let elsewhere: Ctx;
let live: Live;
let offer: Awaited<ReturnType<typeof offerPlan>>;
let warnings: string[];
const topicsSeen: ChangeTopic[] = [];

beforeEach(async () => {
  place = await testPlace('migrated');
  database = await openDatabase(place.options, silentLog);
  other =
    place.options.kind === 'postgres' ? await openDatabase(place.options as DatabaseOptions, silentLog) : database;
  warnings = [];
  const log = { ...silentLog, warn: (_: unknown, message: string) => void warnings.push(message) };
  ctx = testCtx(database, { log });
  elsewhere = testCtx(other, { log, random: seededRandom(2) });
  offer = await offerPlan(ctx);
  live = await Live.load({ ctx, keyring: await testKeyring(), ...(await loadConfig({ env: {} })) });
  topicsSeen.length = 0;
  live.onChange((topic) => topicsSeen.push(topic));
});
afterEach(async () => {
  live.stop();
  if (other !== database) await other.close();
  await database.close();
  await place.remove();
});

const addMain = async (at: Ctx) =>
  await addUpstream(at, await testKeyring(), {
    name: 'main',
    kind: 'openai',
    baseUrl: 'https://api.example.com/v1',
    secret: new Secret('sk-upstream-secret'),
  });

/** Bob and a plan that he can get, without anything that is seen yet. */
async function offerPlan(at: Ctx): Promise<() => Parameters<typeof grantSubscription>[1]> {
  const { id: userId } = await createUser(at, { name: 'bob' });
  const { version } = await createPlan(at, { code: 'pro', priceMinor: 2_000, currency: 'USD' });
  return () => ({ userId, planVersionId: version.id, source: 'grant:1', at: at.clock.now() });
}

/** What each topic shows of one change, and how to make it. */
const CHANGES: Record<ChangeTopic, { make(at: Ctx): Promise<unknown>; isSeen(): boolean }> = {
  settings: {
    make: (at) => setFeature(at, 'models', { disabled: true }),
    isSeen: () => live.state.features.models.disabled,
  },
  identity: {
    make: async (at) => createKey(at, { userId: (await createUser(at, { name: 'alice' })).id, name: 'k' }),
    isSeen: () => live.state.identity.keyByHash.size === 1,
  },
  models: {
    make: (at) => addModel(at, { publicId: 'gpt-x' }),
    isSeen: () => live.state.catalog.modelByName.has('gpt-x'),
  },
  upstreams: {
    make: addMain,
    isSeen: () => live.state.topology.upstreams.size === 1,
  },
  subscriptions: {
    make: (at) => grantSubscription(at, offer()),
    isSeen: () => [...live.state.subscriptions.userIds].length === 1,
  },
};
const TOPICS = Object.keys(CHANGES) as ChangeTopic[];

describe('refresh', () => {
  test.each(TOPICS)('of %s shows what is committed, tells the listeners, and leaves the other parts', async (topic) => {
    const before = live.state;
    await CHANGES[topic].make(ctx);
    expect(CHANGES[topic].isSeen()).toBe(false);
    await live.refresh(topic);
    expect(CHANGES[topic].isSeen()).toBe(true);
    expect(topicsSeen).toEqual([topic]);
    const parts = {
      settings: 'settings',
      identity: 'identity',
      models: 'catalog',
      upstreams: 'topology',
      subscriptions: 'subscriptions',
    } as const;
    for (const kept of TOPICS.filter((one) => one !== topic)) expect(live.state[parts[kept]]).toBe(before[parts[kept]]);
  });

  test('makes a new table of routes when what it is made of changed', async () => {
    const { routes } = live.state;
    await live.refresh('identity');
    expect(live.state.routes).toBe(routes);
    for (const topic of ['settings', 'models', 'upstreams'] as const) {
      const before = live.state.routes;
      await live.refresh(topic);
      expect(live.state.routes).not.toBe(before);
    }
  });

  test('never overtakes another one', async () => {
    const done: number[] = [];
    const waits = TOPICS.map((topic, i) => live.refresh(topic).then(() => done.push(i)));
    await Promise.all(waits);
    expect(done).toEqual([0, 1, 2, 3, 4]);
    expect(topicsSeen).toEqual(TOPICS);
  });
});

describe('following', () => {
  test.each(TOPICS)('sees changes of %s that another process made, within a second or so', async (topic) => {
    live.follow();
    await CHANGES[topic].make(elsewhere);
    await until(`the change of ${topic}`, () => CHANGES[topic].isSeen(), 2_500);
    expect(topicsSeen).toEqual([topic]);
  });

  test('sees one change after another, and what was changed between start and first look', async () => {
    await setSelfMode(elsewhere, false);
    live.follow();
    await until('business mode', () => !live.state.features.selfMode, 2_500);
    await setSelfMode(elsewhere, true);
    await until('self mode', () => live.state.features.selfMode, 2_500);
  });

  test('reloads a change once, and nothing while nothing changes', async () => {
    live.follow();
    await CHANGES.models.make(elsewhere);
    await until('the change', () => CHANGES.models.isSeen(), 2_500);
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    expect(topicsSeen).toEqual(['models']);
  });

  test('stops', async () => {
    live.follow();
    live.stop();
    await CHANGES.models.make(elsewhere);
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect(CHANGES.models.isSeen()).toBe(false);
  });
});

describe('a fault while reading', () => {
  /** As if the table could not be read, until it is mended. */
  async function breakTable(table: string): Promise<() => Promise<void>> {
    await other.knex.schema.renameTable(table, 'out_of_reach');
    return async () => await other.knex.schema.renameTable('out_of_reach', table);
  }

  test('opens nothing that was closed, and the state is renewed once it can be', async () => {
    await setFeature(ctx, 'models', { disabled: true });
    await setFeature(ctx, 'admin_users', { disabled: true });
    await live.refresh('settings');
    const { features } = live.state;
    const mend = await breakTable('app_settings');
    await expect(live.refresh('settings')).rejects.toThrow();
    expect(live.state.features).toBe(features);
    expect(live.state.features.models.disabled).toBe(true);
    live.follow();
    await markChanged(elsewhere, 'settings');
    await until('a warning', () => warnings.length > 0, 2_500);
    expect(warnings[0]).toContain('the last known state stays in force');
    expect(live.state.features).toBe(features);
    await mend();
    await setFeature(elsewhere, 'admin_users', { disabled: false });
    await until('the new state', () => !live.state.features.admin_users.disabled, 2_500);
    expect(live.state.features.models.disabled).toBe(true);
  });

  test('of one topic keeps no other from being renewed', async () => {
    const mend = await breakTable('managed_models');
    live.follow();
    await markChanged(elsewhere, 'models');
    await addGroup(elsewhere, { name: 'cheap' });
    await until('the group', () => live.state.topology.groupByName.has('cheap'), 2_500);
    expect(warnings.length).toBeGreaterThan(0);
    await mend();
    const seenBefore = topicsSeen.length;
    await until('the models', () => topicsSeen.slice(seenBefore).includes('models'), 2_500);
  });

  test('at the start lets nothing begin', async () => {
    const mend = await breakTable('app_settings');
    const config = await loadConfig({ env: {} });
    await expect(Live.load({ ctx, keyring: await testKeyring(), ...config })).rejects.toThrow();
    await mend();
  });

  test('a row that cannot be understood counts as closed', async () => {
    await inChange(elsewhere, 'settings', async ({ db }) => {
      await db('app_settings').insert([
        { key: 'feature_disable_models', value: 'perhaps', updated_at: 0 },
        { key: 'self_mode.enable', value: '', updated_at: 0 },
        { key: 'relay.attempts_max', value: 'many', updated_at: 0 },
      ]);
    });
    await live.refresh('settings');
    expect(live.state.features).toMatchObject({ selfMode: true, models: { disabled: true, source: 'fault' } });
    expect(live.state.settings.effective['relay.attempts_max']).toBe(5);
  });
});

test('settings of the database win over the config, at once', async () => {
  await setSetting(ctx, 'relay.attempts_max', '2');
  await live.refresh('settings');
  expect(live.state.settings.effective['relay.attempts_max']).toBe(2);
});
