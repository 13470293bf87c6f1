import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configKeys, loadConfig } from '../../core/config/index.ts';
import { type BootedDaemon, bootDaemon, until } from '../testing/boot-daemon.ts';
import { fault } from '../testing/fake-upstream.ts';
import { httpExchange } from '../testing/http-exchange.ts';
import { openScene } from '../testing/relay-scene.ts';
import { callPlane } from './testing/planes.ts';

let boot: BootedDaemon;

beforeAll(async () => {
  boot = await bootDaemon();
});
afterAll(async () => await boot.stop());

/** Sends bytes as they are; resolves to everything that comes back until the end. */
async function raw(text: string): Promise<string> {
  const socket = connect(Number(new URL(boot.url).port), '127.0.0.1');
  let got = '';
  socket.setEncoding('utf8').on('data', (part: string) => {
    got += part;
  });
  socket.write(text);
  await once(socket, 'close');
  return got;
}

const upgrade = (path: string) =>
  `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\r\n`;

describe('health', () => {
  test('/healthz says that the process lives, /readyz that it can work', async () => {
    for (const path of ['/healthz', '/readyz']) {
      const { status, headers, text } = await httpExchange(`${boot.url}${path}`);
      expect([status, text]).toEqual([200, '{"status":"ok"}']);
      expect(headers['x-request-id']).toMatch(/^req_/);
      expect((await httpExchange(`${boot.url}${path}`, { method: 'HEAD' })).status).toBe(200);
    }
  });

  test('/readyz is 503 without the database, /healthz is not; both say no more than that', async () => {
    const other = await bootDaemon();
    try {
      await other.daemon.store.database.close();
      const { status, text } = await httpExchange(`${other.url}/readyz`);
      expect([status, JSON.parse(text)]).toEqual([
        503,
        { status: 'unavailable', detail: 'the database does not answer' },
      ]);
      expect((await httpExchange(`${other.url}/healthz`)).status).toBe(200);
      expect((await callPlane(other, 'admin', 'GET', '/readyz')).status).toBe(503);
    } finally {
      await other.stop();
    }
  });
});

describe('what is not there', () => {
  const UNKNOWN = { code: 'unknown_url', type: 'invalid_request_error' };

  test.each<[string, string, Parameters<typeof httpExchange>[1]]>([
    ['a strange path', '/nothing', {}],
    ['the root', '/', {}],
    ['a route with another method', '/healthz', { method: 'DELETE' }],
    ['a relayed path with another method', '/v1/chat/completions', { method: 'GET' }],
    ['broken percent-encoding', '/%zz', {}],
    ['a JSON body', '/v1/nothing', { method: 'POST', body: { a: 1 } }],
    ['a broken body', '/v1/nothing', { method: 'POST', body: '{"a"', headers: { 'content-type': 'application/json' } }],
    ['a body of a strange type', '/v1/nothing', { method: 'PUT', body: 'x', headers: { 'content-type': 'strange' } }],
    ['a body of no type', '/v1/nothing', { method: 'POST', body: Buffer.from('x'), headers: { 'content-type': '' } }],
    ['a large body', '/v1/nothing', { method: 'POST', body: 'x'.repeat(3_000_000) }],
  ])('%s is 404 in the shape of the API', async (_, path, options) => {
    const { status, headers, text, error } = await httpExchange(`${boot.url}${path}`, options);
    expect(error).toBeUndefined();
    expect(status).toBe(404);
    expect(headers['content-type']).toMatch(/^application\/json/);
    expect(JSON.parse(text)).toEqual({ error: expect.objectContaining(UNKNOWN) });
    expect(boot.log.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('an upgrade', () => {
  test.each(['/v1/responses', '/v1/responses?model=x'])(
    'to WebSocket on %s is 426, on which clients turn to HTTP',
    async (path) => {
      const answer = await raw(upgrade(path));
      expect(answer).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\n/);
      const [head = '', body = ''] = answer.split('\r\n\r\n');
      expect(JSON.parse(body)).toMatchObject({ error: { code: 'upgrade_required' } });
      expect(head).toContain(`content-length: ${Buffer.byteLength(body)}`);
    },
  );

  test('anywhere else is 404', async () => {
    const answer = await raw(upgrade('/ws'));
    expect(answer).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ error: { code: 'unknown_url' } });
  });

  test('takes nobody else down when its client resets', async () => {
    const socket = connect(Number(new URL(boot.url).port), '127.0.0.1');
    socket.write(upgrade('/v1/responses'));
    socket.resetAndDestroy();
    expect((await httpExchange(`${boot.url}/healthz`)).status).toBe(200);
  });
});

test('what is no HTTP is refused and ends the connection alone', async () => {
  expect(await raw('nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  expect(await raw(`GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'y'.repeat(70_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  expect((await httpExchange(`${boot.url}/healthz`)).status).toBe(200);
});

test('the public listener is on loopback unless somebody says otherwise', async () => {
  expect(configKeys['server.listen'].default).toBe('127.0.0.1:8080');
  expect(configKeys['admin.listen'].default).toBe('');
  const { config } = await loadConfig({ env: {} });
  expect(config['server.listen']).toMatch(/^127\.0\.0\.1:/);
});

test('an address that is in use is named in the error, and everything that was open is closed again', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const wanted = { code: 'conflict', message: `server.listen: 127.0.0.1:${port} is in use by another process` };
  await expect(bootDaemon({ settings: { 'server.listen': `127.0.0.1:${port}` } })).rejects.toMatchObject(wanted);
  await expect(bootDaemon({ settings: { 'admin.listen': `127.0.0.1:${port}` } })).rejects.toMatchObject({
    ...wanted,
    message: `admin.listen: 127.0.0.1:${port} is in use by another process`,
  });
  await expect(bootDaemon({ settings: { 'server.listen': '192.0.2.1:80' } })).rejects.toMatchObject({
    code: 'config_invalid',
    message: expect.stringContaining('192.0.2.1:80'),
  });
  other.close();
});

describe('a stop', () => {
  test('waits for a stream, refuses new work, and is done as soon as the stream is', async () => {
    const other = await bootDaemon({ settings: { 'server.drain_timeout_ms': 20_000 } });
    const scene = await openScene(other);
    scene.up.when({}, fault.slowHeaders(400));
    const agent = new Agent({ keepAlive: true });
    const idle = await viaAgent(agent, `${other.url}/healthz`);
    expect(idle).toBe(200);
    const running = scene.chat();
    await until('the request runs', () => other.house.stats.inflight === 1);
    const started = performance.now();
    const stopped = other.daemon.stop();
    expect(other.daemon.stop()).toBe(stopped);
    expect((await running).status).toBe(200);
    await stopped;
    expect(performance.now() - started).toBeLessThan(5_000);
    expect((await httpExchange(`${other.url}/healthz`)).error).toBe('ECONNREFUSED');
    agent.destroy();
    await other.discard();
  });

  test('is not held up by a connection that stays open after its answer', async () => {
    const other = await bootDaemon({ settings: { 'server.drain_timeout_ms': 20_000 } });
    const scene = await openScene(other);
    scene.up.when({}, fault.slowHeaders(300));
    const agent = new Agent({ keepAlive: true });
    const running = viaAgent(
      agent,
      `${other.url}/v1/chat/completions`,
      scene.keyText,
      JSON.stringify(scene.chatBody()),
    );
    await until('the request runs', () => other.house.stats.inflight === 1);
    const started = performance.now();
    const stopped = other.daemon.stop();
    expect(await running).toBe(200);
    await stopped;
    expect(performance.now() - started).toBeLessThan(5_000);
    agent.destroy();
    await other.discard();
  });
});

/** One call over a connection that the client keeps open. */
function viaAgent(agent: Agent, url: string, key = '', body?: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const call = request(url, { agent, method: body === undefined ? 'GET' : 'POST', headers }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
    });
    call.on('error', reject).end(body);
  });
}
