import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Database, readChangeMarks } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { createKey, createUser, findKey } from '../identity/index.ts';
import type { EndpointId, UpstreamId } from '../ids.ts';
import { addModel, bindModel, findModel } from '../models/index.ts';
import { Secret } from '../secret.ts';
import { type TestCtx, testCtx, testDatabase } from '../testing/test-database.ts';
import { testKeyring } from '../testing/test-keyring.ts';
import {
  addCredential,
  addEndpoint,
  addGroup,
  addUpstream,
  type Credential,
  editCredential,
  editEndpoint,
  editGroup,
  editUpstream,
  findCredential,
  findGroup,
  findUpstream,
  listGroups,
  listUpstreams,
  loadTopology,
  removeCredential,
  removeEndpoint,
  removeGroup,
  removeUpstream,
  setGroupMembers,
  type Upstream,
} from './index.ts';

const keyring = await testKeyring();
const secret = new Secret('sk-upstream-0123456789abcdef');
let database: Database;
let ctx: TestCtx;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(async () => {
  await database.close();
});
beforeEach(async () => {
  const tables = ['channel_models', 'managed_models', 'channel_group_members', 'channel_groups', 'upstreams'];
  for (const table of [...tables, 'api_keys', 'users']) await database.knex(table).delete();
  ctx = testCtx(database);
});

async function addOne(name = 'main', extra: Partial<Parameters<typeof addUpstream>[2]> = {}): Promise<Upstream> {
  ctx.clock.advance(1);
  return await addUpstream(ctx, keyring, {
    name,
    kind: 'openai',
    baseUrl: 'https://api.example.com/v1/',
    secret,
    ...extra,
  });
}

function firstCredential(upstream: Upstream): Credential {
  const [credential] = upstream.credentials;
  if (!credential) throw new Error('no credential');
  return credential;
}

describe('upstreams', () => {
  test('are stored whole and read back the same', async () => {
    const added = await addOne('main', {
      priority: 3,
      weight: 7,
      paramOverride: { temperature: 0, user: null },
      headerOverride: { 'X-Team': 'a', 'user-agent': null },
      errorRules: [{ match: { status: 429 }, retry: 'stop', cooldown: 'none' }],
      injectStreamUsage: false,
      proxyUrl: new Secret('http://u:p@127.0.0.1:3128'),
    });
    expect(added.endpoints[0]?.baseUrl).toBe('https://api.example.com/v1');
    expect(added.headerOverride).toEqual({ 'x-team': 'a', 'user-agent': null });
    const found = await findUpstream(ctx, keyring, 'main');
    expect(found).toEqual(added);
    const credential = firstCredential(found);
    expect(credential.secret.reveal()).toBe(secret.reveal());
    expect(credential.proxyUrl?.reveal()).toBe('http://u:p@127.0.0.1:3128');
    expect(credential.hint).toBe('sk-…cdef');
    expect(credential.fingerprint).toMatch(/^[0-9a-f]{12}$/);
    expect((await loadTopology(ctx, keyring)).upstreams.get(added.id)).toEqual(added);
  });

  test('keep their secrets sealed in the database', async () => {
    await addOne('main', { proxyUrl: new Secret('http://u:hunter2@proxy.example:3128') });
    const rows = JSON.stringify(await database.knex('credentials').select());
    expect(rows).not.toContain(secret.reveal());
    expect(rows).not.toContain('hunter2');
    expect(rows).toContain(`v1.${keyring.primaryId}.`);
  });

  test('have unique names, and mark the change', async () => {
    await addOne();
    const before = await readChangeMarks(ctx);
    await expect(addOne()).rejects.toMatchObject({ code: 'already_exists', facts: { hint: expect.any(String) } });
    await addOne('other');
    expect((await readChangeMarks(ctx)).upstreams).toBe(before.upstreams + 1);
    await expect(findUpstream(ctx, keyring, 'mian')).rejects.toMatchObject({ facts: { hint: 'did you mean "main"?' } });
  });

  test.each([
    [{ name: 'has space' }, 'name'],
    [{ baseUrl: 'http://api.example.com' }, 'base_url'],
    [{ baseUrl: 'https://10.0.0.1/v1' }, 'base_url'],
    [{ kind: 'nothing' as 'openai' }, 'kind'],
    [{ weight: 0 }, 'weight'],
    [{ priority: -1 }, 'priority'],
    [{ secret: new Secret('with\nnewline') }, 'secret'],
    [{ secret: undefined, proxyUrl: new Secret('http://p:1') }, 'proxy_url'],
    [{ paramOverride: { stream: true } }, 'param_override'],
    [{ headerOverride: { Authorization: 'x' } }, 'header_override'],
    [{ headerOverride: { 'x-a': 'a\r\nb: c' } }, 'header_override'],
    [{ errorRules: [{ match: {}, retry: 'stop' as const, cooldown: 'none' as const }] }, 'error_rules'],
  ])('refuse %j', async (extra, param) => {
    await expect(addOne('bad', extra)).rejects.toMatchObject({ code: 'invalid_input', facts: { param } });
  });

  test('are edited field by field', async () => {
    const { id } = await addOne();
    await addOne('taken');
    await expect(editUpstream(ctx, keyring, id, { name: 'taken' })).rejects.toMatchObject({ code: 'already_exists' });
    const edited = await editUpstream(ctx, keyring, id, { name: 'renamed', enabled: false, weight: 9 });
    expect(edited).toMatchObject({ name: 'renamed', enabled: false, weight: 9, priority: 0 });
    expect(await findUpstream(ctx, keyring, 'renamed')).toEqual(edited);
  });

  test('cannot lose a permission that an endpoint needs', async () => {
    const { id } = await addOne('local', { baseUrl: 'http://127.0.0.1:11434/v1', allowPrivate: true });
    await expect(editUpstream(ctx, keyring, id, { allowPrivate: false })).rejects.toMatchObject({ code: 'conflict' });
  });

  test('take their bindings and places in groups along', async () => {
    const upstream = await addOne();
    const model = await addModel(ctx, { publicId: 'gpt' });
    await bindModel(ctx, model.id, { upstreamId: upstream.id });
    await addGroup(ctx, { name: 'all', members: [{ upstreamId: upstream.id }] });
    await removeUpstream(ctx, upstream.id);
    expect((await findModel(ctx, 'gpt')).bindings).toEqual([]);
    expect((await findGroup(ctx, 'all')).members).toEqual([]);
    await expect(removeUpstream(ctx, upstream.id)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('are listed in pages, newest first', async () => {
    for (const name of ['a', 'b', 'c']) await addOne(name);
    const first = await listUpstreams(ctx, keyring, { limit: 2 });
    expect(first.items.map((upstream) => upstream.name)).toEqual(['c', 'b']);
    const after = first.items[1]?.id ?? '';
    const second = await listUpstreams(ctx, keyring, { limit: 2, after });
    expect(second.items.map((upstream) => upstream.name)).toEqual(['a']);
    expect(second.nextCursor).toBeNull();
  });
});

describe('endpoints', () => {
  test('are added, changed and removed, but for the last one', async () => {
    const upstream = await addOne();
    const [first] = upstream.endpoints;
    const two = await addEndpoint(ctx, keyring, upstream.id, { baseUrl: 'https://b.example.com/v1', priority: 1 });
    expect(two.endpoints.map((endpoint) => endpoint.baseUrl)).toHaveLength(2);
    const duplicate = addEndpoint(ctx, keyring, upstream.id, { baseUrl: 'https://b.example.com/v1/' });
    await expect(duplicate).rejects.toMatchObject({ code: 'already_exists' });
    const edited = await editEndpoint(ctx, keyring, first?.id as EndpointId, { priority: 5, enabled: false });
    expect(edited.endpoints.at(-1)).toMatchObject({ id: first?.id, priority: 5, enabled: false });
    expect((await removeEndpoint(ctx, keyring, first?.id as EndpointId)).endpoints).toHaveLength(1);
    const last = edited.endpoints[0]?.id as EndpointId;
    await expect(removeEndpoint(ctx, keyring, last)).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('credentials', () => {
  test('are added, found by upstream/name, changed and removed', async () => {
    const upstream = await addOne();
    await addOne('other');
    const limits = { rpm: 10, concurrency: 0 };
    const spare = await addCredential(ctx, keyring, upstream.id, {
      name: 'spare',
      secret: new Secret('sk-spare-0123456789'),
      limits,
      modelLimits: { 'gpt-4': { tpm: 5 } },
    });
    expect(await findCredential(ctx, keyring, 'spare')).toEqual(spare);
    expect(await findCredential(ctx, keyring, 'main/spare')).toEqual(spare);
    await expect(findCredential(ctx, keyring, 'default')).rejects.toMatchObject({ code: 'invalid_input' });
    expect(spare.modelLimits).toEqual({ 'gpt-4': { rpm: null, tpm: 5, concurrency: null } });
    const patch = {
      secret: new Secret('sk-new-0123456789ab'),
      proxyUrl: new Secret('http://p.example:8080'),
      weight: 2,
    };
    const edited = await editCredential(ctx, keyring, spare.id, patch);
    expect(edited.secret.reveal()).toBe('sk-new-0123456789ab');
    expect(edited.fingerprint).not.toBe(spare.fingerprint);
    expect(edited).toMatchObject({ weight: 2, limits: { rpm: 10, tpm: null, concurrency: 0 } });
    expect((await editCredential(ctx, keyring, spare.id, { proxyUrl: null })).proxyUrl).toBeNull();
    await expect(editCredential(ctx, keyring, spare.id, { name: 'default' })).rejects.toMatchObject({
      code: 'already_exists',
    });
    await removeCredential(ctx, spare.id);
    await expect(findCredential(ctx, keyring, 'main/spare')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('need an upstream', async () => {
    const nowhere = 'up_00000000000000000000000000' as UpstreamId;
    await expect(addCredential(ctx, keyring, nowhere, { name: 'x', secret })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test('that cannot be opened are out of use, do not stop the others, and come back with a new secret', async () => {
    const upstream = await addOne();
    const other = await addOne('other');
    const { id } = firstCredential(upstream);
    const foreign = await database.knex('credentials').where({ upstream_id: other.id }).first();
    // Moved to another row, a sealed secret is worthless.
    await database.knex('credentials').where({ id }).update({ secret: foreign.secret });
    const topology = await loadTopology(ctx, keyring);
    expect(topology.upstreams.get(upstream.id)?.credentials[0]).toMatchObject({ enabled: false });
    expect(topology.upstreams.get(other.id)?.credentials[0]).toMatchObject({ enabled: true });
    await editCredential(ctx, keyring, id, { weight: 4 });
    const healed = await editCredential(ctx, keyring, id, { secret });
    expect(healed).toMatchObject({ enabled: true, weight: 4 });
    expect(healed.secret.reveal()).toBe(secret.reveal());
  });
});

describe('groups', () => {
  test('keep the order of their members and refuse cycles', async () => {
    const one = await addOne('one');
    const two = await addOne('two');
    const inner = await addGroup(ctx, { name: 'inner', members: [{ upstreamId: two.id }, { upstreamId: one.id }] });
    const outer = await addGroup(ctx, { name: 'outer', multiplierPpm: 1_500_000, members: [{ groupId: inner.id }] });
    const topology = await loadTopology(ctx, keyring);
    expect(topology.groupByName.get('inner')).toEqual(inner);
    expect(topology.groupById.get(outer.id)).toEqual(outer);
    const cycle = setGroupMembers(ctx, inner.id, [{ groupId: outer.id }]);
    await expect(cycle).rejects.toThrow('inner → outer → inner');
    await expect(setGroupMembers(ctx, inner.id, [{ groupId: inner.id }])).rejects.toMatchObject({ code: 'conflict' });
    await setGroupMembers(ctx, inner.id, [{ upstreamId: one.id }]);
    expect((await findGroup(ctx, 'inner')).members).toEqual([{ upstreamId: one.id }]);
    expect((await listGroups(ctx, { limit: 10 })).items).toHaveLength(2);
    await expect(removeGroup(ctx, inner.id)).rejects.toThrow('"outer"');
    await removeGroup(ctx, outer.id);
    await removeGroup(ctx, inner.id);
  });

  test('refuse members twice or unknown ones, and bad numbers', async () => {
    const one = await addOne('one');
    const twice = [{ upstreamId: one.id }, { upstreamId: one.id }];
    await expect(addGroup(ctx, { name: 'x', members: twice })).rejects.toMatchObject({ code: 'invalid_input' });
    const nowhere = [{ upstreamId: 'up_00000000000000000000000000' as UpstreamId }];
    await expect(addGroup(ctx, { name: 'x', members: nowhere })).rejects.toMatchObject({ code: 'not_found' });
    await expect(addGroup(ctx, { name: 'x', multiplierPpm: 0.5 })).rejects.toBeInstanceOf(Failure);
    await expect(findGroup(ctx, 'x')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('are followed by keys when renamed, and stay while a key uses them', async () => {
    const user = await createUser(ctx, { name: 'alice' });
    const group = await addGroup(ctx, { name: 'cheap' });
    await createKey(ctx, { userId: user.id, name: 'laptop', groups: ['cheap', 'other'] });
    await editGroup(ctx, group.id, { name: 'thrifty', multiplierPpm: 0 });
    expect((await findKey(ctx, 'laptop')).groups).toEqual(['thrifty', 'other']);
    await expect(removeGroup(ctx, group.id)).rejects.toMatchObject({ code: 'conflict' });
  });
});
