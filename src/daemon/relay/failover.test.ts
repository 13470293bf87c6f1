import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../core/secret.ts';
import {
  addEndpoint,
  addGroup,
  editCredential,
  editUpstream,
  removeUpstream,
  setGroupMembers,
} from '../../core/upstreams/index.ts';
import { type BootedDaemon, bootDaemon } from '../testing/boot-daemon.ts';
import { type Behaviour, fault, reply } from '../testing/fake-upstream.ts';
import { httpExchange } from '../testing/http-exchange.ts';
import { at, errorOf, openScene, type Scene } from '../testing/relay-scene.ts';

let boot: BootedDaemon;
beforeAll(async () => {
  boot = await bootDaemon();
});
afterEach(async () => await boot.resetSettings());
afterAll(async () => await boot.stop());

const RETRIED: readonly [string, Behaviour][] = [
  ['401', fault.invalidApiKey()],
  ['402', fault.status(402)],
  ['insufficient_quota', fault.insufficientQuota()],
  ['403', fault.status(403)],
  ['403 with a web page', fault.htmlBlockPage()],
  ['404 without the model', fault.modelNotFound()],
  ['408', fault.status(408)],
  ['429', fault.rateLimited()],
  ['usage limit', fault.usageLimitReached()],
  ['500', fault.status(500)],
  ['502', fault.status(502, 'Bad gateway')],
  ['503', fault.overloaded()],
  ['529', fault.status(529)],
  ['a reset', fault.reset()],
  ['a redirect', fault.redirect('http://127.0.0.1:1/')],
  ['malformed JSON', fault.malformedJson()],
];

describe('an upstream that fails', () => {
  test.each(RETRIED)('with %s: the next one answers', async (_name, behaviour) => {
    const scene = await openScene(boot, { upstreams: 2 });
    scene.up.when({}, behaviour);
    scene.second.when({}, reply({ text: 'second' }));
    const answer = await scene.chat();
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('second');
    expect(scene.asked).toEqual([1, 1]);
    expect(await scene.onlyEvent()).toMatchObject({ outcome: 'completed', attempts: 2 });
    const { attempts } = await scene.lastDecision();
    expect(attempts).toHaveLength(2);
    expect(at(attempts, 0).chosen).toBe(`up1-${scene.tag}/c1`);
    expect(at(attempts, 1).chosen).toBe(`up2-${scene.tag}/c1`);
    expect(at(attempts, 1).candidates).toContainEqual({ name: `up1-${scene.tag}/c1`, removed: 'tried already' });
  });

  test('by not being there at all: the next one answers', async () => {
    const scene = await openScene(boot, { upstreams: 2 });
    await scene.boot.change((ctx) =>
      editUpstream(ctx, boot.daemon.store.keyring, at(scene.upstreams, 0).id, { priority: 5 }),
    );
    const gone = await boot.addUpstream(`gone-${scene.tag}`, 'http://127.0.0.1:1/v1', ['sk-gone-key'], { priority: 0 });
    const model = await boot.addModel(`gone-${scene.tag}`, [gone, ...scene.upstreams]);
    const answer = await scene.chat({ model: model.publicId });
    expect(answer.status).toBe(200);
    const { attempts } = await scene.lastDecision();
    expect(at(attempts, 0)).toMatchObject({ verdict: 'network', errorCode: 'ECONNREFUSED' });
  });

  test.each([
    [
      '400',
      fault.status(400, { error: { message: 'bad', type: 'invalid_request_error', param: 'x', code: 'bad' } }),
      400,
    ],
    ['context_length_exceeded', fault.contextLengthExceeded(), 400],
    ['413', fault.status(413), 413],
    ['422', fault.status(422), 422],
    ['409', fault.status(409), 409],
  ])(
    'because of the request (%s): its answer passes untouched and nobody else is asked',
    async (_n, behaviour, status) => {
      const scene = await openScene(boot, { upstreams: 2 });
      scene.up.when({}, behaviour);
      const answer = await scene.chat();
      expect(answer.status).toBe(status);
      expect(answer.text).toBe((await httpExchange(`${scene.up.url}/v1/chat/completions`, { body: {} })).text);
      expect(at(scene.fakes, 1).requests).toHaveLength(0);
      expect(await scene.cooldowns()).toEqual([]);
      expect((await scene.onlyEvent()).outcome).toBe('failed');
    },
  );
});

describe('attempts', () => {
  test('go to no candidate twice, and end when all have failed', async () => {
    const scene = await openScene(boot, { upstreams: 2, credentials: 2 });
    for (const fake of scene.fakes) fake.when({}, fault.status(500));
    const answer = await scene.chat();
    expect(answer.status).toBe(502);
    expect(scene.asked).toEqual([2, 2]);
    for (const fake of scene.fakes) expect(new Set(fake.requests.map(({ key }) => key)).size).toBe(2);
  });

  test('are bounded by attempts_max', async () => {
    await boot.set({ 'relay.attempts_max': 3 });
    const scene = await openScene(boot, { upstreams: 1, credentials: 5 });
    scene.up.when({}, fault.status(500));
    expect((await scene.chat()).status).toBe(502);
    expect(scene.asked).toEqual([3]);
    expect((await scene.onlyEvent()).attempts).toBe(3);
  });

  test('are bounded by the retry deadline', async () => {
    await boot.set({ 'relay.retry_deadline_ms': 0 });
    const scene = await openScene(boot, { upstreams: 2 });
    scene.up.when({}, fault.status(500));
    expect((await scene.chat()).status).toBe(502);
    expect(scene.asked).toEqual([1, 0]);
  });

  test('reconnect once where there is no other candidate', async () => {
    const scene = await openScene(boot);
    scene.up.queue(fault.reset());
    expect((await scene.chat()).status).toBe(200);
    expect(scene.asked).toEqual([2]);
    scene.up.when({}, fault.reset());
    expect((await scene.chat()).status).toBe(502);
    expect(scene.asked).toEqual([4]);
  });

  test("show the last failure with a status that blames nobody's key", async () => {
    const expected: readonly [Behaviour, number][] = [
      [fault.invalidApiKey(), 503],
      [fault.status(402), 503],
      [fault.insufficientQuota(), 503],
      [fault.status(403), 503],
      [fault.htmlBlockPage(), 502],
      [fault.status(500), 502],
      [fault.overloaded(), 503],
      [fault.status(408), 504],
      [fault.rateLimited(), 429],
      [fault.usageLimitReached(), 429],
    ];
    for (const [behaviour, status] of expected) {
      const scene = await openScene(boot);
      scene.up.when({}, behaviour);
      const answer = await scene.chat();
      expect(answer.status).toBe(status);
      expect(errorOf(answer)['type']).toBe('upstream_error');
      expect(answer.text).not.toMatch(/Incorrect API key|billing details|<html|sk-up/);
      expect((await scene.onlyEvent()).status).toBe(status);
    }
  });

  test.each([
    ['retry-after', fault.rateLimited({ retryAfter: 7 })],
    ['resets_in_seconds', fault.usageLimitReached(undefined, 7)],
  ])('that end in a limit say when it is over: %s', async (_name, behaviour) => {
    const scene = await openScene(boot);
    scene.up.when({}, behaviour);
    const answer = await scene.chat();
    expect(answer.status).toBe(429);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(6);
    expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(7);
  });
});

describe('the operator says', () => {
  async function withRules(errorRules: object[]): Promise<Scene> {
    const scene = await openScene(boot, { upstreams: 2 });
    const patch = { errorRules: errorRules as never };
    await boot.change((ctx) => editUpstream(ctx, boot.daemon.store.keyring, at(scene.upstreams, 0).id, patch));
    return scene;
  }

  test('to stop at an error that would be tried again, and what the client sees then', async () => {
    const present = { status: 418, message: 'not today' };
    const scene = await withRules([{ match: { status: 500 }, retry: 'stop', cooldown: 'none', present }]);
    scene.up.when({}, fault.status(500));
    const answer = await scene.chat();
    expect(answer.status).toBe(418);
    expect(errorOf(answer)['message']).toBe('not today');
    expect(scene.asked).toEqual([1, 0]);
  });

  test('to go on at an error that would be final, and what rests how long', async () => {
    const rule = {
      match: { status: 400, contains: 'UNKNOWN account' },
      retry: 'continue',
      cooldown: 'credential',
      cooldownMs: 90_000,
    };
    const scene = await withRules([rule]);
    scene.up.when({}, fault.status(400, { error: { message: 'an unknown Account', code: 'x' } }));
    const before = Date.now();
    expect((await scene.chat()).status).toBe(200);
    expect(scene.asked).toEqual([1, 1]);
    const [cooldown] = await scene.cooldowns();
    expect(cooldown).toMatchObject({ scope: 'credential', source: 'rule' });
    expect(Number(cooldown?.['until']) - before).toBeGreaterThan(85_000);
    scene.up.when({}, fault.status(400, { error: { message: 'something else', code: 'x' } }));
  });

  test('nothing about an error that no rule fits', async () => {
    const scene = await withRules([{ match: { code: 'other_code' }, retry: 'continue', cooldown: 'credential' }]);
    scene.up.when({}, fault.status(400, { error: { message: 'x', code: 'this_code' } }));
    expect((await scene.chat()).status).toBe(400);
    expect(await scene.cooldowns()).toEqual([]);
  });

  test('which fields and headers to set or remove', async () => {
    const scene = await openScene(boot, {
      changes: {
        paramOverride: { temperature: 0.5, top_p: null, new_field: { a: [1] }, seed: 1 },
        headerOverride: { 'x-title': 'Realms', 'user-agent': null, 'openai-beta': 'forced' },
      },
    });
    const body = `{"model":"${scene.model}","messages":[], "temperature": 1 ,"top_p":1,"seed":9007199254740993,"keep":9007199254740993}`;
    const headers = { 'user-agent': 'sdk', 'openai-beta': 'client' };
    await scene.post('/v1/chat/completions', body, { headers });
    const seen = at(scene.up.requests, 0);
    expect(seen.json).toMatchObject({ temperature: 0.5, new_field: { a: [1] }, seed: 1 });
    expect(seen.json).not.toHaveProperty('top_p');
    expect(seen.body.toString()).toContain('"keep":9007199254740993');
    expect(seen.headers).toMatchObject({ 'x-title': 'Realms', 'openai-beta': 'forced' });
    expect(seen.headers['user-agent']).toBeUndefined();
  });
});

describe('choice', () => {
  test('takes the lower priority first, whatever the weight', async () => {
    const scene = await openScene(boot, { upstreams: 2, changes: [{ priority: 1, weight: 1_000 }, { priority: 0 }] });
    for (let i = 0; i < 5; i++) await scene.chat();
    expect(scene.asked).toEqual([0, 5]);
  });

  test('shares by weight among equals', async () => {
    const scene = await openScene(boot, { upstreams: 2, changes: [{ priority: 0, weight: 9 }, { priority: 0 }] });
    await Promise.all(Array.from({ length: 200 }, () => scene.chat()));
    const [heavy = 0, light = 0] = scene.asked;
    expect(heavy + light).toBe(200);
    expect(heavy).toBeGreaterThan(light * 2);
    expect(light).toBeGreaterThan(0);
  });

  test('spreads over the credentials of an upstream', async () => {
    const scene = await openScene(boot, { credentials: 3 });
    for (let i = 0; i < 60; i++) await scene.chat();
    expect(new Set(scene.up.requests.map(({ key }) => key)).size).toBe(3);
  });

  test('uses another endpoint of an upstream when the first fails', async () => {
    const scene = await openScene(boot, { upstreams: 2 });
    const [first, second] = scene.upstreams;
    if (!first || !second) throw new Error('two upstreams were asked for');
    const { keyring } = boot.daemon.store;
    await boot.change(async (ctx) => {
      await addEndpoint(ctx, keyring, first.id, { baseUrl: `${scene.second.url}/v1`, priority: 1 });
      await editUpstream(ctx, keyring, second.id, { enabled: false });
    });
    scene.up.when({}, fault.status(500));
    expect((await scene.chat()).status).toBe(200);
    expect(at(scene.second.requests, 0).key).toBe(`sk-up1-c1-${scene.tag}`);
  });
});

describe('a change while requests run', () => {
  test('lets them end where they are: the upstream is removed under a stream', async () => {
    const scene = await openScene(boot, { upstreams: 2 });
    scene.up.when({}, fault.slowChunks(50, reply({ text: 'one two three four five six' })));
    const running = scene.responsesStream();
    await scene.up.arrived(1);
    await boot.change((ctx) => removeUpstream(ctx, at(scene.upstreams, 0).id));
    expect((await scene.chat()).status).toBe(200);
    expect(scene.asked).toEqual([1, 1]);
    const answer = await running;
    expect(answer.text).toContain('response.completed');
    expect((await scene.events(2)).map(({ outcome }) => outcome)).toEqual(['completed', 'completed']);
  });

  test('holds from the next request on: a secret, a switch, an address', async () => {
    const scene = await openScene(boot, { upstreams: 2 });
    const { keyring } = boot.daemon.store;
    const first = at(scene.upstreams, 0);
    const { id } = at(first.credentials, 0);
    await scene.chat();
    await boot.change((ctx) => editCredential(ctx, keyring, id, { secret: new Secret('sk-rotated-secret') }));
    await scene.chat();
    await boot.change((ctx) => editUpstream(ctx, keyring, first.id, { enabled: false }));
    await scene.chat();
    await boot.change((ctx) => editUpstream(ctx, keyring, first.id, { enabled: true }));
    await scene.chat();
    expect(scene.up.requests.map(({ key }) => key)).toEqual([
      `sk-up1-c1-${scene.tag}`,
      'sk-rotated-secret',
      'sk-rotated-secret',
    ]);
    expect(scene.second.requests).toHaveLength(1);
  });
});

test('the upstream and the attempts are named to the client only where the operator wants it', async () => {
  const scene = await openScene(boot, { upstreams: 2 });
  scene.up.when({}, fault.status(500));
  expect((await scene.chat()).headers).not.toHaveProperty('x-realms-upstream');
  await boot.set({ 'relay.expose_upstream_headers': true });
  const { headers } = await scene.chat();
  expect(headers).toMatchObject({ 'x-realms-upstream': `up2-${scene.tag}/c1`, 'x-realms-attempts': '2' });
});

describe('groups are a ladder', () => {
  test('of which the next rung is used only when the one before has nothing free', async () => {
    const scene = await openScene(boot, { upstreams: 2, changes: [{ priority: 9 }, { priority: 0 }] });
    const [cheap, dear] = scene.upstreams;
    if (!cheap || !dear) throw new Error('two upstreams were asked for');
    const names = [`cheap-${scene.tag}`, `dear-${scene.tag}`];
    await boot.change(async (ctx) => {
      await addGroup(ctx, { name: at(names, 0), members: [{ upstreamId: cheap.id }], multiplierPpm: 500_000 });
      await addGroup(ctx, { name: at(names, 1), members: [{ upstreamId: dear.id }], multiplierPpm: 2_000_000 });
    });
    const key = await scene.addKey({ groups: names });
    const headers = { authorization: `Bearer ${key}` };
    for (let i = 0; i < 5; i++) await scene.chat({}, { headers });
    expect(scene.asked).toEqual([5, 0]);
    scene.up.when({}, fault.rateLimited({ retryAfter: 60 }));
    await scene.chat({}, { headers });
    await scene.chat({}, { headers });
    expect(scene.asked).toEqual([6, 2]);
    const events = await scene.events(7);
    expect(events[0]).toMatchObject({ groupName: names[0], multiplierPpm: 500_000 });
    expect(events[6]).toMatchObject({ groupName: names[1], multiplierPpm: 2_000_000 });
    expect((await scene.lastDecision()).ladder).toEqual(names);
  });

  test('which holds what groups within groups hold, at the product of their prices', async () => {
    const scene = await openScene(boot, { upstreams: 2 });
    const inner = await boot.change((ctx) =>
      addGroup(ctx, {
        name: `inner-${scene.tag}`,
        members: [{ upstreamId: at(scene.upstreams, 1).id }],
        multiplierPpm: 1_500_000,
      }),
    );
    const outer = await boot.change((ctx) => addGroup(ctx, { name: `outer-${scene.tag}`, multiplierPpm: 2_000_000 }));
    await boot.change((ctx) => setGroupMembers(ctx, outer.id, [{ groupId: inner.id }]));
    const key = await scene.addKey({ groups: [outer.name] });
    await scene.chat({}, { headers: { authorization: `Bearer ${key}` } });
    expect(scene.asked).toEqual([0, 1]);
    expect(await scene.onlyEvent()).toMatchObject({ groupName: outer.name, multiplierPpm: 3_000_000 });
  });

  test('that does not reach the model is a 404, and lists nothing', async () => {
    const scene = await openScene(boot);
    const group = await boot.change((ctx) => addGroup(ctx, { name: `empty-${scene.tag}` }));
    const key = await scene.addKey({ groups: [group.name] });
    const headers = { authorization: `Bearer ${key}` };
    const answer = await scene.chat({}, { headers });
    expect(answer.status).toBe(404);
    expect(errorOf(answer)['code']).toBe('model_not_available');
    const models = JSON.parse((await scene.call('/v1/models', { headers })).text) as { data: unknown[] };
    expect(models.data).toEqual([]);
  });
});
