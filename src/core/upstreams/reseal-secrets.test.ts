import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type Database, inChange } from '../database/index.ts';
import { type Keyring, openKeyring, type Resealed, rotateKeyring } from '../keyring/index.ts';
import { silentLog } from '../log.ts';
import { systemRandom } from '../random.ts';
import { Secret } from '../secret.ts';
import { type TestCtx, testCtx, testDatabase } from '../testing/test-database.ts';
import { addCredential, addUpstream, editUpstream, loadTopology, removeCredential, resealSecrets } from './index.ts';

const COUNT = 120;
const WITH_HEADERS = 105;
const folder = mkdtempSync(join(tmpdir(), 'realms-reseal-'));
let database: Database;
let ctx: TestCtx;
let keyring: Keyring;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await database.knex('upstreams').delete();
  ctx = testCtx(database);
  keyring = await reopen();
});

async function reopen(): Promise<Keyring> {
  return await openKeyring(
    { file: join(folder, 'keyring.json') },
    { clock: testCtx(database).clock, random: systemRandom(), log: silentLog },
  );
}

/** 180 seals of credentials in two batches, then 105 of headers in two batches. */
async function fill(): Promise<void> {
  const upstream = await addUpstream(ctx, keyring, { name: 'main', kind: 'openai', baseUrl: 'https://a.example' });
  for (let i = 0; i < WITH_HEADERS; i++) {
    const headerOverride = { 'x-api-key': `header-${i}` };
    await addUpstream(ctx, keyring, { name: `u${i}`, kind: 'openai', baseUrl: 'https://a.example', headerOverride });
  }
  for (let i = 0; i < COUNT; i++) {
    const proxyUrl = i % 2 ? new Secret(`http://u:p${i}@proxy.example:1`) : null;
    await addCredential(ctx, keyring, upstream.id, { name: `c${i}`, secret: new Secret(`sk-number-${i}`), proxyUrl });
  }
}

async function expectAllReadable(with_: Keyring): Promise<void> {
  const upstreams = [...(await loadTopology(ctx, with_)).upstreams.values()];
  const [main, ...others] = upstreams.sort((a, b) => Number(b.name === 'main') - Number(a.name === 'main'));
  expect(others).toHaveLength(WITH_HEADERS);
  for (const { name, enabled, headerOverride } of others) {
    expect({ enabled, headerOverride }).toEqual({
      enabled: true,
      headerOverride: { 'x-api-key': `header-${name.slice(1)}` },
    });
  }
  expect(main?.credentials).toHaveLength(COUNT);
  for (const credential of main?.credentials ?? []) {
    const number = credential.name.slice(1);
    expect(credential.secret.reveal()).toBe(`sk-number-${number}`);
    expect(credential.proxyUrl?.reveal()).toBe(Number(number) % 2 ? `http://u:p${number}@proxy.example:1` : undefined);
  }
}

test('a rotation that is killed anywhere loses nothing, and the next one finishes', async () => {
  await fill();
  const reseal = async (ring: Keyring): Promise<Resealed> => await resealSecrets(ctx, ring);
  for (const sealsLeft of [0, 1, 40, 149, 152, 31, 102]) {
    dieAfter(keyring, sealsLeft);
    await expect(rotateKeyring(keyring, ctx.clock, [reseal])).rejects.toThrow('killed');
    keyring = await reopen();
    await expectAllReadable(keyring);
  }
  expect(keyring.keyIds).toHaveLength(2);
  await rotateKeyring(keyring, ctx.clock, [reseal]);
  keyring = await reopen();
  expect(keyring.keyIds).toHaveLength(1);
  await expectAllReadable(keyring);
});

/** The batch that is under way is rolled back, those before it are committed. */
function dieAfter(ring: Keyring, seals: number): void {
  const seal = ring.seal.bind(ring);
  let left = seals;
  vi.spyOn(ring, 'seal').mockImplementation((text, context) => {
    left -= 1;
    if (left < 0) throw new Error('killed');
    return seal(text, context);
  });
}

test('a second run finds nothing to do', async () => {
  await fill();
  const reseal = async (ring: Keyring): Promise<Resealed> => await resealSecrets(ctx, ring);
  expect(await rotateKeyring(keyring, ctx.clock, [reseal])).toMatchObject({ resealed: COUNT + WITH_HEADERS });
  expect(await resealSecrets(ctx, keyring)).toEqual({ resealed: 0, unreadable: [] });
});

test('what is sealed under the old key but not committed yet is waited for', async () => {
  const sealed = gate();
  const mayCommit = gate();
  const writing = inChange(ctx, 'upstreams', async (tx) => {
    await addUpstream(tx, keyring, {
      name: 'late',
      kind: 'openai',
      baseUrl: 'https://a.example',
      headerOverride: { 'x-api-key': 'late-header' },
      secret: new Secret('sk-late-secret'),
    });
    sealed.open();
    await mayCommit.opened;
  });
  await sealed.opened;
  const rotating = rotateKeyring(keyring, ctx.clock, [(ring) => resealSecrets(ctx, ring)]);
  setTimeout(mayCommit.open, 200);
  await writing;
  expect(await rotating).toMatchObject({ resealed: 2, dropped: [expect.any(String)] });
  const [late] = (await loadTopology(ctx, await reopen())).upstreams.values();
  expect(late).toMatchObject({ enabled: true, headerOverride: { 'x-api-key': 'late-header' } });
  expect(late?.credentials[0]?.secret.reveal()).toBe('sk-late-secret');
});

function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

test('what no key opens is named, until it is gone', async () => {
  const upstream = await addUpstream(ctx, keyring, { name: 'main', kind: 'openai', baseUrl: 'https://a.example' });
  const broken = await addCredential(ctx, keyring, upstream.id, { name: 'x', secret: new Secret('sk-x') });
  await database.knex('credentials').where({ id: broken.id }).update({ secret: 'v1.kdeadbeef.AAAA.AAAA' });
  expect(await resealSecrets(ctx, keyring)).toEqual({
    resealed: 0,
    unreadable: [`credentials.secret:${broken.id}`],
  });
  await removeCredential(ctx, broken.id);
  await database.knex('upstreams').where({ id: upstream.id }).update({ header_override: 'v1.kdeadbeef.AAAA.AAAA' });
  expect(await resealSecrets(ctx, keyring)).toEqual({
    resealed: 0,
    unreadable: [`upstreams.header_override:${upstream.id}`],
  });
  await editUpstream(ctx, keyring, upstream.id, { headerOverride: {} });
  expect(await resealSecrets(ctx, keyring)).toEqual({ resealed: 0, unreadable: [] });
});
