import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Behaviour, type FakeUpstream, fault, reply, startFakeUpstream } from './fake-upstream.ts';
import { type HttpExchange, httpExchange, parseSse } from './http-exchange.ts';

let upstream: FakeUpstream;
let whole: HttpExchange;

beforeEach(async () => {
  upstream = await startFakeUpstream();
  whole = await stream();
});

afterEach(async () => {
  await upstream.close();
});

async function stream(behaviour?: Behaviour): Promise<HttpExchange> {
  if (behaviour) upstream.queue(behaviour);
  const answer = await httpExchange(`${upstream.url}/v1/responses`, {
    body: { model: 'm', stream: true, store: false },
  });
  return { ...answer, text: answer.text.replaceAll(/_fake\d+/g, '_fake') };
}

async function ask(behaviour: Behaviour, body: object = {}): Promise<HttpExchange> {
  upstream.queue(behaviour);
  return await httpExchange(`${upstream.url}/v1/chat/completions`, { body: { model: 'm', ...body } });
}

describe('refusals', () => {
  const cases: [string, Behaviour, number, object, object][] = [
    ['rateLimited', fault.rateLimited({ retryAfter: 7 }), 429, { code: 'rate_limit_exceeded' }, { 'retry-after': '7' }],
    ['retry-after-ms', fault.rateLimited({ retryAfterMs: 70 }), 429, {}, { 'retry-after-ms': '70' }],
    ['without hints', fault.rateLimited(), 429, { type: 'requests', param: null }, {}],
    ['usageLimitReached', fault.usageLimitReached(5, 3), 429, { resets_at: 5, resets_in_seconds: 3 }, {}],
    ['insufficientQuota', fault.insufficientQuota(), 429, { code: 'insufficient_quota' }, {}],
    ['invalidApiKey', fault.invalidApiKey(), 401, { code: 'invalid_api_key' }, {}],
    ['modelNotFound', fault.modelNotFound(), 404, { code: 'model_not_found' }, {}],
    ['contextLength', fault.contextLengthExceeded(), 400, { code: 'context_length_exceeded' }, {}],
    ['overloaded', fault.overloaded(), 503, { code: 'server_is_overloaded' }, {}],
    ['status', fault.status(418, { error: { code: 'tea' } }, { 'x-a': 'b' }), 418, { code: 'tea' }, { 'x-a': 'b' }],
  ];
  test.each(cases)('%s', async (_name, behaviour, status, error, headers) => {
    const answer = await ask(behaviour);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text).error).toMatchObject(error);
    expect(answer.headers).toMatchObject(headers);
    if (Object.keys(headers).length === 0) expect(answer.headers).not.toHaveProperty('retry-after');
  });

  test('pages, redirects and parameters', async () => {
    const page = await ask(fault.htmlBlockPage());
    expect([page.status, page.headers['content-type']]).toEqual([403, 'text/html; charset=UTF-8']);
    const redirect = await ask(fault.redirect('http://127.0.0.2:9/elsewhere'));
    expect([redirect.status, redirect.headers.location]).toEqual([302, 'http://127.0.0.2:9/elsewhere']);
    expect((await ask(fault.refusesStreamOptions(), { stream_options: {} })).status).toBe(400);
    expect((await ask(fault.refusesStreamOptions())).status).toBe(200);
  });
});

describe('content', () => {
  test('a chat error chunk comes before any output, or after some words', async () => {
    const error = { code: 'server_error', message: 'no', type: 'server_error' };
    const early = parseSse((await ask(fault.failInStream(error), { stream: true })).text);
    expect(early.map(({ data }) => JSON.parse(data))).toEqual([{ error: { ...error, param: null } }]);
    const late = parseSse((await ask(fault.failInStream(error, 2), { stream: true })).text);
    expect(late).toHaveLength(4);
  });

  test('malformed JSON and SSE', async () => {
    const broken = await ask(fault.malformedJson());
    expect(broken.status).toBe(200);
    expect(() => JSON.parse(broken.text)).toThrow();
    const events = parseSse((await stream(fault.malformedSse(1))).text);
    expect(() => JSON.parse(events[1]?.data ?? '')).toThrow();
    expect(events).toHaveLength(parseSse(whole.text).length + 1);
  });

  test('a huge event and events of unknown kinds', async () => {
    const huge = await stream(fault.hugeEvent(3));
    expect(huge.body.length).toBeGreaterThan(3_000_000);
    expect(parseSse(huge.text).at(-1)?.event).toBe('response.completed');
    const extra = await stream(fault.extraEvents([{ event: 'codex.rate_limits', data: { a: 1 } }], 0));
    expect(parseSse(extra.text)[0]).toEqual({ event: 'codex.rate_limits', data: '{"a":1}' });
  });

  test('exactly these events or this body', async () => {
    const events = await stream(fault.events([{ data: { type: 'error' } }]));
    expect(events.text).toBe('data: {"type":"error"}\n\n');
    const body = await ask(fault.body('text/plain', 'hello'));
    expect([body.status, body.headers['content-type'], body.text]).toEqual([200, 'text/plain', 'hello']);
  });
});

describe('transport', () => {
  test.each([
    ['byteByByte', fault.byteByByte()],
    ['seven bytes at a time', fault.byteByByte(reply(), 7)],
    ['slowChunks', fault.slowChunks(1)],
  ])('%s changes no byte', async (_name, behaviour) => {
    expect((await stream(behaviour)).text).toBe(whole.text);
  });

  test.each([
    ['crlf', fault.crlf(), '\r\n\r\n'],
    ['tightData', fault.tightData(), '\ndata:{'],
    ['comments', fault.comments(), ': ping\n\n'],
  ])('%s changes no event', async (_name, behaviour, mark) => {
    const answer = await stream(behaviour);
    expect(answer.text).toContain(mark);
    expect(parseSse(answer.text)).toEqual(parseSse(whole.text));
  });

  test('slow headers', async () => {
    const start = performance.now();
    expect((await stream(fault.slowHeaders(60))).text).toBe(whole.text);
    expect(performance.now() - start).toBeGreaterThan(55);
  });

  test('cut after events and after bytes', async () => {
    const events = await stream(fault.cut({ events: 3 }));
    expect([parseSse(events.text).length, events.error]).toEqual([3, 'ECONNRESET']);
    const bytes = await stream(fault.cut({ bytes: 100 }));
    expect([bytes.body.length, bytes.error]).toEqual([100, 'ECONNRESET']);
    expect(upstream.requests.every(({ aborted }) => !aborted)).toBe(true);
  });

  test('cut, reset and stall before the status line', async () => {
    expect(await stream(fault.cut('nothing'))).toMatchObject({ status: 0, error: 'ECONNRESET' });
    expect(await stream(fault.reset())).toMatchObject({ status: 0, error: 'ECONNRESET' });
    const stalled = stream(fault.stall('nothing'));
    await upstream.arrived(4);
    await upstream.close();
    expect(await stalled).toMatchObject({ status: 0, error: 'ECONNRESET' });
    upstream = await startFakeUpstream();
  });

  test('a regular end that is too early', async () => {
    const early = await stream(fault.endAfter({ events: 3 }));
    expect([parseSse(early.text).length, early.error]).toEqual([3, undefined]);
    const responses = await stream(fault.endWithoutTerminal());
    expect(parseSse(responses.text)).toEqual(parseSse(whole.text).slice(0, -1));
    const chat = await ask(fault.endWithoutTerminal(), { stream: true });
    expect(chat.text).not.toMatch(/"finish_reason":"stop"|DONE/);
  });

  test('a content-length that is not true', async () => {
    const long = await ask(fault.contentLength(99_999));
    expect([long.headers['content-length'], long.error]).toEqual(['99999', 'ECONNRESET']);
    const short = await ask(fault.contentLength(20));
    // What comes after the declared end is no HTTP.
    expect([short.headers['content-length'], short.error]).toEqual(['20', 'HPE_CLOSED_CONNECTION']);
  });

  test('compressed without being asked', async () => {
    const answer = await ask(fault.gzip(reply({ text: 'small' })));
    expect(answer.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(answer.body).toString()).toContain('small');
  });

  test('faults nest', async () => {
    const answer = await stream(
      fault.cut({ bytes: 50 }, fault.headers({ 'x-a': '1' }, fault.byteByByte(fault.crlf()))),
    );
    expect([answer.headers['x-a'], answer.body.length, answer.error]).toEqual(['1', 50, 'ECONNRESET']);
  });
});
