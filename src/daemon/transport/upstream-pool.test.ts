import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { guardedConnector } from '../../core/outbound.ts';
import type { UpstreamHandler, UpstreamRequest } from './upstream-listener.ts';
import { UpstreamPool, type UpstreamPoolOptions } from './upstream-pool.ts';

/** An upstream that does what the test says with each socket and each piece of bytes. */
interface Upstream {
  readonly server: Server;
  readonly sockets: Socket[];
  readonly got: string[];
}

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function upstream(onData: (socket: Socket, text: string, nth: number) => void): Promise<Upstream> {
  const sockets: Socket[] = [];
  const got: string[] = [];
  const server = createServer((socket) => {
    const nth = sockets.push(socket) - 1;
    socket.on('error', () => {});
    socket.on('data', (data) => {
      got.push(data.toString('latin1'));
      onData(socket, data.toString('latin1'), nth);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { server, sockets, got };
}

function poolFor({ server }: Upstream, options: Partial<UpstreamPoolOptions> = {}): UpstreamPool {
  const { port } = server.address() as AddressInfo;
  const pool = new UpstreamPool(`http://127.0.0.1:${port}`, {
    connect: guardedConnector({ isAllowedAddress: () => true, connectTimeoutMs: 1_000 }),
    connectionsMax: 100,
    keepAliveMs: 30_000,
    onOdd: () => {},
    ...options,
  });
  closers.push(() => pool.destroy());
  return pool;
}

class Call implements UpstreamHandler {
  status = 0;
  body = '';
  goesOn = true;
  wantsIt = true;
  abort: (reason: Error) => void = () => {};
  resume: () => void = () => {};
  readonly over: Promise<Error | null>;
  #settle: (error: Error | null) => void = () => {};
  ends = 0;

  constructor() {
    this.over = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  onConnect(abort: (reason: Error) => void): void {
    this.abort = abort;
    if (!this.wantsIt) abort(new Error('given up'));
  }

  onHeaders(status: number, _headers: readonly string[], resume: () => void): void {
    this.status = status;
    this.resume = resume;
  }

  onData(chunk: Buffer): boolean {
    this.body += chunk.toString('latin1');
    return this.goesOn;
  }

  onComplete(): void {
    this.ends++;
    this.#settle(null);
  }

  onError(error: Error): void {
    this.ends++;
    this.#settle(error);
  }
}

const POST: UpstreamRequest = { path: '/x', method: 'POST', headers: ['a', 'b'], body: Buffer.from('hello') };
const answer = (body: string, more = '') => `HTTP/1.1 200 OK\r\n${more}content-length: ${body.length}\r\n\r\n${body}`;

async function ask(pool: UpstreamPool, request = POST): Promise<Call> {
  const call = new Call();
  pool.send(request, call);
  await call.over;
  return call;
}

describe('a call', () => {
  test('goes out whole, with the length of its body, and its connection is used again', async () => {
    const place = await upstream((socket) => socket.write(answer('one')));
    const pool = poolFor(place);
    for (const body of [Buffer.from('hello'), null, [Buffer.from('in '), Buffer.from('pieces')]]) {
      const { status, body: got } = await ask(pool, { ...POST, body });
      expect([status, got]).toEqual([200, 'one']);
    }
    const { port } = place.server.address() as AddressInfo;
    const head = `POST /x HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: keep-alive\r\na: b\r\ncontent-length:`;
    expect(place.got.join('')).toBe(`${head} 5\r\n\r\nhello${head} 0\r\n\r\n${head} 9\r\n\r\nin pieces`);
    expect(place.sockets).toHaveLength(1);
  });

  test.each([
    [{ headers: ['a', 'b\r\nc: d'] }],
    [{ headers: ['a\r\nb', 'c'] }],
    [{ headers: ['', 'c'] }],
    [{ headers: ['transfer-encoding', 'chunked'] }],
    [{ headers: ['content-length', '1'] }],
    [{ path: '/x HTTP/1.1\r\n' }],
  ])('that no message can carry is refused before anything is sent: %j', async (changes) => {
    const place = await upstream(() => {});
    expect(() => poolFor(place).send({ ...POST, ...changes }, new Call())).toThrow(TypeError);
  });

  test('fails when the connection breaks in the middle, and when there is none to be had', async () => {
    const place = await upstream((socket, _, nth) => {
      if (nth === 0) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf');
      else socket.destroy();
    });
    const pool = poolFor(place);
    const half = await ask(pool);
    expect([half.body, await half.over]).toEqual(['half', expect.objectContaining({ code: 'UND_ERR_SOCKET' })]);
    expect(await (await ask(pool)).over).toBeInstanceOf(Error);
    place.server.close();
    expect(await (await ask(pool)).over).toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('given up ends its connection and no other', async () => {
    const place = await upstream((socket, _, nth) => {
      if (nth > 0) socket.write(answer('x'));
    });
    const pool = poolFor(place);
    const call = new Call();
    pool.send(POST, call);
    await once(place.server, 'connection');
    await sleep(20);
    const reason = new Error('enough');
    call.abort(reason);
    expect(await call.over).toBe(reason);
    const next = await ask(pool);
    // What was given to the first call says nothing to the one that has its connection now.
    next.abort(reason);
    expect((await ask(pool)).body).toBe('x');
    expect([call.ends, next.ends, place.sockets.length]).toEqual([1, 1, 2]);
  });

  test('given up while it waits never goes out', async () => {
    const place = await upstream((socket) => setTimeout(() => socket.write(answer('x')), 30));
    const pool = poolFor(place, { connectionsMax: 1 });
    const [first, second, third] = [new Call(), new Call(), new Call()];
    for (const call of [first, second, third]) pool.send(POST, call);
    second.wantsIt = false;
    expect(await third.over).toBeNull();
    expect([first.ends, second.ends, place.got.length, place.sockets.length]).toEqual([1, 1, 2, 1]);
  });

  test('that is paused holds back the upstream until it goes on', async () => {
    const size = 32 * 1024 * 1024;
    const place = await upstream((socket) => socket.write(answer('x'.repeat(size))));
    const call = new Call();
    call.goesOn = false;
    poolFor(place).send(POST, call);
    await once(place.server, 'connection');
    await sleep(200);
    expect(call.body.length).toBeLessThan(size / 2);
    call.goesOn = true;
    call.resume();
    expect(await call.over).toBeNull();
    expect(call.body.length).toBe(size);
  });
});

describe('connections', () => {
  test('are not used again when the upstream says so, sends too much, or answers before it has read', async () => {
    const large = Buffer.alloc(64 * 1024 * 1024);
    const place = await upstream((socket, _, nth) => {
      if (nth === 0) socket.write(answer('x', 'connection: close\r\n'));
      else if (nth === 1) socket.write('HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\nx');
      else if (nth === 2) socket.write(answer('x', 'keep-alive: timeout=1\r\n'));
      else if (nth === 3) socket.pause().write(answer('x'));
      else socket.write(answer('x'));
    });
    const pool = poolFor(place);
    for (let i = 0; i < 3; i++) expect((await ask(pool)).body).toBe('x');
    expect((await ask(pool, { ...POST, body: large })).body).toBe('x');
    expect((await ask(pool)).body).toBe('x');
    expect(place.sockets).toHaveLength(5);
  });

  test('that idle are closed in time, and one that the upstream closes is not used', async () => {
    const place = await upstream((socket) => socket.write(answer('x')));
    const pool = poolFor(place, { keepAliveMs: 1_000 });
    await ask(pool);
    place.sockets[0]?.destroy();
    await sleep(20);
    expect(await (await ask(pool)).over).toBeNull();
    await once(place.sockets[1] as Socket, 'close');
    expect(await (await ask(pool)).over).toBeNull();
    expect(place.sockets).toHaveLength(3);
  });

  test('are never more than allowed, and every call has its turn', async () => {
    const place = await upstream((socket) => setTimeout(() => socket.write(answer('x')), 5));
    const pool = poolFor(place, { connectionsMax: 3 });
    const calls = Array.from({ length: 30 }, () => ask(pool));
    expect((await Promise.all(calls)).every(({ body }) => body === 'x')).toBe(true);
    expect(place.sockets).toHaveLength(3);
  });

  test('end with the pool: calls under way first, or at once', async () => {
    const place = await upstream((socket) => setTimeout(() => socket.write(answer('x')), 50));
    const gentle = poolFor(place);
    const call = ask(gentle);
    await sleep(20);
    await gentle.close();
    expect((await call).body).toBe('x');
    expect(() => gentle.send(POST, new Call())).toThrow('closed');
    const hard = poolFor(place);
    const cut = ask(hard);
    await sleep(20);
    hard.destroy();
    expect(await (await cut).over).toMatchObject({ code: 'UND_ERR_DESTROYED' });
  });

  test('with an answer in an unusual form are reported', async () => {
    const odd: string[] = [];
    const place = await upstream((socket) => socket.write('HTTP/1.1 200 OK\r\nx: a\r\n b\r\n\r\n'));
    const call = await ask(poolFor(place, { onOdd: (why) => odd.push(why) }));
    expect(await call.over).toMatchObject({ code: 'ODD_ANSWER' });
    expect(odd).toHaveLength(1);
  });
});
