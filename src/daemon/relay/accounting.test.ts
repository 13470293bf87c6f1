import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { addAlias, type GivenRates, setPrice } from '../../core/models/index.ts';
import type { MicrosPerMillion } from '../../core/money.ts';
import { addGroup } from '../../core/upstreams/index.ts';
import { type BootedDaemon, bootDaemon } from '../testing/boot-daemon.ts';
import { fault, reply } from '../testing/fake-upstream.ts';
import { at, errorOf, openScene, type Scene, type SceneOptions } from '../testing/relay-scene.ts';

let boot: BootedDaemon;
beforeAll(async () => {
  boot = await bootDaemon();
});
afterEach(async () => await boot.resetSettings());
afterAll(async () => await boot.stop());

/** Whole dollars for a million tokens are micro-dollars for one. */
function rates(
  input: number,
  output: number,
  more: Partial<Record<'cachedInput' | 'cacheWrite5m', number>> = {},
): GivenRates {
  const micros = Object.entries({ input, output, ...more }).map(([name, usd]) => [name, usd * 1_000_000]);
  return Object.fromEntries(micros) as GivenRates;
}

async function priced(price: Parameters<typeof setPrice>[2], options: SceneOptions = {}): Promise<Scene> {
  const scene = await openScene(boot, options);
  await boot.change((ctx) => setPrice(ctx, scene.modelRow.id, price));
  return scene;
}

describe('the cost of a request', () => {
  const USAGE = { input: 1_000, cachedInput: 300, cacheWrite: 200, output: 100, reasoning: 60 };

  test.each(['chat', 'responses', 'chatStream', 'responsesStream'] as const)(
    'is what each kind of token costs, for %s',
    async (call) => {
      const scene = await priced({ standard: rates(10, 40, { cachedInput: 1, cacheWrite5m: 12 }) });
      scene.up.when({}, reply({ usage: USAGE }));
      await scene[call]();
      const event = await scene.onlyEvent();
      expect(event.usage).toEqual({
        input: 1_000,
        cachedInput: 300,
        cacheWrite5m: 200,
        cacheWrite1h: 0,
        output: 100,
        reasoning: 60,
      });
      expect(event.costUsdMicros).toBe(500 * 10 + 300 * 1 + 200 * 12 + 100 * 40);
      expect(event.priceId).toMatch(/^prc_/);
    },
  );

  test('follows the tier that was served, not the one that was asked for', async () => {
    const scene = await priced({ standard: rates(1, 1), priority: rates(7, 7) });
    scene.up.queue(reply({ serviceTier: 'priority', usage: { input: 10, output: 10 } }));
    scene.up.queue(reply({ serviceTier: 'default', usage: { input: 10, output: 10 } }));
    scene.up.queue(reply({ serviceTier: 'priority', usage: { input: 10, output: 10 } }));
    await scene.chat({ service_tier: 'auto' });
    await scene.chat({ service_tier: 'priority' });
    await scene.responsesStream();
    const events = await scene.events(3);
    expect(events.map(({ costUsdMicros }) => costUsdMicros)).toEqual([140, 20, 140]);
    expect(events.map(({ serviceTier }) => serviceTier)).toEqual(['priority', 'default', 'priority']);
  });

  test('is the high-context one strictly above the threshold, for the whole request', async () => {
    const scene = await priced({
      standard: rates(1, 1),
      highContext: { aboveTokens: 1_000, rates: rates(3, 3) },
    });
    for (const input of [1_000, 1_001]) {
      scene.up.queue(reply({ usage: { input, output: 1 } }));
      await scene.chat();
    }
    const events = await scene.events(2);
    expect(events.map(({ costUsdMicros }) => costUsdMicros)).toEqual([1_001, 3_006]);
  });

  test('is multiplied by the group and rounded once, half up', async () => {
    const scene = await priced({ standard: { input: 1 as MicrosPerMillion, output: 1_000_000 as MicrosPerMillion } });
    const upstreamId = at(scene.upstreams, 0).id;
    const name = `half-${scene.tag}`;
    await boot.change((ctx) => addGroup(ctx, { name, members: [{ upstreamId }], multiplierPpm: 500_000 }));
    const headers = { authorization: `Bearer ${await scene.addKey({ groups: [name] })}` };
    for (const output of [1, 3]) {
      scene.up.queue(reply({ usage: { input: 0, output } }));
      await scene.chat({}, { headers });
    }
    expect((await scene.events(2)).map(({ costUsdMicros }) => costUsdMicros)).toEqual([1, 2]);
  });

  test('is that of the price in force when the request came', async () => {
    const scene = await priced({ standard: rates(1, 1) });
    scene.up.when({}, fault.slowHeaders(300, reply({ usage: { input: 10, output: 0 } })));
    const running = scene.chat();
    await scene.up.arrived(1);
    await boot.change((ctx) => setPrice(ctx, scene.modelRow.id, { standard: rates(100, 100) }));
    await running;
    await scene.chat();
    const events = await scene.events(2);
    expect(events.map(({ costUsdMicros }) => costUsdMicros)).toEqual([10, 1_000]);
    expect(new Set(events.map(({ priceId }) => priceId)).size).toBe(2);
  });

  test('is zero for an explicit zero, estimated for an answer without usage, unknown without a price', async () => {
    const scene = await priced({ standard: rates(1, 1) });
    scene.up.queue(reply({ usage: { input: 0, output: 0 } }), reply({ usage: null }));
    await scene.chat();
    await scene.chat();
    const [zero, missing] = await scene.events(2);
    expect(zero).toMatchObject({ costUsdMicros: 0, usageSource: 'upstream' });
    expect(missing).toMatchObject({ usageSource: 'estimated' });
    const unpriced = await openScene(boot);
    await unpriced.chat();
    expect(await unpriced.onlyEvent()).toMatchObject({ costUsdMicros: null, priceId: null, usageSource: 'upstream' });
  });

  test('of embeddings is their input; counting tokens costs nothing', async () => {
    const scene = await priced({ standard: rates(1, 1) });
    scene.up.when({}, reply({ usage: { input: 77, output: 5 } }));
    await scene.post('/v1/embeddings', { model: scene.model, input: 'x' });
    await scene.post('/v1/responses/input_tokens', { model: scene.model, input: 'x' });
    const [embedded, counted] = await scene.events(2);
    expect(embedded).toMatchObject({ endpoint: '/v1/embeddings', costUsdMicros: 77 });
    expect(counted).toMatchObject({ endpoint: '/v1/responses/input_tokens', usageSource: 'none', costUsdMicros: null });
  });

  test('is nothing for a failure', async () => {
    const scene = await priced({ standard: rates(1, 1) });
    scene.up.when({}, fault.status(500));
    await scene.chat();
    expect(await scene.onlyEvent()).toMatchObject({ outcome: 'failed', costUsdMicros: null, usage: null });
  });
});

describe('the books', () => {
  test('hold exactly one event and one decision for each request, refused ones too', async () => {
    const scene = await openScene(boot, { upstreams: 2, key: { limits: { rpm: 100 } } });
    scene.up.queue(fault.status(500), fault.status(400), fault.cut({ events: 6 }));
    await scene.chat();
    await scene.chat();
    await scene.chatStream();
    await scene.responsesStream();
    await scene.chat({ model: 'unknown' });
    await scene.post('/v1/chat/completions', 'no json');
    await scene.responses({ previous_response_id: 'resp_unknown' });
    await scene.post('/v1/chat/completions', 'x', { headers: { 'content-encoding': 'br' } });
    const events = await scene.events(8);
    expect(events.map(({ outcome }) => outcome)).toEqual([
      'completed',
      'failed',
      'incomplete',
      'completed',
      'refused',
      'refused',
      'refused',
      'refused',
    ]);
    const ids = new Set<string>(events.map(({ id }) => id));
    const decisions = (await boot.rows('request_decisions')).filter(({ id }) => ids.has(String(id)));
    expect(decisions).toHaveLength(8);
    for (const { id, outcome } of events) {
      const { refusal, attempts } = await boot.decision(id);
      expect(refusal === null).toBe(outcome !== 'refused');
      expect(attempts.length > 0).toBe(outcome !== 'refused');
    }
  });

  test('name the request by the id that the client saw', async () => {
    const scene = await openScene(boot);
    const answer = await scene.chat();
    expect((await scene.onlyEvent()).id).toBe(answer.headers['x-request-id']);
  });

  test("tell the alias, the upstream's name and what was served", async () => {
    const scene = await openScene(boot, { upstreamModel: 'vendor-name' });
    const alias = `alias-${scene.tag}`;
    await boot.change((ctx) => addAlias(ctx, scene.modelRow.id, alias));
    scene.up.when({}, reply({ model: 'vendor-name-2026-01-01' }));
    await scene.chat({ model: alias });
    expect(await scene.onlyEvent()).toMatchObject({
      model: scene.model,
      upstreamModel: 'vendor-name',
      servedModel: 'vendor-name-2026-01-01',
    });
    expect((await scene.lastDecision()).model).toEqual({ asked: alias, resolved: scene.model, via: 'alias' });
    expect(at(scene.up.requests, 0).model).toBe('vendor-name');
  });

  test('never hold a secret, and neither does the log', async () => {
    const scene = await openScene(boot, { upstreams: 2 });
    scene.up.when({}, fault.invalidApiKey());
    await scene.chat();
    await scene.chat({ model: 'unknown' });
    const rows = [await boot.rows('request_decisions'), await boot.rows('usage_events'), await boot.rows('cooldowns')];
    const text = JSON.stringify([rows, boot.log]);
    expect(text).not.toContain(scene.keyText);
    expect(text).not.toContain('sk-up');
  });
});

describe('passthrough, with the models switched off', () => {
  test('lets any model through untouched, and has no list of models', async () => {
    await boot.set({ feature_disable_models: true });
    const scene = await openScene(boot, { upstreamModel: 'renamed' });
    expect((await scene.call('/v1/models')).status).toBe(404);
    expect((await scene.call('/v1/models/x')).status).toBe(404);
    const body = `{ "model": "${scene.model}", "messages":[] }`;
    const group = await boot.change((ctx) =>
      addGroup(ctx, { name: `mine-${scene.tag}`, members: [{ upstreamId: at(scene.upstreams, 0).id }] }),
    );
    const key = await scene.addKey({ groups: [group.name], allowedModels: ['model-*', 'never-heard/of:it'] });
    const headers = { authorization: `Bearer ${key}` };
    expect((await scene.post('/v1/chat/completions', body, { headers })).status).toBe(200);
    expect(at(scene.up.requests, 0).body.toString()).toBe(body);
    expect((await scene.chat({ model: 'never-heard/of:it' }, { headers })).status).toBe(200);
    expect(at(scene.up.requests, 1).model).toBe('never-heard/of:it');
    const refused = await scene.chat({ model: 'not-in-the-key' }, { headers });
    expect(errorOf(refused)['code']).toBe('model_not_allowed');
    expect((await scene.lastDecision()).model.asked).toBe('not-in-the-key');
    await boot.resetSettings();
    expect((await scene.chat({ model: 'never-heard/of:it' }, { headers })).status).toBe(404);
    expect((await scene.call('/v1/models')).status).toBe(200);
  });
});
