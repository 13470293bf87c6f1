import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import {
  ADDRESS_DENIED,
  ANSWER_TOO_LARGE,
  callOutbound,
  type OutboundCall,
  OutboundError,
  outboundFetch,
  TIMED_OUT,
} from './outbound.ts';

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function callTo(url: string, changes: Partial<OutboundCall> = {}): OutboundCall {
  return {
    method: 'GET',
    url,
    isAllowedAddress: () => true,
    connectTimeoutMs: 1_000,
    totalTimeoutMs: 2_000,
    maxAnswerBytes: 1_000,
    ...changes,
  };
}

async function errorOf(call: OutboundCall): Promise<OutboundError> {
  const error: unknown = await callOutbound(call).catch((thrown: unknown) => thrown);
  if (error instanceof OutboundError) return error;
  throw new Error(`no OutboundError but ${String(error)}`);
}

describe('callOutbound', () => {
  test('gives status and text, and sends a body as it is', async () => {
    const seen: string[] = [];
    const port = await serve(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      seen.push(`${request.method} ${request.url} ${Buffer.concat(chunks)}`);
      response.statusCode = 418;
      response.end('茶');
    });
    const answer = await callOutbound(callTo(`http://127.0.0.1:${port}/a?b=c`, { method: 'POST', body: 'x=1' }));
    expect(answer).toEqual({ status: 418, text: '茶' });
    expect(seen).toEqual(['POST /a?b=c x=1']);
  });

  test('follows no redirect', async () => {
    let asked = 0;
    const port = await serve((_, response) => {
      asked += 1;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect((await callOutbound(callTo(`http://127.0.0.1:${port}/`))).status).toBe(302);
    expect(asked).toBe(1);
  });

  test.each([
    ['a literal address', '127.0.0.1'],
    ['a name', 'localhost'],
  ])('dials no address that is not allowed, given by %s', async (_, host) => {
    let asked = 0;
    const port = await serve((__, response) => {
      asked += 1;
      response.end();
    });
    const denied = callTo(`http://${host}:${port}/`, { isAllowedAddress: (ip) => ip !== '127.0.0.1' && ip !== '::1' });
    const error = await errorOf(denied);
    expect([error.code, error.mayHaveArrived, asked]).toEqual([ADDRESS_DENIED, false, 0]);
  });

  test('dials a name by an address of it that is allowed', async () => {
    const port = await serve((_, response) => response.end('ok'));
    const answer = await callOutbound(
      callTo(`http://localhost:${port}/`, { isAllowedAddress: (ip) => ip === '127.0.0.1' }),
    );
    expect(answer.text).toBe('ok');
  });

  test('stops reading an answer that is too large', async () => {
    const port = await serve((_, response) => response.end('x'.repeat(1_001)));
    const error = await errorOf(callTo(`http://127.0.0.1:${port}/`));
    expect([error.code, error.mayHaveArrived]).toEqual([ANSWER_TOO_LARGE, true]);
  });

  test('an answer that drips is over when its whole time is', async () => {
    const port = await serve((_, response) => {
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    });
    const error = await errorOf(callTo(`http://127.0.0.1:${port}/`, { totalTimeoutMs: 150 }));
    expect([error.code, error.mayHaveArrived]).toEqual([TIMED_OUT, true]);
  });

  test('tells whether anything can have arrived', async () => {
    const port = await serve((_, response) => response.destroy());
    const broken = await errorOf(callTo(`http://127.0.0.1:${port}/`));
    expect(broken.mayHaveArrived).toBe(true);
    await Promise.all(servers.splice(0).map((server) => once(server.close(), 'close')));
    const refused = await errorOf(callTo(`http://127.0.0.1:${port}/`));
    expect([refused.code, refused.mayHaveArrived]).toEqual(['ECONNREFUSED', false]);
  });

  test('no error holds the address, with all that hangs on it', async () => {
    const port = await serve((_, response) => response.destroy());
    const error = await errorOf(callTo(`http://127.0.0.1:${port}/api?key=canary-4711`));
    expect(`${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain('canary');
  });
});

const LIMITS = { connectionsMax: 2, answerMaxBytes: 1_000 };
const anywhere = { isAllowedAddress: () => true, connectTimeoutMs: 1_000 };
const nowhere = { isAllowedAddress: () => false, connectTimeoutMs: 1_000 };

describe('a fetch for the packages of others', () => {
  test('brings what the other side answers', async () => {
    const url = await serveUrl((_request, response) => response.end('hello'));
    expect(await (await outboundFetch(anywhere, LIMITS)(url)).text()).toBe('hello');
  });

  test.each(['127.0.0.1', 'localhost', '[::1]'])('does not dial %s where the guard forbids it', async (host) => {
    let asked = 0;
    const url = await serveUrl((_request, response) => {
      asked += 1;
      response.end();
    });
    const target = url.replace('127.0.0.1', host);
    await expect(outboundFetch(nowhere, LIMITS)(target)).rejects.toMatchObject({ code: ADDRESS_DENIED });
    expect(asked).toBe(0);
  });

  test('asks the guard about the address, not about the name', async () => {
    const asked: string[] = [];
    const guard = {
      connectTimeoutMs: 1_000,
      isAllowedAddress: (ip: string) => {
        asked.push(ip);
        return ip === '127.0.0.1';
      },
    };
    const url = await serveUrl((_request, response) => response.end('hello'));
    await outboundFetch(guard, LIMITS)(url.replace('127.0.0.1', 'localhost'));
    expect(asked).toContain('127.0.0.1');
  });

  test('follows no redirect', async () => {
    const target = await serveUrl((_request, response) => response.end('secret'));
    const url = await serveUrl((_request, response) => response.writeHead(302, { location: target }).end());
    await expect(outboundFetch(anywhere, LIMITS)(url)).rejects.toThrow();
  });

  test('takes no answer that is too long', async () => {
    const url = await serveUrl((_request, response) => response.end('x'.repeat(2_000)));
    await expect(outboundFetch(anywhere, LIMITS)(url).then((answer) => answer.text())).rejects.toThrow();
  });

  test('says which network error it was', async () => {
    const url = await serveUrl((request) => request.socket.resetAndDestroy());
    await expect(outboundFetch(anywhere, LIMITS)(url)).rejects.toMatchObject({
      code: expect.stringMatching(/ECONNRESET|UND_ERR_SOCKET/),
    });
  });
});

async function serveUrl(listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await serve(listener)}`;
}
describe('callOutbound by a proxy', () => {
  async function proxy(): Promise<{ readonly url: string; readonly asked: string[] }> {
    const asked: string[] = [];
    const port = await serve((_request, response) => response.end());
    servers.at(-1)?.on('connect', (request, socket) => {
      asked.push(`${request.url} ${request.headers['proxy-authorization']}`);
      const [host = '', to = ''] = (request.url ?? '').split(':');
      const there = connect(Number(to), host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        there.pipe(socket).pipe(there);
      });
      // Whichever end goes first takes the other with it.
      there.on('error', () => socket.destroy());
      socket.on('error', () => there.destroy());
    });
    return { url: `http://user:word@127.0.0.1:${port}`, asked };
  }

  test('goes through its tunnel', async () => {
    const { url, asked } = await proxy();
    const port = await serve((_request, response) => response.end('there'));
    expect(await callOutbound(callTo(`http://localhost:${port}/`, { proxyUrl: url }))).toEqual({
      status: 200,
      text: 'there',
    });
    expect(asked).toEqual([`localhost:${port} Basic ${Buffer.from('user:word').toString('base64')}`]);
  });

  test('reaches no literal address that is not allowed', async () => {
    const { url, asked } = await proxy();
    const error = await errorOf(callTo('http://127.0.0.1:9/', { proxyUrl: url, isAllowedAddress: () => false }));
    expect([error.code, asked]).toEqual([ADDRESS_DENIED, []]);
  });

  test('that is not there may have come anywhere, for all that is known', async () => {
    const error = await errorOf(callTo('http://example.com/', { proxyUrl: 'http://127.0.0.1:1' }));
    expect(error.mayHaveArrived).toBe(true);
  });
});
