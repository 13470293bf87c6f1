import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createKey } from '../../core/identity/index.ts';
import { editCredential } from '../../core/upstreams/index.ts';
import { type BootedDaemon, bootDaemon } from '../testing/boot-daemon.ts';
import { fault, reply } from '../testing/fake-upstream.ts';
import type { HttpExchange } from '../testing/http-exchange.ts';
import { at, errorOf, openScene, type Scene } from '../testing/relay-scene.ts';

let boot: BootedDaemon;
let scene: Scene;
let strangerHeaders: Record<string, string>;

// The fake numbers its objects from 1, so that scenes of one daemon would share them.
beforeEach(async () => {
  boot = await bootDaemon();
  scene = await openScene(boot, { credentials: 6 });
  const stranger = await boot.addUser('stranger');
  const { text } = await boot.change((ctx) => createKey(ctx, { userId: stranger.id, name: 'other' }));
  strangerHeaders = { authorization: `Bearer ${text.reveal()}` };
});
afterEach(async () => await boot.stop());

function idOf(answer: HttpExchange): string {
  return (JSON.parse(answer.text) as { id: string }).id;
}

function keys(): (string | undefined)[] {
  return scene.up.requests.map(({ key }) => key);
}

describe('previous_response_id', () => {
  test('pins to the account that gave the response', async () => {
    let id = idOf(await scene.responses());
    const home = keys()[0];
    for (let i = 0; i < 8; i++) {
      const answer = await scene.responses({ previous_response_id: id });
      expect(answer.status).toBe(200);
      id = idOf(answer);
    }
    expect(new Set(keys())).toEqual(new Set([home]));
    const { sticky } = await scene.lastDecision();
    expect(sticky).toMatchObject({ kind: 'hard', source: 'previous_response_id', outcome: 'followed' });
  });

  test('pins after a stream too', async () => {
    await scene.responsesStream();
    const home = keys()[0];
    for (let i = 0; i < 5; i++) await scene.responsesStream({ previous_response_id: 'resp_fake1' });
    expect(new Set(keys())).toEqual(new Set([home]));
  });

  test('of another user is unknown, and so is one that nobody made', async () => {
    const id = idOf(await scene.responses());
    for (const [previous, headers] of [
      [id, strangerHeaders],
      ['resp_never_seen', {}],
    ] as const) {
      const answer = await scene.responses({ previous_response_id: previous }, { headers });
      expect(answer.status).toBe(400);
      expect(errorOf(answer)).toMatchObject({ code: 'previous_response_not_found', param: 'previous_response_id' });
      expect(answer.headers['x-should-retry']).toBe('false');
    }
    expect(scene.asked).toEqual([1]);
  });

  test('is known to every key of its user', async () => {
    const id = idOf(await scene.responses());
    const second = await scene.addKey();
    const answer = await scene.responses(
      { previous_response_id: id },
      { headers: { authorization: `Bearer ${second}` } },
    );
    expect(answer.status).toBe(200);
  });

  test('is known after a restart', async () => {
    const id = idOf(await scene.responses());
    const home = keys()[0];
    await boot.restart();
    for (let i = 0; i < 4; i++) expect((await scene.responses({ previous_response_id: id })).status).toBe(200);
    expect(new Set(keys())).toEqual(new Set([home]));
  });

  test('goes nowhere else when its account fails', async () => {
    const id = idOf(await scene.responses());
    scene.up.when({}, fault.status(500));
    const answer = await scene.responses({ previous_response_id: id });
    expect(answer.status).toBe(502);
    expect(new Set(keys()).size).toBe(1);
    scene.up.when({}, fault.invalidApiKey());
    expect((await scene.responses({ previous_response_id: id })).status).toBe(503);
    scene.up.when({}, reply());
    expect((await scene.responses({ previous_response_id: id })).status).toBe(200);
    expect(new Set(keys()).size).toBe(1);
  });

  test('is not found any more when its account is gone', async () => {
    const id = idOf(await scene.responses());
    const { credentials } = at(scene.upstreams, 0);
    const home = credentials.find((_, index) => keys()[0] === `sk-up1-c${index + 1}-${scene.tag}`);
    if (!home) throw new Error('the first request went to one of the credentials');
    await boot.change((ctx) => editCredential(ctx, boot.daemon.store.keyring, home.id, { enabled: false }));
    const answer = await scene.responses({ previous_response_id: id });
    expect(answer.status).toBe(400);
    expect(errorOf(answer)['code']).toBe('previous_response_not_found');
    expect(scene.asked).toEqual([1]);
  });

  test('is not kept for a response that is not stored', async () => {
    const id = idOf(await scene.responses({ store: false }));
    expect((await scene.responses({ previous_response_id: id })).status).toBe(400);
  });
});

describe('stored responses', () => {
  const VERBS = [
    ['GET', ''],
    ['GET', '/input_items'],
    ['POST', '/cancel'],
    ['DELETE', ''],
  ] as const;

  test('are read, cancelled and deleted where they are', async () => {
    const id = idOf(await scene.responses({ background: true }));
    for (const [method, verb] of VERBS) {
      const answer = await scene.call(`/v1/responses/${id}${verb}`, { method });
      expect(`${method}${verb} ${answer.status}`).toBe(`${method}${verb} 200`);
    }
    expect(new Set(keys()).size).toBe(1);
    expect(scene.up.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /v1/responses',
      `GET /v1/responses/${id}`,
      `GET /v1/responses/${id}/input_items`,
      `POST /v1/responses/${id}/cancel`,
      `DELETE /v1/responses/${id}`,
    ]);
    const events = await scene.events(5);
    expect(
      events.slice(1).every(({ usageSource, endpoint }) => usageSource === 'none' && endpoint === '/v1/responses/:id'),
    ).toBe(true);
  });

  test('of another user do not exist, and neither do unknown ones', async () => {
    const id = idOf(await scene.responses());
    for (const [method, verb] of VERBS) {
      for (const [path, headers] of [
        [`/v1/responses/${id}${verb}`, strangerHeaders],
        [`/v1/responses/resp_unknown${verb}`, {}],
      ] as const) {
        const answer = await scene.call(path, { method, headers });
        expect(answer.status).toBe(404);
        expect(errorOf(answer)['code']).toBe('not_found');
      }
    }
    expect(scene.asked).toEqual([1]);
  });

  test('take a query with them', async () => {
    const id = idOf(await scene.responses());
    await scene.call(`/v1/responses/${id}/input_items?limit=5&order=asc&include[]=x`);
    expect(at(scene.up.requests, 1).query.get('limit')).toBe('5');
  });

  test('that failed are shown as they are', async () => {
    const failure = { message: 'boom', code: 'server_error', afterWords: 0, as: 'failed' as const };
    const id = idOf(await scene.responses({ background: true }));
    const failed = {
      id,
      object: 'response',
      status: 'failed',
      error: { code: failure.code, message: failure.message },
    };
    scene.up.when({ method: 'GET' }, fault.status(200, failed));
    const answer = await scene.call(`/v1/responses/${id}`);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toEqual(failed);
  });
});

describe('a conversation', () => {
  const SIGNS: readonly [string, Record<string, unknown>, Record<string, string>][] = [
    ['prompt_cache_key', { prompt_cache_key: 'conv-1' }, {}],
    ['session-id', {}, { 'session-id': 'conv-1' }],
    ['x-claude-code-session-id', {}, { 'x-claude-code-session-id': 'conv-1' }],
    ['session_id', {}, { session_id: 'conv-1' }],
    ['conversation_id', {}, { conversation_id: 'conv-1' }],
    ['metadata.user_id', { metadata: { user_id: 'conv-1' } }, {}],
  ];

  test.each(SIGNS)('named by %s stays on its credential', async (source, fields, headers) => {
    for (let i = 0; i < 8; i++) await scene.responses(fields, { headers });
    expect(new Set(keys()).size).toBe(1);
    const { sticky } = await scene.lastDecision();
    expect(sticky).toMatchObject({ kind: 'soft', source, outcome: 'followed' });
  });

  test('moves when its credential fails, and stays where it moved', async () => {
    const chat = () => scene.chat({ prompt_cache_key: 'conv-2' });
    await chat();
    const [home] = keys();
    scene.up.when({ key: home ?? '' }, fault.rateLimited({ retryAfter: 1 }));
    expect((await chat()).status).toBe(200);
    const refuge = keys().at(-1);
    expect(refuge).not.toBe(home);
    scene.up.when({ key: home ?? '' }, reply());
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    for (let i = 0; i < 4; i++) await chat();
    expect(new Set(keys().slice(3))).toEqual(new Set([refuge]));
  });

  test("is the user's own: the same name of another user is another conversation", async () => {
    const homes = new Map<string, Set<string>>();
    for (let i = 0; i < 12; i++) {
      scene.up.reset();
      await scene.chat({ prompt_cache_key: `name-${i}` });
      await scene.chat({ prompt_cache_key: `name-${i}` }, { headers: strangerHeaders });
      homes.set(`name-${i}`, new Set(keys() as string[]));
    }
    expect([...homes.values()].some((used) => used.size === 2)).toBe(true);
  });

  test('is remembered over a restart', async () => {
    // Moved by a failure, so that the draw of a conversation without a binding would lead elsewhere.
    await scene.chat({ prompt_cache_key: 'conv-3' });
    const [home] = keys();
    scene.up.once({ key: home ?? '' }, fault.status(500));
    await scene.chat({ prompt_cache_key: 'conv-3' });
    const refuge = keys().at(-1);
    await boot.restart();
    await scene.chat({ prompt_cache_key: 'conv-3' });
    expect(keys().at(-1)).toBe(refuge);
  });
});

describe('encrypted items', () => {
  const ASK = { include: ['reasoning.encrypted_content'], store: false };
  const sealed = () => reply({ reasoning: 'hidden thoughts' });

  test('pin to the account that can read them, whoever streams', async () => {
    scene.up.when({}, sealed());
    const first = await scene.responses(ASK);
    const [home] = keys();
    const { output } = JSON.parse(first.text) as { output: unknown[] };
    for (let i = 0; i < 6; i++) {
      const input = [...output, { role: 'user', content: `more ${i}` }];
      expect((await scene.responsesStream({ ...ASK, input })).status).toBe(200);
    }
    expect(new Set(keys())).toEqual(new Set([home]));
    expect((await scene.lastDecision()).sticky).toMatchObject({ kind: 'hard', source: 'encrypted_content' });
    await boot.restart();
    await scene.responses({ ...ASK, input: output });
    expect(keys().at(-1)).toBe(home);
  });

  test('that are unknown go anywhere', async () => {
    const item = { type: 'reasoning', id: 'rs_x', summary: [], encrypted_content: 'made elsewhere' };
    expect((await scene.responses({ input: [item] })).status).toBe(200);
  });

  test('of another user do not steer', async () => {
    scene.up.when({}, sealed());
    const { output } = JSON.parse((await scene.responses(ASK)).text) as { output: unknown[] };
    const answer = await scene.responses({ ...ASK, input: output }, { headers: strangerHeaders });
    expect(answer.status).toBe(200);
    const stranger = (await boot.rows('users')).find(({ name }) => name === 'stranger');
    const [event] = await boot.events(stranger?.['id'] as never, 1);
    if (!event) throw new Error('the stranger made a request');
    expect((await boot.decision(event.id)).sticky).toBeNull();
  });
});
