import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type BootedDaemon, bootDaemon, pause, until } from '../testing/boot-daemon.ts';
import { type Behaviour, fault, reply } from '../testing/fake-upstream.ts';
import { httpExchange, parseSse } from '../testing/http-exchange.ts';
import { at, openScene, type Scene } from '../testing/relay-scene.ts';

let boot: BootedDaemon;
beforeAll(async () => {
  boot = await bootDaemon();
});
afterEach(async () => await boot.resetSettings());
afterAll(async () => await boot.stop());

/** What the same upstream says to one who asks it without a relay between. */
async function direct(scene: Scene, path: string, body: object): Promise<string> {
  return (await httpExchange(`${scene.up.url}${path}`, { body })).text;
}

/** Ids count requests, so the two answers differ in nothing but them. */
function withoutSerial(text: string): string {
  return text.replace(/((?:chatcmpl-|resp_|msg_|rs_|fc_|call_)fake)\d+/g, '$1');
}

const FRAMINGS: readonly [string, (inner?: Behaviour) => Behaviour][] = [
  ['plain', (inner) => inner ?? reply()],
  ['byte by byte', (inner) => fault.byteByByte(inner)],
  ['in threes', (inner) => fault.byteByByte(inner, 3)],
  ['CRLF', (inner) => fault.crlf(inner)],
  ['CRLF, byte by byte', (inner) => fault.byteByByte(fault.crlf(inner))],
  ['no space after data:', (inner) => fault.tightData(inner)],
  ['comments between', (inner) => fault.comments(inner)],
];

describe('a stream of responses', () => {
  test.each(FRAMINGS)('passes byte for byte: %s', async (_name, framed) => {
    const scene = await openScene(boot);
    const inner = reply({
      reasoning: 'let me think',
      text: 'Schöne Grüße 😀 \n\n data: no event',
      usage: { input: 5 },
    });
    scene.up.when({}, framed(inner));
    const answer = await scene.responsesStream();
    const expected = await direct(scene, '/v1/responses', { model: scene.model, input: 'hello', stream: true });
    expect(withoutSerial(answer.text)).toBe(withoutSerial(expected));
    const event = await scene.onlyEvent();
    expect(event).toMatchObject({ outcome: 'completed', stream: true, usageSource: 'upstream', status: 200 });
    expect(event.usage).toMatchObject({ input: 5, output: 7 });
    expect(event.responseBytes).toBe(answer.body.length);
    expect(event.firstOutputMs).not.toBeNull();
  });

  test('says that it must not be buffered or cached', async () => {
    const scene = await openScene(boot);
    const { headers } = await scene.responsesStream();
    expect(headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(headers['x-accel-buffering']).toBe('no');
    expect(headers['cache-control']).toBe('no-cache');
    expect(headers['content-length']).toBeUndefined();
  });

  test('passes events that nobody knows, and one of five megabytes', async () => {
    const scene = await openScene(boot);
    const unknown = { event: 'codex.rate_limits', data: { type: 'codex.rate_limits', plan_type: 'plus' } };
    scene.up.when({}, fault.hugeEvent(5, 4, fault.extraEvents([unknown], 2)));
    const answer = await scene.responsesStream();
    const expected = await direct(scene, '/v1/responses', { model: scene.model, input: 'hello', stream: true });
    expect(withoutSerial(answer.text)).toBe(withoutSerial(expected));
    expect((await scene.onlyEvent()).outcome).toBe('completed');
  });

  test('that ends with response.incomplete is complete, with its usage', async () => {
    const scene = await openScene(boot);
    scene.up.when({}, reply({ ends: 'length', usage: { input: 3, output: 2 } }));
    expect(parseSse((await scene.responsesStream()).text).at(-1)?.event).toBe('response.incomplete');
    expect((await scene.onlyEvent()).usage).toMatchObject({ input: 3, output: 2 });
  });

  test('whose text holds the words of a terminal event is not over before its end', async () => {
    const scene = await openScene(boot);
    scene.up.when({}, reply({ text: 'event: response.completed "type":"response.failed" "error" [DONE]' }));
    await scene.responsesStream();
    expect(await scene.onlyEvent()).toMatchObject({ outcome: 'completed', errorCode: null });
  });
});

describe('usage in a chat stream', () => {
  const USAGE_STYLES = ['as-asked', 'every-chunk', 'finish-chunk', 'never'] as const;

  test.each(USAGE_STYLES)('is asked for and taken back when the client did not want it: %s', async (chatUsage) => {
    const scene = await openScene(boot);
    scene.up.when({}, reply({ chatUsage, usage: { input: 33, output: 44 } }));
    const body = { ...scene.chatBody(), stream: true };
    const answer = await scene.post('/v1/chat/completions', body);
    expect(at(scene.up.requests, 0).json).toEqual({ ...body, stream_options: { include_usage: true } });
    expect(answer.text).not.toContain('usage');
    const bare = await direct(scene, '/v1/chat/completions', body);
    const expected = bare.replace(/,"usage":\{.*?\}\}(?=\})/g, '');
    expect(withoutSerial(answer.text)).toBe(withoutSerial(expected));
    const event = await scene.onlyEvent();
    expect(event.usageSource).toBe(chatUsage === 'never' ? 'estimated' : 'upstream');
    if (chatUsage !== 'never') expect(event.usage).toMatchObject({ input: 33, output: 44 });
  });

  test.each(USAGE_STYLES)('stays as it is when the client asked for it: %s', async (chatUsage) => {
    const scene = await openScene(boot);
    scene.up.when({}, reply({ chatUsage, usage: { input: 33, output: 44 } }));
    const body = { ...scene.chatBody(), stream: true, stream_options: { include_usage: true, other: 1 } };
    const answer = await scene.post('/v1/chat/completions', body);
    expect(at(scene.up.requests, 0).body.toString()).toBe(JSON.stringify(body));
    expect(withoutSerial(answer.text)).toBe(withoutSerial(await direct(scene, '/v1/chat/completions', body)));
  });

  test.each([
    ['{"include_obfuscation":false}', { include_obfuscation: false, include_usage: true }],
    ['{"include_usage":false,"x":1}', { include_usage: true, x: 1 }],
    ['{ }', { include_usage: true }],
    ['null', { include_usage: true }],
  ])('keeps the other stream options: %s', async (options, expected) => {
    const scene = await openScene(boot);
    const body = `{"stream_options": ${options},"stream":true,"model":"${scene.model}","messages":[]}`;
    const answer = await scene.post('/v1/chat/completions', body);
    expect(at(scene.up.requests, 0).json['stream_options']).toEqual(expected);
    expect(answer.text).not.toContain('usage');
    expect((await scene.onlyEvent()).usageSource).toBe('upstream');
  });

  test('is not asked for where the upstream cannot bear it', async () => {
    const scene = await openScene(boot, { changes: { injectStreamUsage: false } });
    scene.up.when({}, fault.refusesStreamOptions());
    expect((await scene.chatStream()).status).toBe(200);
    expect(at(scene.up.requests, 0).json['stream_options']).toBeUndefined();
    expect((await scene.onlyEvent()).usageSource).toBe('estimated');
  });

  test('is not asked for in a whole answer', async () => {
    const scene = await openScene(boot);
    await scene.chat();
    expect(at(scene.up.requests, 0).json['stream_options']).toBeUndefined();
  });

  test.each(FRAMINGS)('is hidden whatever the framing: %s', async (_name, framed) => {
    const scene = await openScene(boot);
    scene.up.when({}, framed(reply({ text: 'Schöne Grüße 😀 "usage":null', reasoning: 'hm hm' })));
    const answer = await scene.chatStream();
    const events = parseSse(answer.text);
    expect(events.at(-1)?.data).toBe('[DONE]');
    const chunks = events.slice(0, -1).map(({ data }) => JSON.parse(data) as Record<string, unknown>);
    expect(chunks.some((chunk) => 'usage' in chunk)).toBe(false);
    expect(chunks.some(({ choices }) => (choices as unknown[]).length === 0)).toBe(false);
    const text = chunks.map(({ choices }) => (choices as { delta: { content?: string } }[])[0]?.delta.content ?? '');
    expect(text.join('')).toBe('Schöne Grüße 😀 "usage":null');
    expect((await scene.onlyEvent()).usage).toMatchObject({ input: 11, output: 7 });
  });

  test('is hidden in an event of several data lines', async () => {
    const scene = await openScene(boot);
    const lines = [
      'data: {"id":"c","usage":null,',
      'data: "choices":[{"index":0,"delta":{"content":"hi"},',
      'data: "finish_reason":"stop"}]}',
    ];
    scene.up.when({}, fault.body('text/event-stream', `${lines.join('\n')}\n\ndata: [DONE]\n\n`));
    const answer = await scene.chatStream();
    const [first, last] = parseSse(answer.text);
    expect(JSON.parse(first?.data ?? '')).toEqual({
      id: 'c',
      choices: [{ index: 0, delta: { content: 'hi' }, finish_reason: 'stop' }],
    });
    expect(last?.data).toBe('[DONE]');
  });
});

describe('time', () => {
  test('the first output reaches the client while the upstream still speaks', async () => {
    const scene = await openScene(boot);
    scene.up.when({}, fault.slowChunks(150, reply({ text: 'one two three four' })));
    let firstAt = 0;
    const started = performance.now();
    await scene.chatStream(
      {},
      {
        onData: () => {
          firstAt ||= performance.now() - started;
        },
      },
    );
    const wholeMs = performance.now() - started;
    expect(wholeMs - firstAt).toBeGreaterThan(300);
    const event = await scene.onlyEvent();
    expect(event.firstOutputMs).toBeLessThan(event.durationMs - 300);
  });

  test('a silent chat stream is kept alive with comments', async () => {
    await boot.set({ 'relay.keepalive_interval_ms': 100 });
    const scene = await openScene(boot);
    scene.up.when({}, fault.slowChunks(600, reply({ text: 'one' })));
    const answer = await scene.chatStream();
    expect(answer.text).toContain('\n\n: keep-alive\n\n');
    expect(parseSse(answer.text).at(-1)?.data).toBe('[DONE]');
    for (const { data } of parseSse(answer.text).slice(0, -1)) expect(() => JSON.parse(data)).not.toThrow();
  });

  test('a silent stream of responses is kept alive with events', async () => {
    await boot.set({ 'relay.keepalive_interval_ms': 100 });
    const scene = await openScene(boot);
    // Four events come before the first output; after it the stream says nothing for a while.
    scene.up.when(
      {},
      fault.slowChunks(
        700,
        fault.events([
          { event: 'response.output_text.delta', data: { type: 'response.output_text.delta', delta: 'a' } },
          {
            event: 'response.completed',
            data: { type: 'response.completed', response: { id: 'resp_k', status: 'completed' } },
          },
        ]),
      ),
    );
    const answer = await scene.responsesStream();
    const names = parseSse(answer.text).map(({ event }) => event);
    expect(names[0]).toBe('response.output_text.delta');
    expect(names.at(-1)).toBe('response.completed');
    expect(names.filter((name) => name === 'keepalive').length).toBeGreaterThan(0);
    expect(new Set(names).size).toBe(3);
  });

  test('no keep-alive falls into the middle of an event', async () => {
    await boot.set({ 'relay.keepalive_interval_ms': 50 });
    const scene = await openScene(boot);
    const whole = await direct(scene, '/v1/responses', { model: scene.model, input: 'hello', stream: true });
    const half = whole.lastIndexOf('output_text.delta') + 30;
    scene.up.when({}, fault.stall({ bytes: half }));
    let seen = '';
    let leave = () => {};
    const onData = (text: string, abandon: () => void) => {
      seen = text;
      leave = abandon;
    };
    const answer = scene.responsesStream({}, { onData });
    await until('the first half', () => seen.length >= half);
    await pause(800);
    expect(seen).not.toContain('keepalive');
    leave();
    await answer;
  });

  test('a keep-alive can be switched off', async () => {
    await boot.set({ 'relay.keepalive_interval_ms': 0 });
    const scene = await openScene(boot);
    scene.up.when({}, fault.slowChunks(600, reply({ text: 'one' })));
    expect((await scene.chatStream()).text).not.toContain('keep-alive');
  });
});

describe('a slow client', () => {
  test('slows the upstream down instead of filling the memory', async () => {
    const scene = await openScene(boot);
    const megabyte = 'z'.repeat(1_000_000);
    const events = Array.from({ length: 80 }, (_, i) => ({
      event: 'response.output_text.delta',
      data: { type: 'response.output_text.delta', delta: `${i}${megabyte}` },
    }));
    const last = { event: 'response.completed', data: { type: 'response.completed', response: { id: 'resp_slow' } } };
    scene.up.when({}, fault.events([...events, last]));
    const body = JSON.stringify({ model: scene.model, input: 'x', stream: true });
    const socket = connect(Number(new URL(boot.url).port), '127.0.0.1');
    socket.write(
      `POST /v1/responses HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${scene.keyText}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
    );
    await once(socket, 'readable');
    const before = process.memoryUsage().arrayBuffers;
    await pause(1_000);
    // The fake is in this process and holds its 80 MB already; the relay may add what the sockets hold, not the stream.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40_000_000);
    expect(at(scene.up.requests, 0).aborted).toBe(false);
    let received = 0;
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    await once(socket, 'close');
    expect(received).toBeGreaterThan(80_000_000);
    expect((await scene.onlyEvent()).outcome).toBe('completed');
  });
});
