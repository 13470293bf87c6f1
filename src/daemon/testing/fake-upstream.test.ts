import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FakeUpstream, fault, reply, startFakeUpstream } from './fake-upstream.ts';
import { type HttpExchange, httpExchange, parseSse } from './http-exchange.ts';

let upstream: FakeUpstream;

beforeEach(async () => {
  upstream = await startFakeUpstream();
});

afterEach(async () => {
  await upstream.close();
});

function post(path: string, body: unknown, key = 'sk-a'): Promise<HttpExchange> {
  return httpExchange(`${upstream.url}${path}`, { body, headers: { authorization: `Bearer ${key}` } });
}

function chat(body: object = {}, key?: string): Promise<HttpExchange> {
  return post('/v1/chat/completions', { model: 'm', messages: [], ...body }, key);
}

function responses(body: object = {}, key?: string): Promise<HttpExchange> {
  return post('/v1/responses', { model: 'm', input: 'hi', ...body }, key);
}

const json = (exchange: HttpExchange) => JSON.parse(exchange.text);
const chunksOf = (exchange: HttpExchange) =>
  parseSse(exchange.text)
    .filter(({ data }) => data !== '[DONE]')
    .map(({ data }) => JSON.parse(data));

describe('chat completions', () => {
  test('JSON with usage', async () => {
    upstream.when({}, reply({ text: 'yes', usage: { input: 100, cachedInput: 40, output: 5, reasoning: 2 } }));
    const answer = json(await chat());
    expect(answer).toMatchObject({
      object: 'chat.completion',
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: 'yes' }, finish_reason: 'stop' }],
      usage: {
        prompt_tokens: 100,
        completion_tokens: 5,
        total_tokens: 105,
        prompt_tokens_details: { cached_tokens: 40 },
        completion_tokens_details: { reasoning_tokens: 2 },
      },
    });
  });

  test('a stream shows no usage unless asked', async () => {
    const answer = await chat({ stream: true });
    expect(answer.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(answer.text).not.toContain('usage');
    expect(answer.text.endsWith('data: [DONE]\n\n')).toBe(true);
    const chunks = chunksOf(answer);
    expect(chunks.filter((chunk) => chunk.choices[0].delta.role === 'assistant')).toHaveLength(1);
    const text = chunks.map((chunk) => chunk.choices[0].delta.content ?? '').join('');
    expect(text).toBe('Hello from the fake upstream, word by word.');
  });

  test('include_usage: null on every chunk, then one chunk without choices', async () => {
    const chunks = chunksOf(await chat({ stream: true, stream_options: { include_usage: true } }));
    const last = chunks.pop();
    expect(last).toMatchObject({ choices: [], usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 } });
    expect(chunks.every((chunk) => chunk.usage === null && chunk.choices.length === 1)).toBe(true);
    expect(chunks.at(-1).choices[0].finish_reason).toBe('stop');
  });

  test('usage the way other providers show it', async () => {
    upstream.queue(reply({ chatUsage: 'every-chunk' }), reply({ chatUsage: 'finish-chunk' }), reply({ usage: null }));
    const every = chunksOf(await chat({ stream: true }));
    expect(every.every((chunk) => chunk.usage.prompt_tokens === 11)).toBe(true);
    const finish = chunksOf(await chat({ stream: true }));
    expect(finish.filter((chunk) => chunk.usage)).toEqual([finish.at(-1)]);
    expect(chunksOf(await chat({ stream: true, stream_options: { include_usage: true } })).at(-1).usage).toBeNull();
  });

  test('tool calls stream in pieces', async () => {
    upstream.when({}, reply({ toolCall: { name: 'look', arguments: '{"at":"sky"}' } }));
    const calls = chunksOf(await chat({ stream: true })).flatMap((chunk) => chunk.choices[0].delta.tool_calls ?? []);
    expect(calls[0]).toMatchObject({ index: 0, type: 'function', function: { name: 'look', arguments: '' } });
    expect(calls.map((call) => call.function.arguments).join('')).toBe('{"at":"sky"}');
    expect(json(await chat()).choices[0].finish_reason).toBe('tool_calls');
  });
});

describe('responses', () => {
  test('events come in the order of the public API', async () => {
    upstream.when({}, reply({ text: 'one two', reasoning: 'hm' }));
    const events = parseSse((await responses({ stream: true })).text);
    const bodies = events.map(({ data }) => JSON.parse(data));
    expect(events.map(({ event }) => event)).toEqual(bodies.map(({ type }) => type));
    expect(bodies.map(({ sequence_number }) => sequence_number)).toEqual(bodies.map((_, index) => index));
    expect(bodies.map(({ type }) => type.replace('response.', ''))).toEqual([
      ...['created', 'in_progress'],
      ...['output_item.added', 'reasoning_summary_part.added', 'reasoning_summary_text.delta'],
      ...['reasoning_summary_text.done', 'reasoning_summary_part.done', 'output_item.done'],
      ...['output_item.added', 'content_part.added', 'output_text.delta', 'output_text.delta'],
      ...['output_text.done', 'content_part.done', 'output_item.done', 'completed'],
    ]);
    expect(bodies.at(-1).response).toMatchObject({
      status: 'completed',
      output: [{ type: 'reasoning' }, { type: 'message', content: [{ type: 'output_text', text: 'one two' }] }],
      usage: {
        input_tokens: 11,
        input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
        output_tokens: 7,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 18,
      },
    });
  });

  test('each way to end', async () => {
    const error = { code: 'server_error', message: 'sorry' };
    upstream.queue(reply({ ends: 'length' }), fault.failInStream(error), fault.errorInStream(error, 1));
    const ends = [];
    for (let i = 0; i < 3; i++) {
      const events = parseSse((await responses({ stream: true })).text);
      ends.push([events.length, JSON.parse(events.at(-1)?.data ?? '')]);
    }
    expect(ends).toMatchObject([
      [
        expect.anything(),
        { type: 'response.incomplete', response: { incomplete_details: { reason: 'max_output_tokens' } } },
      ],
      [3, { type: 'response.failed', response: { status: 'failed', error, output: [] } }],
      [6, { type: 'error', code: 'server_error', message: 'sorry', param: null, sequence_number: 5 }],
    ]);
  });

  test('stored objects belong to their credential', async () => {
    const { id } = json(await responses());
    const at = (path: string, method: string, key = 'sk-a') =>
      httpExchange(`${upstream.url}/v1/responses/${id}${path}`, {
        method,
        headers: { authorization: `Bearer ${key}` },
      });
    expect(json(await at('', 'GET')).id).toBe(id);
    expect((await at('', 'GET', 'sk-b')).status).toBe(404);
    expect(json(await at('/input_items', 'GET')).data).toMatchObject([{ role: 'user', content: 'hi' }]);
    expect((await responses({ previous_response_id: id })).status).toBe(200);
    const stranger = await responses({ previous_response_id: id }, 'sk-b');
    expect(json(stranger).error.code).toBe('previous_response_not_found');
    expect((await at('/cancel', 'POST')).status).toBe(400);
    expect(json(await at('', 'DELETE'))).toEqual({ id, object: 'response', deleted: true });
    expect((await at('', 'GET')).status).toBe(404);
  });

  test('store:false keeps nothing; a background response is queued first', async () => {
    const get = (id: string) =>
      httpExchange(`${upstream.url}/v1/responses/${id}`, { headers: { authorization: 'Bearer sk-a' } });
    expect((await get(json(await responses({ store: false })).id)).status).toBe(404);
    const { id, status } = json(await responses({ background: true }));
    expect(status).toBe('queued');
    expect(json(await get(id)).status).toBe('queued');
    expect(json(await get(id)).status).toBe('completed');
  });

  test('token counts and compaction', async () => {
    expect(json(await post('/v1/responses/input_tokens', { input: 'hi' }))).toEqual({
      object: 'response.input_tokens',
      input_tokens: 11,
    });
    expect(json(await post('/v1/responses/compact', {}))).toMatchObject({
      object: 'response.compaction',
      output: [{ type: 'compaction' }],
      usage: { total_tokens: 18 },
    });
  });
});

test('embeddings, as numbers and as base64', async () => {
  const numbers = json(await post('/v1/embeddings', { model: 'e', input: ['a', 'b'] }));
  const packed = json(await post('/v1/embeddings', { model: 'e', input: ['a', 'b'], encoding_format: 'base64' }));
  const bytes = Buffer.from(packed.data[1].embedding, 'base64');
  expect([...new Float32Array(bytes.buffer, bytes.byteOffset, 8)]).toEqual(numbers.data[1].embedding);
  expect(numbers.usage).toEqual({ prompt_tokens: 11, total_tokens: 11 });
});

test('models, and 404 for what is not there', async () => {
  const list = json(await httpExchange(`${upstream.url}/v1/models`));
  expect(list.data.map((model: { id: string }) => model.id)).toEqual(['fake-model', 'fake-mini']);
  expect((await httpExchange(`${upstream.url}/v1/models/fake-mini`)).status).toBe(200);
  expect((await httpExchange(`${upstream.url}/v1/models/other`)).status).toBe(404);
  expect((await httpExchange(`${upstream.url}/v1/nothing`)).status).toBe(404);
});

describe('who answers', () => {
  test('rules by credential, model and stream; the newest wins', async () => {
    upstream.when({ model: 'm' }, reply({ text: 'by model' }));
    upstream.when({ key: 'sk-b', model: 'm' }, fault.status(429, { error: { message: 'not you' } }));
    upstream.when({ stream: true }, fault.overloaded());
    expect(json(await chat()).choices[0].message.content).toBe('by model');
    expect((await chat({}, 'sk-b')).status).toBe(429);
    expect((await chat({ stream: true }, 'sk-b')).status).toBe(503);
  });

  test('script, then queue, then rules', async () => {
    upstream.when({}, fault.status(500));
    upstream.once({ key: 'sk-b' }, fault.status(501));
    upstream.queue(fault.status(502), fault.status(503));
    const answers = [await chat(), await chat({}, 'sk-b'), await chat(), await chat()];
    expect(answers.map(({ status }) => status)).toEqual([502, 501, 503, 500]);
    upstream.script(({ key }) => (key === 'sk-b' ? fault.status(418) : undefined));
    expect([(await chat()).status, (await chat({}, 'sk-b')).status]).toEqual([500, 418]);
    upstream.reset();
    expect((await chat()).status).toBe(200);
  });

  test('only known keys, when keys are given', async () => {
    const strict = await startFakeUpstream({ keys: ['sk-good'] });
    const ask = (key: string) =>
      httpExchange(`${strict.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    expect((await ask('sk-good')).status).toBe(200);
    expect(json(await ask('sk-bad')).error.code).toBe('invalid_api_key');
    await strict.close();
  });
});

test('requests are recorded as they came', async () => {
  await post('/base/chat/completions?beta=true', { model: 'm2', stream: false });
  const [request] = await upstream.arrived(1);
  expect(request).toMatchObject({
    method: 'POST',
    path: '/base/chat/completions',
    key: 'sk-a',
    model: 'm2',
    aborted: false,
  });
  expect(request?.query.get('beta')).toBe('true');
  expect(request?.body.toString()).toBe('{"model":"m2","stream":false}');
  expect(request?.rawHeaders).toContain('content-type');
});

test('a client that goes away is recorded', async () => {
  upstream.when({}, fault.stall({ events: 2 }));
  const answer = await httpExchange(`${upstream.url}/v1/chat/completions`, {
    body: { stream: true },
    onData: (text, abandon) => parseSse(text).length === 2 && abandon(),
  });
  expect(answer.error).toBe('ECONNRESET');
  await upstream.requests[0]?.closed;
  expect(upstream.requests[0]?.aborted).toBe(true);
});
