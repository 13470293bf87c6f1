import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { UpstreamPool } from '../transport/index.ts';
import { Egress } from './egress.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function upstream(answer: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => socket.write(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return server;
}

function egressTo(server: Server) {
  const egress = new Egress(() => ({ connectTimeoutMs: 1_000, connectionsMax: 10 }));
  closers.push(() => egress.destroy());
  const { port } = server.address() as AddressInfo;
  const target = { origin: `http://127.0.0.1:${port}`, allowPrivate: true, proxyUrl: null };
  return { egress, target };
}

/** Status and body, or the error. */
function call(egress: Egress, target: Parameters<Egress['senderFor']>[0]): Promise<unknown> {
  return new Promise((resolve) => {
    const seen = { status: 0, body: '' };
    egress.senderFor(target).send(
      { path: '/', method: 'POST', headers: [], body: Buffer.from('x') },
      {
        onConnect: () => {},
        onHeaders: (status) => {
          seen.status = status;
        },
        onData: (chunk) => {
          seen.body += chunk.toString();
          return true;
        },
        onComplete: () => resolve(seen),
        onError: resolve,
      },
    );
  });
}

test('an origin that answers in an unusual form is left to undici from then on', async () => {
  const server = await upstream('HTTP/1.1 200 OK\r\ntransfer-encoding: x, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n');
  const { egress, target } = egressTo(server);
  expect(egress.senderFor(target)).toBeInstanceOf(UpstreamPool);
  expect(await call(egress, target)).toMatchObject({ code: 'ODD_ANSWER' });
  expect(egress.senderFor(target)).not.toBeInstanceOf(UpstreamPool);
  expect(await call(egress, target)).toEqual({ status: 200, body: 'ok' });
});

test('private addresses are dialled only where that is allowed', async () => {
  const { egress, target } = egressTo(await upstream('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'));
  expect(await call(egress, { ...target, allowPrivate: false })).toMatchObject({ code: 'ADDRESS_DENIED' });
  expect(await call(egress, target)).toEqual({ status: 200, body: 'ok' });
});

test('what no target needs any more is closed behind its last call, and nothing goes out behind a stop', async () => {
  const { egress, target } = egressTo(await upstream('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'));
  const running = call(egress, target);
  const before = egress.senderFor(target);
  await egress.retain([]);
  expect(await running).toEqual({ status: 200, body: 'ok' });
  expect(egress.senderFor(target)).not.toBe(before);
  await egress.destroy();
  expect(egress.isDestroyed).toBe(true);
  expect(() => egress.senderFor(target)).toThrow('stopping');
});
