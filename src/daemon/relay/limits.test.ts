import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { editKey, editUser } from '../../core/identity/index.ts';
import type { EpochMs } from '../../core/time.ts';
import { editCredential } from '../../core/upstreams/index.ts';
import { type BootedDaemon, bootDaemon, until } from '../testing/boot-daemon.ts';
import { fault, reply } from '../testing/fake-upstream.ts';
import { type HttpExchange, httpExchange } from '../testing/http-exchange.ts';
import { at, errorOf, openScene, type Scene } from '../testing/relay-scene.ts';

let boot: BootedDaemon;
beforeAll(async () => {
  boot = await bootDaemon();
});
afterEach(async () => await boot.resetSettings());
afterAll(async () => await boot.stop());

function expectLimit(answer: HttpExchange, code: string): void {
  expect(answer.status).toBe(429);
  expect(errorOf(answer)).toMatchObject({ code, type: 'rate_limit_error' });
  const seconds = Number(answer.headers['retry-after']);
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(60);
  expect(Number(answer.headers['retry-after-ms'])).toBeLessThanOrEqual(seconds * 1_000);
  expect(errorOf(answer)['resets_in_seconds']).toBe(seconds);
}

async function limitUser(scene: Scene, limits: object): Promise<void> {
  await boot.change((ctx) => editUser(ctx, scene.user.id, { limits }));
}

async function limitKey(scene: Scene, limits: object): Promise<void> {
  await boot.change((ctx) => editKey(ctx, scene.key.id, { limits }));
}

describe.each([
  ['user', limitUser],
  ['key', limitKey],
] as const)('limits of a %s', (whose, limit) => {
  test('on requests a minute', async () => {
    const scene = await openScene(boot);
    await limit(scene, { rpm: 3 });
    for (let i = 0; i < 3; i++) expect((await scene.chat()).status).toBe(200);
    expectLimit(await scene.chat(), 'rpm_limit_reached');
    expect(scene.asked).toEqual([3]);
    const events = await scene.events(4);
    expect(events.at(-1)).toMatchObject({
      outcome: 'refused',
      status: 429,
      errorCode: 'rpm_limit_reached',
      attempts: 0,
    });
  });

  test('on tokens a minute, corrected to what was used', async () => {
    const scene = await openScene(boot);
    await limit(scene, { tpm: 1_000 });
    scene.up.when({}, reply({ usage: { input: 400, output: 200 } }));
    expect((await scene.chat()).status).toBe(200);
    await scene.events(1);
    expect((await scene.chat()).status).toBe(200);
    await scene.events(2);
    expectLimit(await scene.chat(), 'tpm_limit_reached');
  });

  test('on requests at once; a slot is free again after an answer, an error and an abort', async () => {
    const scene = await openScene(boot);
    await limit(scene, { concurrency: 1 });
    const occupied = async (): Promise<boolean> => (await scene.chat()).status === 429;
    scene.up.once({ stream: true }, fault.slowChunks(60));
    const running = scene.chatStream();
    await scene.up.arrived(1);
    expectLimit(await scene.chat(), 'concurrency_limit_reached');
    expect((await running).status).toBe(200);
    await until('the slot of a stream is free', async () => !(await occupied()));

    scene.up.once({ stream: true }, fault.status(400));
    expect((await scene.chatStream()).status).toBe(400);
    await until('the slot of an error is free', async () => !(await occupied()));

    scene.up.once({ stream: true }, fault.stall('nothing'));
    let leave = () => {};
    const count = scene.up.requests.length;
    const gone = new Promise<void>((resolve) => {
      const headers = { authorization: `Bearer ${scene.keyText}`, 'content-type': 'application/json' };
      const outgoing = request(`${boot.url}/v1/chat/completions`, { method: 'POST', headers, agent: false });
      outgoing.on('error', () => resolve());
      outgoing.end(JSON.stringify({ ...scene.chatBody(), stream: true }));
      leave = () => outgoing.destroy();
    });
    await scene.up.arrived(count + 1);
    expect(await occupied()).toBe(true);
    leave();
    await gone;
    await until('the slot of an abort is free', async () => !(await occupied()));
  });

  test(`come from the settings where the ${whose} has none of its own`, async () => {
    await boot.set({ [`limits.${whose}_rpm`]: 1 });
    const scene = await openScene(boot);
    expect((await scene.chat()).status).toBe(200);
    expectLimit(await scene.chat(), 'rpm_limit_reached');
    await limit(scene, { rpm: 2 });
    expect((await scene.chat()).status).toBe(200);
    expectLimit(await scene.chat(), 'rpm_limit_reached');
  });

  test('let exactly so many of a burst through', async () => {
    const scene = await openScene(boot);
    await limit(scene, { concurrency: 4 });
    scene.up.when({}, fault.slowHeaders(500));
    const answers = await Promise.all(Array.from({ length: 20 }, () => scene.chat()));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(4);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(16);
    expect(await scene.events(20)).toHaveLength(20);
  });
});

test('a limit of the user holds over all keys, that of a key for it alone', async () => {
  const scene = await openScene(boot);
  const other = { headers: { authorization: `Bearer ${await scene.addKey({ limits: { rpm: 1 } })}` } };
  await limitUser(scene, { rpm: 3 });
  expect((await scene.chat({}, other)).status).toBe(200);
  expectLimit(await scene.chat({}, other), 'rpm_limit_reached');
  expect((await scene.chat()).status).toBe(200);
  expect((await scene.chat()).status).toBe(200);
  expectLimit(await scene.chat(), 'rpm_limit_reached');
});

describe('limits of a credential', () => {
  async function limitCredential(scene: Scene, patch: object): Promise<void> {
    const { id } = at(at(scene.upstreams, 0).credentials, 0);
    await boot.change((ctx) => editCredential(ctx, boot.daemon.store.keyring, id, patch));
  }

  test('send what is over them to another upstream', async () => {
    const scene = await openScene(boot, { upstreams: 2 });
    await limitCredential(scene, { limits: { rpm: 2 } });
    for (let i = 0; i < 5; i++) expect((await scene.chat()).status).toBe(200);
    expect(scene.asked).toEqual([2, 3]);
    expect((await scene.lastDecision()).attempts[0]?.candidates).toContainEqual({
      name: `up1-${scene.tag}/c1`,
      removed: 'limit: rpm',
    });
    expect(await scene.cooldowns()).toEqual([]);
  });

  test('are a 429 with a time where there is no other', async () => {
    const scene = await openScene(boot);
    await limitCredential(scene, { limits: { rpm: 1 } });
    await scene.chat();
    const answer = await scene.chat();
    expect(answer.status).toBe(429);
    expect(errorOf(answer)['code']).toBe('no_upstream_available');
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect((await scene.events(2)).at(-1)).toMatchObject({ outcome: 'refused', attempts: 0 });
  });

  test('on one model leave the others alone', async () => {
    const scene = await openScene(boot);
    const other = await boot.addModel(`other-${scene.tag}`, scene.upstreams);
    await limitCredential(scene, { modelLimits: { [scene.model]: { rpm: 1 } } });
    expect((await scene.chat()).status).toBe(200);
    expect((await scene.chat()).status).toBe(429);
    expect((await scene.chat({ model: other.publicId })).status).toBe(200);
  });

  test('on requests at once are given back after errors and streams', async () => {
    const scene = await openScene(boot);
    await limitCredential(scene, { limits: { concurrency: 1 } });
    for (const behaviour of [fault.status(500), fault.reset(), fault.malformedJson(), fault.cut({ events: 6 })]) {
      scene.up.queue(behaviour);
      await scene.chatStream();
    }
    expect((await scene.chatStream()).status).toBe(200);
    scene.up.queue(fault.slowHeaders(300));
    const running = scene.chat();
    await scene.up.arrived(scene.up.requests.length + 1);
    expect((await scene.chat()).status).toBe(429);
    expect((await running).status).toBe(200);
  });
});

describe('a key', () => {
  async function refusedKey(scene: Scene, patch: object): Promise<HttpExchange> {
    await boot.change((ctx) => editKey(ctx, scene.key.id, patch));
    return await scene.chat();
  }

  test.each([
    ['is disabled', { enabled: false }, 401, 'key_disabled'],
    ['has expired', { expiresAt: 1_000 as EpochMs }, 401, 'key_expired'],
    ['is not valid yet', { notBefore: (Date.now() + 60_000) as EpochMs }, 401, 'key_not_yet_valid'],
    ['may not use the model', { allowedModels: ['other-*'] }, 403, 'model_not_allowed'],
    ['is used from elsewhere', { allowedIps: ['203.0.113.0/24'] }, 403, 'ip_not_allowed'],
  ])('that %s is refused', async (_what, patch, status, code) => {
    const scene = await openScene(boot);
    expect((await scene.chat()).status).toBe(200);
    const answer = await refusedKey(scene, patch);
    expect(answer.status).toBe(status);
    expect(errorOf(answer)['code']).toBe(code);
    expect(answer.headers['x-should-retry']).toBe('false');
    expect(scene.asked).toEqual([1]);
    expect((await scene.events(2)).at(-1)).toMatchObject({ outcome: 'refused', errorCode: code, status });
  });

  test.each([
    [{}, 'missing_api_key'],
    [{ authorization: 'Bearer sk-unknown' }, 'invalid_api_key'],
    [{ authorization: 'Basic abc' }, 'missing_api_key'],
    [{ authorization: 'Bearer ' }, 'missing_api_key'],
  ])('that is none is refused: %j', async (headers, code) => {
    const scene = await openScene(boot);
    const answer = await httpExchange(`${boot.url}/v1/chat/completions`, { body: scene.chatBody(), headers });
    expect(answer.status).toBe(401);
    expect(errorOf(answer)).toMatchObject({ code, type: 'authentication_error' });
    expect(await scene.events(0)).toEqual([]);
  });

  test('of a suspended user is refused, and serves again afterwards', async () => {
    const scene = await openScene(boot);
    await boot.change((ctx) => editUser(ctx, scene.user.id, { status: 'suspended' }));
    const answer = await scene.chat();
    expect(answer.status).toBe(403);
    expect(errorOf(answer)['code']).toBe('account_suspended');
    await boot.change((ctx) => editUser(ctx, scene.user.id, { status: 'active' }));
    expect((await scene.chat()).status).toBe(200);
  });

  test('may name its models with globs, which hold for the list of models too', async () => {
    const scene = await openScene(boot);
    const other = await boot.addModel(`gpt-x-${scene.tag}`, scene.upstreams);
    const key = await scene.addKey({ allowedModels: ['gpt-*', 'nothing'] });
    const headers = { authorization: `Bearer ${key}` };
    expect((await scene.chat({ model: other.publicId }, { headers })).status).toBe(200);
    expect((await scene.chat({}, { headers })).status).toBe(403);
    const list = JSON.parse((await scene.call('/v1/models', { headers })).text) as { data: { id: string }[] };
    expect(list.data.map(({ id }) => id)).toEqual([other.publicId]);
  });
});

test('a model that is unknown or disabled is a 404', async () => {
  const scene = await openScene(boot);
  const answer = await scene.chat({ model: 'never-heard-of' });
  expect(answer.status).toBe(404);
  expect(errorOf(answer)).toMatchObject({ code: 'model_not_found', param: 'model' });
  expect(await scene.onlyEvent()).toMatchObject({ outcome: 'refused', model: 'never-heard-of' });
});

describe('the address of a client behind a proxy', () => {
  test('is what the trusted proxy says, and nothing that a client wrote itself', async () => {
    const own = await bootDaemon({ settings: { 'server.trusted_proxies': '127.0.0.1/32, 10.0.0.0/8' } });
    try {
      const scene = await openScene(own, { key: { allowedIps: ['203.0.113.7'] } });
      const from = async (forwarded: string) =>
        (await scene.chat({}, { headers: { 'x-forwarded-for': forwarded } })).status;
      expect(await from('203.0.113.7')).toBe(200);
      expect(await from('203.0.113.7, 10.1.2.3')).toBe(200);
      expect(await from('198.51.100.1')).toBe(403);
      // The client wrote the first address, the proxy appended the real one.
      expect(await from('203.0.113.7, 198.51.100.1')).toBe(403);
      expect(await from('203.0.113.7, nonsense')).toBe(403);
      expect((await scene.chat()).status).toBe(403);
    } finally {
      await own.stop();
    }
  });

  test('is that of the connection when no proxy is trusted', async () => {
    const scene = await openScene(boot, { key: { allowedIps: ['203.0.113.7'] } });
    const spoofed = await scene.chat(
      {},
      { headers: { 'x-forwarded-for': '203.0.113.7', forwarded: 'for=203.0.113.7' } },
    );
    expect(spoofed.status).toBe(403);
    await boot.change((ctx) => editKey(ctx, scene.key.id, { allowedIps: ['127.0.0.0/8'] }));
    expect((await scene.chat()).status).toBe(200);
  });
});
