import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Database, openDatabase, rawRows } from '../database/index.ts';
import type { UpstreamId } from '../ids.ts';
import { silentLog } from '../log.ts';
import { Secret } from '../secret.ts';
import { type TestCtx, testCtx, testPlace } from '../testing/test-database.ts';
import { testKeyring } from '../testing/test-keyring.ts';
import type { TestPlace } from '../testing/test-place.ts';
import {
  addEndpoint,
  addUpstream,
  editUpstream,
  findUpstream,
  hasSealedSecrets,
  loadTopology,
  removeUpstream,
  type Upstream,
} from './index.ts';

const CANARY = 'canary-4f1c9a7e';
const keyring = await testKeyring();
let place: TestPlace;
let database: Database;
let ctx: TestCtx;

beforeAll(async () => {
  place = await testPlace('migrated');
  database = await openDatabase(place.options, silentLog);
});
afterAll(async () => {
  await database.close();
  await place.remove();
});
beforeEach(async () => {
  await database.knex('upstreams').delete();
  ctx = testCtx(database);
});

async function addOne(headerOverride: Upstream['headerOverride'], name = 'main'): Promise<Upstream> {
  ctx.clock.advance(1);
  return await addUpstream(ctx, keyring, { name, kind: 'openai', baseUrl: 'https://api.example.com', headerOverride });
}

async function storedHeaders(id: UpstreamId): Promise<string> {
  return (await database.knex('upstreams').where({ id }).first()).header_override;
}

/** Everything that the database holds: on SQLite the bytes of its files, on PostgreSQL every row of every table. */
async function everythingStored(): Promise<string> {
  if (place.options.kind === 'sqlite') {
    const folder = dirname(place.options.path);
    return readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'latin1'))
      .join('\n');
  }
  const tables = await rawRows<{ tablename: string }>(
    database.knex,
    "select tablename from pg_tables where schemaname = 'public'",
  );
  const contents: string[] = [];
  for (const { tablename } of tables) contents.push(JSON.stringify(await database.knex(tablename).select()));
  return contents.join('\n');
}

test('headers are in the database under seal only, when added and when changed', async () => {
  const { id } = await addOne({ 'X-Api-Key': `${CANARY}-added`, 'x-marker': null });
  expect(await storedHeaders(id)).toMatch(/^v1\.k00000000\./);
  await editUpstream(ctx, keyring, id, { headerOverride: { 'x-api-key': `${CANARY}-changed` } });
  expect((await findUpstream(ctx, keyring, 'main')).headerOverride).toEqual({ 'x-api-key': `${CANARY}-changed` });
  const stored = await everythingStored();
  // The search would find it: what is not sealed is there.
  expect(stored).toContain(id);
  expect(stored).not.toContain(CANARY);
  expect(stored).not.toContain('x-api-key');
});

test('no headers are an empty text, and a change of something else leaves the sealed text alone', async () => {
  const bare = await addOne({}, 'bare');
  expect(await storedHeaders(bare.id)).toBe('');
  const { id } = await addOne({ 'x-a': '1' });
  const before = await storedHeaders(id);
  expect(await editUpstream(ctx, keyring, id, { weight: 5 })).toMatchObject({ headerOverride: { 'x-a': '1' } });
  expect(await storedHeaders(id)).toBe(before);
  await editUpstream(ctx, keyring, id, { headerOverride: {} });
  expect(await storedHeaders(id)).toBe('');
});

test.each(['moved from another row', 'sealed by a lost key', 'not sealed'])(
  'headers that cannot be opened (%s) put only their upstream out of use, until they are set anew',
  async (fault) => {
    const broken = await addOne({ 'x-api-key': 'one' });
    const other = await addOne({ 'x-api-key': 'two' }, 'other');
    const texts: Record<string, string> = {
      'moved from another row': await storedHeaders(other.id),
      'sealed by a lost key': (await storedHeaders(broken.id)).replace('k00000000', 'kdeadbeef'),
      'not sealed': `{"x-api-key":"${CANARY}"}`,
    };
    await database.knex('upstreams').where({ id: broken.id }).update({ header_override: texts[fault] });
    const said: string[] = [];
    const error = (facts: object, message: string): void => void said.push(JSON.stringify([facts, message]));
    const { upstreams } = await loadTopology({ ...ctx, log: { ...silentLog, error } }, keyring);
    expect(upstreams.get(broken.id)).toMatchObject({ enabled: false, headerOverride: {} });
    expect(upstreams.get(other.id)).toMatchObject({ enabled: true, headerOverride: { 'x-api-key': 'two' } });
    expect(said).toEqual([expect.stringContaining(broken.id)]);
    expect(said[0]).not.toContain(CANARY);
    // No other change may turn it on or overwrite what a restored keyring could open.
    const edited = await editUpstream(ctx, keyring, broken.id, { weight: 9, enabled: true });
    expect(edited).toMatchObject({ weight: 9, enabled: false });
    await addEndpoint(ctx, keyring, broken.id, { baseUrl: 'https://b.example.com' });
    expect(await storedHeaders(broken.id)).toBe(texts[fault]);
    const healed = await editUpstream(ctx, keyring, broken.id, { headerOverride: { 'x-api-key': 'new' } });
    expect(healed).toMatchObject({ enabled: true, weight: 9, headerOverride: { 'x-api-key': 'new' } });
  },
);

test('the database knows whether it holds anything sealed', async () => {
  expect(await hasSealedSecrets(ctx)).toBe(false);
  const { id } = await addOne({});
  expect(await hasSealedSecrets(ctx)).toBe(false);
  await editUpstream(ctx, keyring, id, { headerOverride: { 'user-agent': null } });
  expect(await hasSealedSecrets(ctx)).toBe(true);
  await removeUpstream(ctx, id);
  expect(await hasSealedSecrets(ctx)).toBe(false);
  const secret = new Secret('sk-0123456789abcdef');
  await addUpstream(ctx, keyring, { name: 'keyed', kind: 'openai', baseUrl: 'https://api.example.com', secret });
  expect(await hasSealedSecrets(ctx)).toBe(true);
});
