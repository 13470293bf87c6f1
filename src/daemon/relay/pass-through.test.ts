import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BootedDaemon, bootDaemon } from '../testing/boot-daemon.ts';
import { fault, reply } from '../testing/fake-upstream.ts';
import { httpExchange } from '../testing/http-exchange.ts';
import { at, openScene } from '../testing/relay-scene.ts';

let boot: BootedDaemon;
beforeAll(async () => {
  boot = await bootDaemon();
});
afterAll(async () => await boot.stop());

const ODD_VALUES = [
  '"seed": 9007199254740993',
  '"huge":123456789012345678901234567890',
  '"small" : 1.0e-400',
  '"unknown_field":{"deep":[[[null,{"a":1,"a":2}]]]}',
  '"escaped":"\\u00e9\\/\\ud83d\\ude00 \\u0000"',
  '"lone":"\\ud800"',
  '"__proto__":{"polluted":true}',
  '"temperature":0.10',
];

describe('the request body', () => {
  test('reaches the upstream byte for byte', async () => {
    const scene = await openScene(boot);
    const body = `\n { "model" :\t"${scene.model}" ,  ${ODD_VALUES.join(',\r\n')},"messages":[ ],"messages":[1] }  \n`;
    const answer = await scene.post('/v1/chat/completions', body);
    expect(answer.status).toBe(200);
    expect(at(scene.up.requests, 0).body.toString()).toBe(body);
    expect(at(scene.up.requests, 0).path).toBe('/v1/chat/completions');
  });

  test('differs in the model alone where the upstream has another name for it', async () => {
    const scene = await openScene(boot, { upstreamModel: 'vendor/"odd"-näme' });
    const around = (model: string) => `{ ${ODD_VALUES.join(' , ')} , "model"  :  ${model} , "messages":[] }`;
    await scene.post('/v1/responses', around(`"${scene.model}"`));
    expect(at(scene.up.requests, 0).body.toString()).toBe(around(JSON.stringify('vendor/"odd"-näme')));
  });

  test("of which the last of several models counts, and all of them are the upstream's business", async () => {
    const scene = await openScene(boot);
    const body = `{"model":"not-here","messages":[],"model":"${scene.model}"}`;
    const answer = await scene.post('/v1/chat/completions', body);
    expect(answer.status).toBe(200);
    // JSON.parse takes the last one, so validation and forwarding must agree on it.
    expect((JSON.parse(at(scene.up.requests, 0).body.toString()) as { model: string }).model).toBe(scene.model);
  });

  test('may name the model with escapes', async () => {
    const scene = await openScene(boot);
    const escaped = [...scene.model].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
    const answer = await scene.post('/v1/chat/completions', `{"model":"${escaped}","messages":[]}`);
    expect(answer.status).toBe(200);
    expect(at(scene.up.requests, 0).model).toBe(scene.model);
  });

  test('of one megabyte passes whole', async () => {
    const scene = await openScene(boot);
    const body = `{"messages":["${'x'.repeat(1_000_000)}"],"model":"${scene.model}"}`;
    const answer = await scene.post('/v1/chat/completions', body);
    expect(answer.status).toBe(200);
    expect(at(scene.up.requests, 0).body.equals(Buffer.from(body))).toBe(true);
    expect((await scene.onlyEvent()).requestBytes).toBe(body.length);
  });

  test.each([0, 100, 500_000])('of half a megabyte has a length when its model is renamed at %i', async (before) => {
    const scene = await openScene(boot, { upstreamModel: 'vendor-name' });
    const around = (model: string) =>
      `{"a":"${'x'.repeat(before)}","model":"${model}","z":"${'é'.repeat((500_000 - before) / 2)}"}`;
    const answer = await scene.post('/v1/chat/completions', around(scene.model));
    expect(answer.status).toBe(200);
    const seen = at(scene.up.requests, 0);
    const sent = Buffer.from(around('vendor-name'));
    expect(seen.body.equals(sent)).toBe(true);
    expect([seen.headers['content-length'], seen.headers['transfer-encoding']]).toEqual([
      String(sent.length),
      undefined,
    ]);
  });
});

describe('the answer', () => {
  test('reaches the client byte for byte', async () => {
    const scene = await openScene(boot);
    const body = ' {"id":"x", "big":9007199254740993,"a":1,"a":2, "usage":null,\n"choices":[{"x":"\\u00e9"}]}\n ';
    scene.up.queue(fault.body('application/json; charset=utf-8', body));
    const answer = await scene.chat();
    expect(answer.text).toBe(body);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(body)));
  });

  test('that is larger than what is held passes too, with its usage read', async () => {
    await boot.set({ 'relay.hold_max_bytes': 4_096 });
    try {
      const scene = await openScene(boot);
      scene.up.when({}, reply({ text: 'y'.repeat(300_000), usage: { input: 21, output: 9 } }));
      const answer = await scene.chat();
      expect(answer.status).toBe(200);
      expect((JSON.parse(answer.text) as { choices: unknown[] }).choices).toHaveLength(1);
      expect(answer.text).toContain('y'.repeat(300_000));
      const event = await scene.onlyEvent();
      expect(event).toMatchObject({ outcome: 'completed', usageSource: 'upstream' });
      expect(event.usage).toMatchObject({ input: 21, output: 9 });
      expect(event.responseBytes).toBe(answer.body.length);
    } finally {
      await boot.resetSettings();
    }
  });
});

describe('headers', () => {
  const FORBIDDEN_UP = {
    cookie: 'session=secret',
    'x-forwarded-for': '203.0.113.9',
    'x-real-ip': '203.0.113.9',
    forwarded: 'for=203.0.113.9',
    via: '1.1 proxy',
    'cf-connecting-ip': '203.0.113.9',
    'openai-organization': 'org-client',
    'openai-project': 'proj-client',
    'x-api-key': 'sk-client-own',
    'x-goog-api-key': 'client-own',
    'proxy-authorization': 'Basic Zm9vOmJhcg==',
    te: 'trailers',
    'idempotency-key': 'own-business',
    'accept-encoding': 'gzip, br',
    connection: 'x-hop, close',
    'x-hop': 'hop',
    'x-custom': 'custom',
  };
  const ALLOWED_UP = {
    'user-agent': 'some-sdk/1.2',
    'accept-language': 'de',
    'openai-beta': 'assistants=v2',
    'x-stainless-lang': 'js',
    originator: 'codex_exec',
    'session-id': 'abc',
    'x-codex-turn-state': 'state',
    'x-client-request-id': 'abc',
  };

  test('pass up by an allow list', async () => {
    const scene = await openScene(boot);
    await scene.chat({}, { headers: { ...FORBIDDEN_UP, ...ALLOWED_UP } });
    const { headers } = at(scene.up.requests, 0);
    expect(headers).toMatchObject(ALLOWED_UP);
    expect(headers['authorization']).toBe(`Bearer sk-up1-c1-${scene.tag}`);
    expect(headers['accept-encoding']).toBe('identity');
    expect(headers['content-type']).toBe('application/json');
    expect(headers['host']).toBe(new URL(scene.up.url).host);
    expect(JSON.stringify(headers)).not.toContain(scene.keyText);
    const leaked = Object.keys(FORBIDDEN_UP).filter(
      (name) => name !== 'accept-encoding' && name !== 'connection' && headers[name] !== undefined,
    );
    expect(leaked).toEqual([]);
    expect(headers['connection'] ?? '').not.toContain('x-hop');
  });

  test('pass down by an allow list, for whole answers and for streams', async () => {
    const scene = await openScene(boot);
    const planted = {
      'set-cookie': '__cf_bm=1',
      'openai-organization': 'org-upstream',
      'openai-project': 'proj-upstream',
      'openai-model': 'rerouted',
      'cf-ray': '8f',
      server: 'cloudflare',
      'alt-svc': 'h3=":443"',
      'strict-transport-security': 'max-age=1',
      'x-ratelimit-remaining-requests': '7',
      'x-codex-plan-type': 'plus',
      location: 'https://elsewhere.example/',
      'x-custom': 'custom',
      'x-request-id': 'upstream-request',
    };
    const kept = { 'openai-processing-ms': '12', 'openai-version': '2020-10-01', 'x-codex-turn-state': 'turn' };
    scene.up.when({}, fault.headers({ ...planted, ...kept }));
    for (const answer of [await scene.chat(), await scene.chatStream(), await scene.responsesStream()]) {
      expect(answer.status).toBe(200);
      expect(answer.headers).toMatchObject(kept);
      expect(answer.headers['x-request-id']).toMatch(/^req_/);
      const leaked = Object.keys(planted).filter((name) => name !== 'x-request-id' && answer.headers[name]);
      expect(leaked).toEqual([]);
    }
  });

  test('of an error answer pass by the same list', async () => {
    const scene = await openScene(boot);
    const body = { error: { message: 'bad', type: 'invalid_request_error', param: null, code: 'bad_thing' } };
    scene.up.when({}, fault.status(400, body, { 'set-cookie': 'a=b', 'openai-organization': 'org' }));
    const answer = await scene.chat();
    expect(answer.status).toBe(400);
    expect(answer.text).toBe(JSON.stringify(body));
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(answer.headers['openai-organization']).toBeUndefined();
  });

  test('of the key are taken from any of the three places that clients use', async () => {
    const scene = await openScene(boot);
    const ways = [
      { authorization: `bearer  ${scene.keyText}` },
      { 'x-api-key': scene.keyText },
      { 'x-goog-api-key': scene.keyText },
    ];
    for (const headers of ways) {
      const answer = await httpExchange(`${boot.url}/v1/chat/completions`, { body: scene.chatBody(), headers });
      expect(answer.status).toBe(200);
    }
    for (const { key } of scene.up.requests) expect(key).toBe(`sk-up1-c1-${scene.tag}`);
  });
});
