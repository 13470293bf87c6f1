import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { AnswerListener, AnswerWriter } from './arrival.ts';
import { type EchoServer, echoServer, type Serve } from './testing/echo-servers.ts';
import { post, RawClient } from './testing/raw-client.ts';

const open: { close(): Promise<void> | void }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

async function server(options: Parameters<typeof echoServer>[1] = {}, serve?: Serve): Promise<EchoServer> {
  const made = await echoServer('lean', options, serve);
  open.push(made);
  return made;
}

async function client({ port }: EchoServer): Promise<RawClient> {
  const made = await RawClient.open(port);
  open.push(made);
  return made;
}

const count = (got: string) => got.split('HTTP/1.1 200 OK').length - 1;
const MB = 'x'.repeat(1024 * 1024);
const unheard: AnswerListener = { clientLeft: () => {}, drained: () => {} };

describe('requests', () => {
  test('with bodies of any size, in one piece or many, follow each other on one connection', async () => {
    const place = await server();
    const one = await client(place);
    for (const [at, body] of ['', 'a', 'b'.repeat(70_000), MB.repeat(3), 'c'].entries()) {
      one.send(post('/lean', body));
      await one.until((got) => count(got) === at + 1);
      expect(place.seen[at]?.body.length).toBe(body.length);
    }
    expect(place.seen.every(({ by }) => by === 'lean')).toBe(true);
    expect(one.isClosed).toBe(false);
  });

  test('sent ahead are answered one after the other', async () => {
    const place = await server();
    const one = await client(place);
    one.send(Array.from({ length: 500 }, (_, i) => post('/lean', `body ${i}`)).join(''));
    await one.until((got) => count(got) === 500);
    expect(place.seen.map(({ body }) => body)).toEqual(Array.from({ length: 500 }, (_, i) => `body ${i}`));
  });

  test('that are not for the lean path go to node:http with all that follows, bytes in hand included', async () => {
    const place = await server();
    const one = await client(place);
    one.send(`${post('/lean', 'one')}GET /other HTTP/1.1\r\nHost: x\r\n\r\n${post('/lean', 'two')}`);
    await one.until((got) => count(got) === 3);
    one.send(post('/lean', 'three'));
    await one.until((got) => count(got) === 4);
    expect(place.seen.map(({ by, body }) => [by, body])).toEqual([
      ['lean', 'one'],
      ['node', ''],
      ['node', 'two'],
      ['node', 'three'],
    ]);
  });

  test('of which only a part of the head has come, and chunked ones, are for node:http', async () => {
    const place = await server();
    for (const pieces of [
      ['POST /le', post('/lean', 'one').slice(8)],
      ['POST /lean HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n', '3\r\none\r\n0\r\n\r\n'],
    ]) {
      const one = await client(place);
      await one.sendPieces(pieces, 50);
      await one.until((got) => count(got) === 1);
    }
    expect(place.seen.map(({ by, body }) => [by, body])).toEqual([
      ['node', 'one'],
      ['node', 'one'],
    ]);
  });

  test('whose body nobody takes are skipped, and the next is read', async () => {
    let asked = 0;
    const place = await server({}, (_arrival, answer) => {
      asked++;
      answer.listen(unheard);
      answer.writeHead(200, ['content-length', '2']);
      answer.end(Buffer.from('no'));
    });
    const one = await client(place);
    one.send(`${post('/lean', MB.repeat(2))}${post('/lean', 'x')}`);
    await one.until((got) => count(got) === 2);
    expect(asked).toBe(2);
  });

  test('hold back a client that sends a body which nobody takes yet', async () => {
    const begun: { take(): Promise<Buffer>; answer: AnswerWriter }[] = [];
    const place = await server({}, (arrival, answer) => {
      answer.listen(unheard);
      begun.push({ take: async () => await arrival.takeBody(2 ** 30), answer });
    });
    const one = await client(place);
    one.send(post('/lean', MB.repeat(32)));
    await sleep(150);
    expect(one.socket.writableLength).toBeGreaterThan(1024 * 1024);
    expect((await begun[0]?.take())?.length).toBe(32 * 1024 * 1024);
  });

  test('whose client leaves in the middle of the body fail', async () => {
    const fate: Promise<unknown>[] = [];
    let left = 0;
    const place = await server({}, (arrival, answer) => {
      answer.listen({ clientLeft: () => left++, drained: () => {} });
      fate.push(Promise.resolve(arrival.takeBody(1_000)).catch((error) => error));
    });
    const one = await client(place);
    one.send(post('/lean', 'abc').slice(0, -1));
    await sleep(30);
    one.close();
    await sleep(30);
    expect(await fate[0]).toMatchObject({ code: 'invalid_input' });
    expect(left).toBe(1);
  });
});

describe('answers', () => {
  test('of no stated length are chunked, with every byte in its place', async () => {
    const place = await server({}, async (_arrival, answer) => {
      answer.listen(unheard);
      answer.writeHead(200, ['content-type', 'text/event-stream']);
      answer.write(Buffer.from('one'));
      answer.write(Buffer.alloc(0));
      await sleep(5);
      answer.write(Buffer.from(MB.slice(0, 20_000)));
      answer.end(Buffer.from('end'));
    });
    const response = await fetch(`http://127.0.0.1:${place.port}/lean`, { method: 'POST', body: 'x' });
    expect(response.headers.get('transfer-encoding')).toBe('chunked');
    expect(Math.abs(Date.parse(response.headers.get('date') ?? '') - Date.now())).toBeLessThan(3_000);
    expect(await response.text()).toBe(`one${MB.slice(0, 20_000)}end`);
  });

  test('wait for a client that does not read, and say when it has', async () => {
    let drained = 0;
    let isSlow = false;
    const place = await server({}, (_arrival, answer) => {
      answer.listen({
        clientLeft: () => {},
        drained: () => {
          drained++;
          answer.end();
        },
      });
      answer.writeHead(200, []);
      isSlow = !answer.write(Buffer.from(MB.repeat(16)));
    });
    const one = await client(place);
    one.socket.pause();
    one.send(post('/lean', 'x'));
    await sleep(100);
    expect([isSlow, drained]).toEqual([true, 0]);
    one.socket.resume();
    await one.until((got) => got.endsWith('0\r\n\r\n'));
    expect(drained).toBe(1);
  });

  test('tell when the client left, but not behind their end', async () => {
    const left: string[] = [];
    const place = await server({}, (_arrival, answer, target) => {
      answer.listen({ clientLeft: () => left.push(target), drained: () => {} });
      answer.writeHead(200, ['content-length', '1']);
      if (target === '/lean') answer.end(Buffer.from('x'));
    });
    for (const target of ['/lean', '/lean/other']) {
      const one = await client(place);
      one.send(post(target, 'x'));
      await sleep(20);
      one.close();
      await sleep(20);
    }
    expect(left).toEqual(['/lean/other']);
  });

  test('close the connection when either side says so, with all that was written', async () => {
    const place = await server({}, (_arrival, answer, target) => {
      answer.listen(unheard);
      answer.writeHead(200, [
        'content-length',
        String(MB.length),
        ...(target === '/lean' ? ['connection', 'close'] : []),
      ]);
      answer.end(Buffer.from(MB));
    });
    const texts = [post('/lean', 'x'), post('/lean/other', 'x', 'Connection: close\r\n')];
    for (const text of texts) {
      const one = await client(place);
      one.send(text + post('/lean', 'never'));
      await once(one.socket, 'close');
      expect(one.got.length).toBeGreaterThan(MB.length);
      expect(count(one.got)).toBe(1);
      expect(one.got).toMatch(/\r\nconnection: close\r\n/);
    }
  });

  test('never carry a header that ends within itself', async () => {
    const thrown: unknown[] = [];
    const place = await server({}, (_arrival, answer) => {
      answer.listen(unheard);
      for (const header of [
        ['x', 'a\r\nb: c'],
        ['x\r\ny', 'a'],
        ['', 'a'],
      ] as const) {
        try {
          answer.writeHead(200, header);
        } catch (error) {
          thrown.push(error);
        }
      }
      answer.destroy();
    });
    const one = await client(place);
    one.send(post('/lean', 'x'));
    await once(one.socket, 'close');
    expect(thrown).toHaveLength(3);
    expect(one.got).toBe('');
  });
});

describe('time', () => {
  test('ends connections that send nothing, that idle, and bodies that never come', async () => {
    const place = await server({ headersTimeoutMs: 400, keepAliveMs: 400, requestTimeoutMs: 400 });
    const [silent, idle, slow, busy] = [
      await client(place),
      await client(place),
      await client(place),
      await client(place),
    ];
    idle.send(post('/lean', 'x'));
    slow.send(post('/lean', 'abc').slice(0, -1));
    await idle.until((got) => count(got) === 1);
    for (let i = 0; i < 8; i++) {
      await sleep(200);
      busy.send(post('/lean', 'x'));
    }
    expect([silent.isClosed, idle.isClosed, slow.isClosed, busy.isClosed]).toEqual([true, true, true, false]);
    expect(silent.got).toContain('HTTP/1.1 408');
    expect(slow.got).toContain('HTTP/1.1 408');
  });
});

describe('a stop', () => {
  test('lets an answer end and closes the connection behind it, and those without a request at once', async () => {
    let release = () => {};
    const place = await server({}, (_arrival, answer) => {
      answer.listen(unheard);
      release = () => {
        answer.writeHead(200, ['content-length', '1']);
        answer.end(Buffer.from('x'));
      };
    });
    const [busy, silent] = [await client(place), await client(place)];
    busy.send(post('/lean', 'x'));
    await sleep(20);
    place.door?.drain();
    await sleep(20);
    expect([busy.isClosed, silent.isClosed]).toEqual([false, true]);
    release();
    await once(busy.socket, 'close');
    expect(busy.got).toMatch(/\r\nconnection: close\r\n/);
  });
});
