import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type BootedDaemon, bootDaemon } from '../testing/boot-daemon.ts';
import { fault, reply } from '../testing/fake-upstream.ts';
import { type HttpExchange, parseSse } from '../testing/http-exchange.ts';
import { at, errorOf, openScene, type Scene } from '../testing/relay-scene.ts';

let boot: BootedDaemon;
beforeAll(async () => {
  boot = await bootDaemon();
});
afterEach(async () => await boot.resetSettings());
afterAll(async () => await boot.stop());

const APIS = ['chat', 'responses'] as const;
type Api = (typeof APIS)[number];

async function stream(scene: Scene, api: Api): Promise<HttpExchange> {
  return api === 'chat' ? await scene.chatStream() : await scene.responsesStream();
}

function textOf(answer: HttpExchange, api: Api): string {
  const events = parseSse(answer.text).filter(({ data }) => data !== '[DONE]');
  const pieces = events.map(({ data }) => JSON.parse(data) as Record<string, unknown>);
  if (api === 'responses') return pieces.map(({ delta }) => delta ?? '').join('');
  return pieces
    .map(({ choices }) => (choices as { delta: { content?: string } }[] | undefined)?.[0]?.delta.content ?? '')
    .join('');
}

/** What a client of each API has to see at the end of a stream that broke. */
function expectBrokenEnd(answer: HttpExchange, api: Api): void {
  expect(answer.status).toBe(200);
  expect(answer.error).toBeUndefined();
  const events = parseSse(answer.text);
  if (api === 'chat') {
    expect(events.at(-1)?.data).toBe('[DONE]');
    const error = JSON.parse(events.at(-2)?.data ?? '') as { error: Record<string, unknown> };
    expect(Object.keys(error.error)).toEqual(['message', 'type', 'param', 'code']);
  } else {
    expect(events.slice(-2).map(({ event }) => event)).toEqual(['response.failed', 'error']);
    const failed = JSON.parse(events.at(-2)?.data ?? '') as { type: string; response: { error: { code: string } } };
    expect(failed.type).toBe('response.failed');
    expect(failed.response.error.code).not.toBe('');
  }
}

const OVERLOADED = { message: 'the model is overloaded', code: 'server_is_overloaded' };

describe.each(APIS)('%s: a stream that answers 200 and fails before its first output', (api) => {
  const EARLY_ENDS = [
    ['says so', fault.failInStream(OVERLOADED)],
    ['says so in an error event', fault.errorInStream(OVERLOADED)],
    ['is cut', fault.cut({ events: 1 })],
    ['ends', fault.endAfter({ events: 1 })],
    ['is cut before its first event', fault.cut({ bytes: 0 })],
    ['is empty', fault.endAfter({ events: 0 })],
    ['is cut within an event', fault.cut({ bytes: 30 })],
  ] as const;

  test.each(EARLY_ENDS)('%s: another upstream answers, and the client sees nothing of it', async (_how, behaviour) => {
    const scene = await openScene(boot, { upstreams: 2 });
    scene.up.when({}, behaviour);
    scene.second.when({}, reply({ text: 'from the second' }));
    const answer = await stream(scene, api);
    expect(answer.status).toBe(200);
    expect(textOf(answer, api)).toBe('from the second');
    expect(answer.text).not.toContain('overloaded');
    expect(scene.asked).toEqual([1, 1]);
    const event = await scene.onlyEvent();
    expect(event).toMatchObject({ outcome: 'completed', attempts: 2, upstreamId: at(scene.upstreams, 1).id });
  });

  test.each([
    [OVERLOADED.code, OVERLOADED, 503],
    ['rate_limit_exceeded', { message: 'slow', code: 'rate_limit_exceeded' }, 429],
    ['server_error', { message: 'oops', type: 'server_error', code: 'server_error' }, 502],
    ['context_length_exceeded', { message: 'too long', code: 'context_length_exceeded' }, 400],
    ['invalid_prompt', { message: 'no', code: 'invalid_prompt' }, 400],
  ])('with %s: a client without another upstream sees a real status', async (_code, error, status) => {
    const scene = await openScene(boot);
    scene.up.when({}, fault.failInStream(error));
    const answer = await stream(scene, api);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toContain('application/json');
    expect(Object.keys(errorOf(answer))).toEqual(expect.arrayContaining(['message', 'type', 'param', 'code']));
    expect((await scene.onlyEvent()).outcome).toBe('failed');
    expect(scene.asked).toEqual([1]);
  });

  test('about the request itself is not tried elsewhere', async () => {
    const scene = await openScene(boot, { upstreams: 2 });
    scene.up.when({}, fault.failInStream({ message: 'too long', code: 'context_length_exceeded' }));
    expect(errorOf(await stream(scene, api))['code']).toBe('context_length_exceeded');
    expect(scene.asked).toEqual([1, 0]);
  });
});

describe.each(APIS)('%s: a stream that fails after its first output', (api) => {
  const LATE_ENDS = [
    ['is cut', fault.cut({ events: 6 })],
    ['ends without its terminal event', fault.endAfter({ events: 6 })],
    ['is cut within an event', fault.cut({ bytes: 2_600 })],
    ['lacks nothing but its terminal event', fault.endWithoutTerminal()],
    ['says so', fault.failInStream(OVERLOADED, 3)],
  ] as const;

  test.each(LATE_ENDS)('%s: it ends with a well-formed error and is not tried again', async (how, behaviour) => {
    const scene = await openScene(boot, { upstreams: 2 });
    scene.up.when({}, behaviour);
    const answer = await stream(scene, api);
    if (how !== 'is cut within an event') expect(textOf(answer, api)).not.toBe('');
    expect(scene.asked).toEqual([1, 0]);
    if (how === 'says so') expect(answer.text).toContain('server_is_overloaded');
    else expectBrokenEnd(answer, api);
    const event = await scene.onlyEvent();
    expect(event).toMatchObject({ outcome: 'incomplete', status: 200, attempts: 1, usageSource: 'estimated' });
    expect(event.usage?.output).toBeGreaterThan(0);
  });

  test('stalls: the idle timeout ends it', async () => {
    await boot.set({ 'relay.stream_idle_timeout_ms': 300 });
    const scene = await openScene(boot, { upstreams: 2 });
    scene.up.when({}, fault.stall({ events: 6 }));
    const answer = await stream(scene, api);
    expectBrokenEnd(answer, api);
    expect(scene.asked).toEqual([1, 0]);
    await at(scene.up.requests, 0).closed;
    expect((await scene.onlyEvent()).outcome).toBe('incomplete');
  });

  test('says that it failed and then stalls: one error is enough', async () => {
    await boot.set({ 'relay.stream_idle_timeout_ms': 300 });
    const scene = await openScene(boot);
    // The failure is the last event; the connection stays open behind it.
    scene.up.when({}, (exchange) => {
      const answer = fault.failInStream(OVERLOADED, 2)(exchange);
      const after = { parts: answer.parts.length };
      return { ...answer, delivery: { stop: { after, how: 'stall' as const } } };
    });
    const answer = await stream(scene, api);
    expect(answer.text).toContain('server_is_overloaded');
    expect(answer.text).not.toContain('upstream_stream_broken');
    expect(await scene.onlyEvent()).toMatchObject({ outcome: 'incomplete', errorCode: 'server_is_overloaded' });
  });

  test('runs past the total time: it is ended with an error', async () => {
    await boot.set({ 'relay.total_timeout_ms': 700 });
    const scene = await openScene(boot);
    scene.up.when({}, fault.slowChunks(100, reply({ text: 'word '.repeat(60) })));
    expectBrokenEnd(await stream(scene, api), api);
    await at(scene.up.requests, 0).closed;
    expect(at(scene.up.requests, 0).aborted).toBe(true);
  });
});

describe.each(APIS)('%s: a stream that stalls before its first output', (api) => {
  test('is given up after the idle timeout and had elsewhere', async () => {
    await boot.set({ 'relay.stream_idle_timeout_ms': 300 });
    const scene = await openScene(boot, { upstreams: 2 });
    scene.up.when({}, fault.stall({ events: 1 }));
    const answer = await stream(scene, api);
    expect(textOf(answer, api)).not.toBe('');
    expect(scene.asked).toEqual([1, 1]);
  });

  test('that does not even send headers is given up and had elsewhere', async () => {
    await boot.set({ 'relay.response_header_timeout_ms': 300 });
    const scene = await openScene(boot, { upstreams: 2 });
    scene.up.when({}, fault.stall('nothing'));
    expect((await stream(scene, api)).status).toBe(200);
    expect(scene.asked).toEqual([1, 1]);
  });

  test('without another upstream is a 504', async () => {
    await boot.set({ 'relay.stream_idle_timeout_ms': 300 });
    const scene = await openScene(boot);
    scene.up.when({}, fault.stall({ events: 1 }));
    const answer = await stream(scene, api);
    expect(answer.status).toBe(504);
    expect(errorOf(answer)['code']).toBe('upstream_timeout');
  });
});

describe('what is held before the first output', () => {
  test('is bounded in time: then the client gets its status, and no failover happens any more', async () => {
    await boot.set({ 'relay.hold_max_ms': 200, 'relay.stream_idle_timeout_ms': 1_500 });
    const scene = await openScene(boot, { upstreams: 2 });
    scene.up.when({}, fault.stall({ events: 2 }));
    let firstAt = 0;
    const started = performance.now();
    const onData = () => {
      firstAt ||= performance.now() - started;
    };
    const answer = await scene.responsesStream({}, { onData });
    expect(firstAt).toBeGreaterThan(150);
    expect(performance.now() - started - firstAt).toBeGreaterThan(300);
    expect(parseSse(answer.text)[0]?.event).toBe('response.created');
    expectBrokenEnd(answer, 'responses');
    expect(scene.asked).toEqual([1, 0]);
  });

  test('is bounded in bytes', async () => {
    await boot.set({ 'relay.hold_max_bytes': 20_000 });
    const scene = await openScene(boot, { upstreams: 2 });
    const padding = { event: 'response.in_progress', data: { type: 'response.in_progress', pad: 'p'.repeat(30_000) } };
    scene.up.when({}, fault.cut({ events: 2 }, fault.events([padding, padding, padding])));
    const answer = await scene.responsesStream();
    expectBrokenEnd(answer, 'responses');
    expect(scene.asked).toEqual([1, 0]);
  });

  test('an event larger than the limit for one event is an error, and had elsewhere', async () => {
    await boot.set({ 'relay.sse_event_max_bytes': 50_000 });
    const scene = await openScene(boot, { upstreams: 2 });
    scene.up.when({}, fault.hugeEvent(0.1, 1));
    expect((await scene.responsesStream()).status).toBe(200);
    expect(scene.asked).toEqual([1, 1]);
  });
});

describe('a whole answer', () => {
  const BROKEN = [
    ['is no JSON', fault.malformedJson()],
    ['is shorter than it says', fault.contentLength(100_000)],
    ['is cut', fault.cut({ bytes: 50 })],
    ['is reset before it begins', fault.reset()],
    ['is empty', fault.body('application/json', '')],
    ['is a web page', fault.body('text/html', '<html>Just a moment</html>')],
    ['holds nothing but an error', fault.body('application/json', '{"error":{"message":"x","code":"server_error"}}')],
  ] as const;

  test.each(BROKEN)('that %s is had elsewhere', async (_how, behaviour) => {
    const scene = await openScene(boot, { upstreams: 2 });
    scene.up.when({}, behaviour);
    const answer = await scene.chat();
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toMatchObject({ object: 'chat.completion' });
    expect(scene.asked).toEqual([1, 1]);
    expect(await scene.onlyEvent()).toMatchObject({ outcome: 'completed', attempts: 2 });
  });

  test.each(BROKEN.filter(([how]) => !how.includes('reset')))(
    'that %s is a 502 without another upstream',
    async (_how, behaviour) => {
      const scene = await openScene(boot);
      scene.up.when({}, behaviour);
      const answer = await scene.chat();
      expect(answer.status).toBe(502);
      expect(errorOf(answer)['type']).toBe('upstream_error');
      expect(await scene.onlyEvent()).toMatchObject({ outcome: 'failed', usageSource: 'none', costUsdMicros: null });
    },
  );

  test('that stalls is given up after the idle timeout', async () => {
    await boot.set({ 'relay.stream_idle_timeout_ms': 300 });
    const scene = await openScene(boot, { upstreams: 2 });
    scene.up.when({}, fault.stall({ bytes: 20 }));
    expect((await scene.chat()).status).toBe(200);
    expect(scene.asked).toEqual([1, 1]);
  });

  test('that is cut after it grew past what is held is cut for the client too', async () => {
    await boot.set({ 'relay.hold_max_bytes': 1_000 });
    const scene = await openScene(boot, { upstreams: 2 });
    scene.up.when({}, fault.cut({ bytes: 6_000_000 }, reply({ text: 'w'.repeat(8_000_000) })));
    const answer = await scene.chat();
    expect(answer.status).toBe(200);
    expect(answer.error).toBeDefined();
    expect(scene.asked).toEqual([1, 0]);
    expect((await scene.onlyEvent()).outcome).toBe('incomplete');
  });
});
