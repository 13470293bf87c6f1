import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../core/secret.ts';
import { editCredential } from '../../core/upstreams/index.ts';
import { type BootedDaemon, bootDaemon } from '../testing/boot-daemon.ts';
import { httpExchange } from '../testing/http-exchange.ts';
import { at, errorOf, openScene } from '../testing/relay-scene.ts';

let boot: BootedDaemon;
beforeAll(async () => {
  boot = await bootDaemon();
});
afterAll(async () => await boot.stop());

describe('an upgrade to WebSocket', () => {
  async function upgrade(path: string): Promise<string> {
    const socket = connect(Number(new URL(boot.url).port), '127.0.0.1');
    const lines = [
      `GET ${path} HTTP/1.1`,
      'host: relay',
      'connection: Upgrade',
      'upgrade: websocket',
      'sec-websocket-version: 13',
      'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
      'authorization: Bearer sk-whatever',
      '',
      '',
    ];
    socket.write(lines.join('\r\n'));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(socket, 'close');
    return Buffer.concat(chunks).toString();
  }

  test.each(['/v1/responses', '/v1/responses?beta=true'])('of %s is answered 426 at once', async (path) => {
    const answer = await upgrade(path);
    expect(answer).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\n/);
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ error: { code: 'upgrade_required' } });
  });

  test.each(['/v1/chat/completions', '/', '/v1/responses/resp_1', '/v1/realtime'])('of %s is a 404', async (path) => {
    expect(await upgrade(path)).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
  });

  test('leaves the daemon serving', async () => {
    await upgrade('/v1/responses');
    expect((await (await openScene(boot)).chat()).status).toBe(200);
  });
});

describe('an upstream address that is private', () => {
  test.each(['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]'])(
    'is never dialled without permission: %s',
    async (host) => {
      let connections = 0;
      const trap = createServer((socket) => {
        connections++;
        socket.destroy();
      });
      trap.listen(0, '::');
      await once(trap, 'listening');
      const address = trap.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      const scene = await openScene(boot, { upstreams: 0 });
      const upstream = await boot.addUpstream(`trap-${scene.tag}`, `http://${host}:${port}/v1`, ['sk-trap-key']);
      const model = await boot.addModel(`trap-${scene.tag}`, [upstream]);
      // Withdrawn behind the back of the verbs, as when a name changes its address later.
      await boot.change((ctx) => ctx.db('upstreams').where('id', upstream.id).update({ allow_private: 0 }));
      const answer = await scene.chat({ model: model.publicId });
      expect(answer.status).toBe(502);
      expect(errorOf(answer)['code']).toBe('upstream_network');
      expect(answer.text).not.toContain(host);
      expect(connections).toBe(0);
      expect(at((await scene.lastDecision()).attempts, 0)).toMatchObject({ errorCode: 'ADDRESS_DENIED' });
      await boot.change((ctx) => ctx.db('upstreams').where('id', upstream.id).update({ allow_private: 1 }));
      await scene.chat({ model: model.publicId });
      expect(connections).toBeGreaterThan(0);
      trap.close();
    },
  );

  test('is not dialled through a proxy either', async () => {
    const scene = await openScene(boot, { upstreams: 0 });
    const upstream = await boot.addUpstream(`prox-${scene.tag}`, 'http://127.0.0.1:9/v1', ['sk-prox-key']);
    const model = await boot.addModel(`prox-${scene.tag}`, [upstream]);
    let connections = 0;
    const proxy = createServer((socket) => {
      connections++;
      socket.destroy();
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const address = proxy.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await boot.change(async (ctx) => {
      const { id } = at(upstream.credentials, 0);
      await editCredential(ctx, boot.daemon.store.keyring, id, { proxyUrl: new Secret(`http://127.0.0.1:${port}`) });
      await ctx.db('upstreams').where('id', upstream.id).update({ allow_private: 0 });
    });
    const answer = await scene.chat({ model: model.publicId });
    expect(answer.status).toBe(502);
    expect(connections).toBe(0);
    proxy.close();
  });
});

test('health and readiness answer without a key', async () => {
  expect((await httpExchange(`${boot.url}/healthz`)).status).toBe(200);
  expect((await httpExchange(`${boot.url}/readyz`)).status).toBe(200);
});
