import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BootedDaemon, bootDaemon } from '../testing/boot-daemon.ts';
import { fault } from '../testing/fake-upstream.ts';
import { httpExchange } from '../testing/http-exchange.ts';
import { at, errorOf, openScene, type Scene } from '../testing/relay-scene.ts';

let boot: BootedDaemon;
let scene: Scene;
beforeAll(async () => {
  boot = await bootDaemon({
    settings: { 'relay.body_encoded_max_bytes': 20_000, 'relay.body_decoded_max_bytes': 200_000 },
  });
  scene = await openScene(boot);
});
afterAll(async () => await boot.stop());

/** One zstd frame of raw blocks: a magic number, a single-segment header and the bytes themselves. */
function zstdOf(bytes: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(bytes.length);
  const block = Buffer.alloc(3);
  block.writeUIntLE((bytes.length << 3) | 1, 0, 3);
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0]), size, block, bytes]);
}

function sized(bytes: number): string {
  const frame = JSON.stringify({ ...scene.chatBody(), pad: '' });
  return JSON.stringify({ ...scene.chatBody(), pad: 'p'.repeat(bytes - frame.length) });
}

describe('content encodings', () => {
  test.each([
    ['gzip', gzipSync],
    ['zstd', zstdOf],
  ])('a %s body is decoded and goes on plain', async (encoding, encode) => {
    const body = JSON.stringify(scene.chatBody());
    scene.up.reset();
    const answer = await scene.post('/v1/chat/completions', encode(Buffer.from(body)), {
      headers: { 'content-encoding': encoding },
    });
    expect(answer.status).toBe(200);
    const seen = at(scene.up.requests, 0);
    expect(seen.body.toString()).toBe(body);
    expect(seen.headers['content-encoding']).toBeUndefined();
    expect(seen.headers['content-length']).toBe(String(body.length));
  });

  test.each(['br', 'deflate', 'gzip, zstd', 'nonsense'])('%s is refused with 415', async (encoding) => {
    scene.up.reset();
    const answer = await scene.post('/v1/chat/completions', 'xx', { headers: { 'content-encoding': encoding } });
    expect(answer.status).toBe(415);
    expect(errorOf(answer)).toMatchObject({ code: 'unsupported_encoding', type: 'invalid_request_error' });
    expect(answer.headers['x-should-retry']).toBe('false');
    expect(scene.asked).toEqual([0]);
  });

  test.each(['gzip', 'zstd'])('broken %s is refused with 400', async (encoding) => {
    const answer = await scene.post('/v1/chat/completions', 'this is not compressed', {
      headers: { 'content-encoding': encoding },
    });
    expect(answer.status).toBe(400);
    expect(errorOf(answer)['code']).toBe('invalid_input');
  });

  test('what decodes to more than its limit is refused with 413', async () => {
    const bomb = gzipSync(Buffer.alloc(5_000_000, 0x20));
    expect(bomb.length).toBeLessThan(20_000);
    const answer = await scene.post('/v1/chat/completions', bomb, { headers: { 'content-encoding': 'gzip' } });
    expect(answer.status).toBe(413);
    expect(errorOf(answer)['code']).toBe('too_large');
  });
});

describe('the size of a body', () => {
  test('may be as large as the limit, and not one byte larger', async () => {
    expect((await scene.post('/v1/chat/completions', sized(20_000))).status).toBe(200);
    scene.up.reset();
    const answer = await scene.post('/v1/chat/completions', sized(20_001));
    expect(answer.status).toBe(413);
    expect(errorOf(answer)).toMatchObject({ code: 'too_large', param: null });
    expect(scene.asked).toEqual([0]);
  });

  test('is counted while it comes when nobody said it before', async () => {
    const socket = connect(Number(new URL(boot.url).port), '127.0.0.1');
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${scene.keyText}\r\ntransfer-encoding: chunked\r\n\r\n`,
    );
    socket.on('error', () => {});
    const chunk = `1000\r\n${'y'.repeat(4_096)}\r\n`;
    for (let i = 0; i < 8; i++) socket.write(chunk);
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString()).toMatch(/^HTTP\/1.1 413 /);
    expect(first.toString().toLowerCase()).toContain('connection: close');
    socket.destroy();
  });
});

describe('a body that cannot be used', () => {
  test.each([
    ['no JSON', 'hello'],
    ['an array', '[1]'],
    ['a cut object', '{"model":"x"'],
    ['an object with more behind it', '{"model":"x"} {}'],
    ['nothing', ''],
    ['no model', '{"messages":[]}'],
    ['a model that is a number', '{"model":7}'],
    ['an empty model', '{"model":""}'],
    ['a model name of a thousand characters', `{"model":"${'m'.repeat(1_000)}"}`],
  ])('%s is refused with 400', async (_what, body) => {
    scene.up.reset();
    const answer = await scene.post('/v1/chat/completions', body);
    expect(answer.status).toBe(400);
    expect(errorOf(answer)).toMatchObject({ code: 'invalid_input', type: 'invalid_request_error' });
    expect(scene.asked).toEqual([0]);
  });

  test('names the field that is wrong', async () => {
    expect(errorOf(await scene.post('/v1/chat/completions', '{"messages":[]}'))['param']).toBe('model');
  });

  test('nested a hundred thousand deep neither crashes nor hangs', async () => {
    await boot.set({ 'relay.body_encoded_max_bytes': 500_000, 'relay.body_decoded_max_bytes': 500_000 });
    const deep = `{"model":"${scene.model}","messages":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    const answer = await scene.post('/v1/chat/completions', deep);
    await boot.resetSettings();
    expect([200, 400]).toContain(answer.status);
    expect((await scene.chat()).status).toBe(200);
  });
});

describe('paths', () => {
  async function raw(target: string, method = 'GET'): Promise<{ status: number; text: string }> {
    const socket = connect(Number(new URL(boot.url).port), '127.0.0.1');
    socket.on('error', () => {});
    const body = JSON.stringify(scene.chatBody());
    const payload = method === 'POST' ? `content-length: ${body.length}\r\n\r\n${body}` : '\r\n';
    socket.end(
      `${method} ${target} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${scene.keyText}\r\nconnection: close\r\n${payload}`,
    );
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(socket, 'close');
    const text = Buffer.concat(chunks).toString();
    return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), text };
  }

  test.each([
    '/v1/responses/resp%2f..%2fmodels',
    '/v1/responses/..%2fmodels',
    '/v1/responses/../models/x/y',
    '/v1/responses/resp_1/../../files',
    '/v1/responses/resp_1%00',
    '/v1/responses/resp_1\\..',
    '/v1/responses//input_items',
    '//evil.example/v1/responses',
    '/v1//chat/completions',
    '/v1/chat/completions/',
    '/V1/chat/completions',
    '/v1/responses/resp_1/unknown',
    `/v1/responses/${'r'.repeat(129)}`,
    'http://evil.example/v1/chat/completions',
    '/v1/files',
    '/v1/chat/completions%20',
  ])('%s reaches nothing', async (target) => {
    scene.up.reset();
    for (const method of ['GET', 'POST', 'DELETE']) {
      const { status, text } = await raw(target, method);
      expect(`${method} ${status}`).toBe(`${method} ${status === 400 ? 400 : 404}`);
      expect(text).not.toContain('<html');
    }
    expect(scene.asked).toEqual([0]);
  });

  test.each(['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE'])(
    '%s is no verb of chat completions',
    async (method) => {
      scene.up.reset();
      expect((await raw('/v1/chat/completions', method)).status).toBe(404);
      expect(scene.asked).toEqual([0]);
    },
  );

  test('a query of a call stays here', async () => {
    scene.up.reset();
    const answer = await scene.post('/v1/chat/completions?beta=true&api-version=../..', scene.chatBody());
    expect(answer.status).toBe(200);
    expect(at(scene.up.requests, 0).query.size).toBe(0);
  });

  test('CONNECT is refused', async () => {
    const socket = connect(Number(new URL(boot.url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write('CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example\r\n\r\n');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(socket, 'close');
    expect(Buffer.concat(chunks).toString()).not.toContain('200');
  });

  test('a request with two lengths is refused', async () => {
    const socket = connect(Number(new URL(boot.url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write(
      'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    );
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString()).toMatch(/^HTTP\/1.1 400 /);
    socket.destroy();
  });
});

describe('an upstream that redirects', () => {
  test.each([301, 302, 307, 308])('with %i is never followed', async (status) => {
    const { up } = scene;
    const other = await openScene(boot);
    up.reset();
    up.queue(fault.redirect(`${other.up.url}/v1/chat/completions`, status));
    const answer = await scene.chat();
    expect(answer.status).toBe(502);
    expect(answer.headers['location']).toBeUndefined();
    expect(errorOf(answer)['code']).toBe('upstream_redirect');
    expect(other.asked).toEqual([0]);
    expect(scene.asked).toEqual([1]);
  });
});

test('a header value that no message can carry does not reach the upstream and does not crash', async () => {
  scene.up.reset();
  const answer = await scene.chat({}, { headers: { originator: 'caf\u00e9' } });
  expect([200, 400]).toContain(answer.status);
  expect((await httpExchange(`${boot.url}/healthz`)).status).toBe(200);
});
