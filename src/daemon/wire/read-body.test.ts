import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import zlib from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { type ReadBodyOptions, readBody } from './read-body.ts';
import { rawBlock, runBlock, skippableFrame, zstdFrame } from './testing/zstd-frames.ts';
import { sampleText, ZSTD_SAMPLES } from './testing/zstd-samples.ts';

const MB = 1024 * 1024;
const LIMITS = { encodedMaxBytes: 4 * MB, decodedMaxBytes: 8 * MB };
const RSS_SPARE_BYTES = 200 * MB;

const servers: http.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** A real server that reads each body and answers with its length, or 400 and the failure's code. */
async function listen(limits = LIMITS): Promise<{ port: number; lengths: number[] }> {
  const lengths: number[] = [];
  const server = http.createServer((request, response) => {
    const length = request.headers['content-length'];
    const options: ReadBodyOptions = {
      contentEncoding: request.headers['content-encoding'],
      contentLength: length === undefined ? undefined : Number(length),
      ...limits,
    };
    readBody(request, options).then(
      (body) => {
        lengths.push(body.length);
        response.end(String(body.length));
      },
      (error: { code?: string }) => {
        lengths.push(-1);
        response.writeHead(400, { connection: 'close' }).end(error.code);
      },
    );
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, lengths };
}

async function post(port: number, body: Readable | Buffer, headers: http.OutgoingHttpHeaders = {}): Promise<string> {
  return await new Promise((resolve, reject) => {
    let isAnswered = false;
    const request = http.request({ port, host: '127.0.0.1', method: 'POST', headers }, (response) => {
      isAnswered = true;
      response.setEncoding('utf8').on('data', resolve).on('error', reject);
    });
    // A server that refuses early closes the connection while the rest is still being sent.
    request.on('error', (error) => (isAnswered ? undefined : reject(error)));
    if (Buffer.isBuffer(body)) request.end(body);
    else body.pipe(request);
  });
}

function read(chunks: readonly Buffer[], options: Partial<ReadBodyOptions> = {}): Promise<Buffer> {
  return readBody(Readable.from(chunks), {
    contentEncoding: undefined,
    contentLength: undefined,
    ...LIMITS,
    ...options,
  });
}

describe('readBody', () => {
  it('gives a body of one chunk without a copy, and joins several', async () => {
    const chunk = Buffer.from('{"model":"x"}');
    expect(await read([chunk])).toBe(chunk);
    expect((await read([chunk, Buffer.from(' ')])).toString()).toBe('{"model":"x"} ');
    expect(await read([])).toHaveLength(0);
  });

  it.each([
    ['identity', Buffer.alloc(MB, 'x'), MB],
    ['GZIP', zlib.gzipSync(Buffer.alloc(3 * MB, 'x')), 3 * MB],
    ['x-gzip', Buffer.concat([zlib.gzipSync('one'), zlib.gzipSync('two')]), 6],
    [
      'zstd',
      Buffer.concat([skippableFrame(3), zstdFrame(rawBlock(Buffer.from('one')), runBlock(0x20, 100_000))]),
      100_003,
    ],
    ['zstd', Buffer.from(ZSTD_SAMPLES[1]?.base64 ?? '', 'base64'), 300_000],
  ])('reads %s over a real connection', async (encoding, body, length) => {
    const { port } = await listen();
    expect(await post(port, body, { 'content-encoding': encoding, 'content-length': body.length })).toBe(
      String(length),
    );
    expect(
      await post(port, Readable.from([body.subarray(0, 9), body.subarray(9)]), { 'content-encoding': encoding }),
    ).toBe(String(length));
  });

  it('decodes to the same bytes', async () => {
    const text = sampleText(300_000);
    expect((await read([zlib.gzipSync(text)], { contentEncoding: 'gzip' })).equals(text)).toBe(true);
  });

  it.each(['br', 'deflate', 'gzip, zstd', 'gzip, gzip', 'compress'])(
    'refuses %s and names what it takes',
    async (encoding) => {
      const reading = read([Buffer.from('x')], { contentEncoding: encoding });
      await expect(reading).rejects.toMatchObject({
        code: 'unsupported_encoding',
        message: expect.stringContaining('identity, gzip, zstd'),
      });
    },
  );

  it.each([
    ['gzip', zlib.gzipSync('hello').subarray(0, -4)],
    ['gzip', Buffer.from('garbage')],
    ['gzip', Buffer.alloc(0)],
    ['zstd', zstdFrame(runBlock(1, 5)).subarray(0, -1)],
    ['zstd', Buffer.from('garbage')],
    ['zstd', Buffer.alloc(0)],
  ])('refuses unsound %s as invalid input', async (encoding, body) => {
    await expect(read([body], { contentEncoding: encoding })).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('refuses by Content-Length before it reads, and by count when there is none', async () => {
    const untouched = new PassThrough();
    const options = { contentEncoding: undefined, contentLength: 4 * MB + 1, ...LIMITS };
    await expect(readBody(untouched, options)).rejects.toMatchObject({ code: 'too_large' });
    expect(untouched.readableFlowing).toBe(null);
    await expect(read(Array<Buffer>(5).fill(Buffer.alloc(MB)))).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringContaining(String(4 * MB)),
    });
    await expect(read([Buffer.alloc(9)], { decodedMaxBytes: 8 })).rejects.toMatchObject({ code: 'too_large' });
  });

  it('reads no more of a request that is too large', async () => {
    let pulled = 0;
    const endless = new Readable({
      read() {
        pulled++;
        this.push(Buffer.alloc(64 * 1024));
      },
    });
    await expect(
      readBody(endless, { contentEncoding: 'zstd', contentLength: undefined, ...LIMITS }),
    ).rejects.toMatchObject({
      code: 'too_large',
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(pulled).toBeLessThan(70);
    endless.destroy(new Error('gone later'));
  });

  it('survives bombs of a gigabyte with little memory', async () => {
    const before = process.memoryUsage.rss();
    const { port } = await listen();
    const member = zlib.gzipSync(Buffer.alloc(64 * MB));
    const gigabyte = Buffer.concat(Array<Buffer>(16).fill(member));
    expect(gigabyte.length).toBeLessThan(LIMITS.encodedMaxBytes);
    expect(await post(port, gigabyte, { 'content-encoding': 'gzip' })).toBe('too_large');
    const frames = zstdFrame(...Array<Buffer>(8192).fill(runBlock(0, 128 * 1024)));
    expect(await post(port, frames, { 'content-encoding': 'zstd' })).toBe('too_large');
    expect(process.memoryUsage.rss() - before).toBeLessThan(RSS_SPARE_BYTES);
  });

  it('lets others have their turn while it decodes zstd', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const frames = zstdFrame(...Array<Buffer>(8_000).fill(runBlock(0x20, 8_000)));
    await read([frames], { contentEncoding: 'zstd', decodedMaxBytes: 64 * MB });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });

  it('rejects when the client goes away, before or while it reads', async () => {
    const { port, lengths } = await listen();
    const socket = net.connect(port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf of it');
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await expect.poll(() => lengths).toEqual([-1]);
    const gone = new PassThrough();
    gone.destroy();
    await new Promise((resolve) => setImmediate(resolve));
    const options = { contentEncoding: undefined, contentLength: undefined, ...LIMITS };
    await expect(readBody(gone, options)).rejects.toMatchObject({ code: 'invalid_input' });
  });
});
