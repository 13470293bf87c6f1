import { request } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OddAnswer } from './answer-head.ts';
import { AnswerReader } from './answer-reader.ts';

interface Read {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
}

/** What comes out of the reader for bytes in these pieces, and then the end of the connection; null: it refused. */
function read(pieces: readonly string[]): { answers: readonly Read[]; isOpen: boolean } | null {
  const answers: { status: number; headers: readonly string[]; body: string }[] = [];
  let isOpen = false;
  const reader = new AnswerReader({
    head: ({ status, headers }) => {
      isOpen = true;
      answers.push({ status, headers, body: '' });
    },
    data: (chunk) => {
      const last = answers.at(-1);
      if (last) last.body += chunk.toString('latin1');
    },
    end: () => {
      isOpen = false;
    },
  });
  reader.expect();
  try {
    for (const piece of pieces) if (piece !== '') reader.feed(Buffer.from(piece, 'latin1'));
    const isIdle = reader.isIdle;
    if (!reader.ended() && !isIdle) isOpen = true;
  } catch (error) {
    expect(error).toBeInstanceOf(OddAnswer);
    return null;
  }
  return { answers, isOpen };
}

function cutAt(text: string, cuts: readonly number[]): string[] {
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((place, i) => text.slice(place, places[i] ?? text.length));
}

const OK = 'HTTP/1.1 200 OK\r\n';

describe('an answer', () => {
  test.each([
    ['of a stated length', `${OK}Content-Length: 3\r\nX-A:  b \r\n\r\nabc`, 'abc'],
    ['in chunks', `${OK}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\nT: x\r\n\r\n`, 'abcd'],
    ['until the end of the connection', `${OK}\r\nabc`, 'abc'],
    ['without a body', 'HTTP/1.1 204 No Content\r\ncontent-length: 3\r\n\r\n', ''],
    [
      'behind interim ones',
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nLink: y\r\n\r\n${OK}content-length: 1\r\n\r\na`,
      'a',
    ],
    ['of HTTP/1.0', 'HTTP/1.0 200\r\n\r\nabc', 'abc'],
  ])('%s is read, cut anywhere', (_, text, body) => {
    for (let cut = 0; cut <= text.length; cut++) {
      const got = read([text.slice(0, cut), text.slice(cut)]);
      expect(got).toMatchObject({ isOpen: false, answers: [{ body }] });
    }
    expect(read([...text])?.answers).toEqual(read([text])?.answers);
  });

  test.each([
    ['with two lengths', `${OK}content-length: 3\r\ncontent-length: 4\r\n\r\nabcd`],
    ['with a length and chunks', `${OK}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['in another coding', `${OK}transfer-encoding: gzip, chunked\r\n\r\n`],
    ['with a folded header', `${OK}x: a\r\n b\r\ncontent-length: 0\r\n\r\n`],
    ['with a space before a colon', `${OK}content-length : 0\r\n\r\n`],
    ['with a length that is none', `${OK}content-length: +3\r\n\r\nabc`],
    ['of another protocol', 'HTTP/1.1 101 x\r\n\r\n'],
    ['that is none', 'SSH-2.0-x\r\n\r\n'],
    ['with a chunk that is longer than it says', `${OK}transfer-encoding: chunked\r\n\r\n1\r\nab\r\n`],
    ['with a chunk of no size', `${OK}transfer-encoding: chunked\r\n\r\n;\r\n`],
    ['with more bytes than it says', `${OK}content-length: 1\r\n\r\nab`],
    ['with an endless head', `${OK}x: ${'y'.repeat(70_000)}`],
  ])('%s is refused', (_, text) => {
    expect(read([text])).toBeNull();
  });

  test.each([`${OK}content-length: 4\r\n\r\nabc`, `${OK}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n`, OK, ''])(
    'that is cut off is not taken for whole: %j',
    (text) => {
      expect(read([text])).toMatchObject({ isOpen: true });
    },
  );
});

describe('beside node:http', () => {
  let server: Server;
  let bytes = '';
  beforeAll(async () => {
    server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(Buffer.from(bytes, 'latin1')));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => server.close());

  function byNode(): Promise<Read | null> {
    return new Promise((resolve) => {
      const { port } = server.address() as AddressInfo;
      const sent = request({ port, host: '127.0.0.1', method: 'POST', agent: false }, (response) => {
        let body = '';
        response.setEncoding('latin1').on('data', (part: string) => {
          body += part;
        });
        response.on('error', () => resolve(null));
        response.on('end', () => {
          const headers = response.rawHeaders.map((text, i) => (i % 2 === 0 ? text.toLowerCase() : text));
          resolve({ status: response.statusCode ?? 0, headers, body });
        });
      });
      sent.on('error', () => resolve(null));
      sent.end('x');
    });
  }

  const lines = fc.constantFrom(
    'Content-Length: 3',
    'Content-Length: 0',
    'Content-Length: 5',
    'Content-Length: 03',
    'Content-Length: 3x',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: Chunked',
    'Transfer-Encoding: identity',
    'Connection: close',
    'Connection: keep-alive',
    'X-A: \u00e4 ',
    'X-B:',
    ' folded',
    'X C: d',
    'X: a\rb',
    'X: a\nContent-Length: 1',
  );
  const bodies = fc.constantFrom(
    '',
    'abc',
    '3\r\nabc\r\n0\r\n\r\n',
    '3\r\nabc\r\n',
    '0\r\nA: b\r\n\r\n',
    '03;e\r\nabc\r\n0\r\n\r\n',
    '3\nabc\n0\n\n',
  );
  const firsts = fc.constantFrom(
    'HTTP/1.1 200 OK',
    'HTTP/1.1 200',
    'HTTP/1.0 200 OK',
    'HTTP/1.1 204 x',
    'HTTP/1.1 304 x',
    'HTTP/1.1 500 \u00e4',
    'HTTP/1.1  200 OK',
    'HTTP/2 200',
    'HTTP/1.1 20 x',
  );

  test('whatever the bytes, an answer that is read whole is the one that node:http reads', async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(
        firsts,
        fc.array(lines, { maxLength: 3 }),
        bodies,
        fc.array(fc.nat(), { maxLength: 4 }),
        async (first, heads, body, cuts) => {
          bytes = `${[first, ...heads].join('\r\n')}\r\n\r\n${body}`;
          const got = read(cutAt(bytes, cuts));
          if (!got || got.isOpen) return;
          compared++;
          expect(got.answers).toEqual([await byNode()]);
        },
      ),
      { numRuns: 600 },
    );
    expect(compared).toBeGreaterThan(50);
  }, 60_000);
});
