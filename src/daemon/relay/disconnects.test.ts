import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { setPrice } from '../../core/models/index.ts';
import type { MicrosPerMillion } from '../../core/money.ts';
import { type BootedDaemon, bootDaemon, pause, until } from '../testing/boot-daemon.ts';
import { fault, reply } from '../testing/fake-upstream.ts';
import { at, openScene, type Scene } from '../testing/relay-scene.ts';

let boot: BootedDaemon;
beforeAll(async () => {
  boot = await bootDaemon();
});
afterEach(async () => {
  await boot.resetSettings();
  expect(boot.house.stats.draining).toBe(0);
});
afterAll(async () => await boot.stop());

const POLICIES = ['cancel', 'drain', 'estimate'] as const;
const DOLLAR = 1_000_000 as MicrosPerMillion;

async function priced(options: Parameters<typeof openScene>[1] = {}): Promise<Scene> {
  const scene = await openScene(boot, options);
  await boot.change((ctx) => setPrice(ctx, scene.modelRow.id, { standard: { input: DOLLAR, output: DOLLAR } }));
  return scene;
}

/** Sends a request and leaves as soon as `isEnough` of what came. */
async function leaveWhen(scene: Scene, path: string, body: object, isEnough: (seen: string) => boolean): Promise<void> {
  await scene.post(path, body, {
    onData: (seen, abandon) => {
      if (isEnough(seen)) abandon();
    },
  });
}

async function leaveMidStream(scene: Scene): Promise<void> {
  await leaveWhen(scene, '/v1/responses', { model: scene.model, input: 'hello', stream: true }, (seen) =>
    seen.includes('output_text.delta'),
  );
}

/** Sends a request and leaves before anything came back. */
async function leaveAtOnce(scene: Scene, fields: object): Promise<void> {
  const headers = { authorization: `Bearer ${scene.keyText}`, 'content-type': 'application/json' };
  const outgoing = request(`${boot.url}/v1/chat/completions`, { method: 'POST', headers, agent: false });
  const gone = new Promise<void>((resolve) => outgoing.on('error', () => resolve()));
  outgoing.end(JSON.stringify({ ...scene.chatBody(), ...fields }));
  await scene.up.arrived(scene.up.requests.length + 1);
  outgoing.destroy();
  await gone;
}

describe.each(POLICIES)('a client that leaves, under the policy %s', (policy) => {
  test.each([{ stream: true }, { stream: false }])('before the upstream answered: %j', async (fields) => {
    await boot.set({ 'relay.disconnect_policy': policy });
    const scene = await priced({ upstreams: 2 });
    scene.up.when({}, fault.stall('nothing'));
    await leaveAtOnce(scene, fields);
    const event = await scene.onlyEvent();
    expect(event).toMatchObject({ outcome: 'client_gone', usageSource: 'none', costUsdMicros: null, usage: null });
    await at(scene.up.requests, 0).closed;
    expect(at(scene.up.requests, 0).aborted).toBe(true);
    expect(scene.asked).toEqual([1, 0]);
    expect(await scene.cooldowns()).toEqual([]);
  });

  test('right after the terminal event has had its whole answer', async () => {
    await boot.set({ 'relay.disconnect_policy': policy });
    const scene = await priced();
    // The upstream keeps the connection open behind its last event.
    scene.up.when({}, (exchange) => {
      const answer = reply({ usage: { input: 100, output: 50 } })(exchange);
      return { ...answer, delivery: { stop: { after: { parts: answer.parts.length }, how: 'stall' as const } } };
    });
    await leaveWhen(
      scene,
      '/v1/responses',
      { model: scene.model, input: 'x', stream: true },
      (seen) => seen.includes('event: response.completed') && seen.endsWith('\n\n'),
    );
    const event = await scene.onlyEvent();
    expect(event).toMatchObject({ outcome: 'completed', usageSource: 'upstream', costUsdMicros: 150 });
  });
});

describe('a client that leaves in the middle of a stream', () => {
  test('cancel: the upstream is aborted and nothing is charged', async () => {
    await boot.set({ 'relay.disconnect_policy': 'cancel' });
    const scene = await priced();
    scene.up.when({}, fault.slowChunks(40, reply({ text: 'word '.repeat(100) })));
    await leaveMidStream(scene);
    expect(await scene.onlyEvent()).toMatchObject({ outcome: 'client_gone', usageSource: 'none', costUsdMicros: null });
    await at(scene.up.requests, 0).closed;
    expect(at(scene.up.requests, 0).aborted).toBe(true);
  });

  test('drain: the upstream is read to its end and its usage counts', async () => {
    await boot.set({ 'relay.disconnect_policy': 'drain' });
    const scene = await priced();
    const long = reply({ text: 'word '.repeat(10), usage: { input: 100, output: 50 } });
    scene.up.when({}, fault.slowChunks(40, long));
    await leaveMidStream(scene);
    await until('the drain is counted', () => boot.house.stats.draining === 1);
    const event = await scene.onlyEvent();
    expect(event).toMatchObject({ outcome: 'client_gone', usageSource: 'drained', costUsdMicros: 150, status: 200 });
    expect(at(scene.up.requests, 0).aborted).toBe(false);
    expect((await scene.lastDecision()).disconnect).not.toBeNull();
  });

  test('estimate: the upstream is aborted and what came is charged by estimate', async () => {
    await boot.set({ 'relay.disconnect_policy': 'estimate' });
    const scene = await priced();
    scene.up.when({}, fault.slowChunks(40, reply({ text: 'word '.repeat(100), usage: { input: 9_999 } })));
    await leaveMidStream(scene);
    const event = await scene.onlyEvent();
    expect(event).toMatchObject({ outcome: 'client_gone', usageSource: 'estimated' });
    expect(event.usage?.input).toBe(Math.ceil(event.requestBytes / 4));
    expect(event.usage?.output).toBeGreaterThan(0);
    expect(event.costUsdMicros).toBe((event.usage?.input ?? 0) + (event.usage?.output ?? 0));
    await at(scene.up.requests, 0).closed;
    expect(at(scene.up.requests, 0).aborted).toBe(true);
  });

  test('the policy of the key wins over the setting', async () => {
    await boot.set({ 'relay.disconnect_policy': 'drain' });
    const scene = await priced({ key: { disconnectPolicy: 'cancel' } });
    scene.up.when({}, fault.slowChunks(40, reply({ text: 'word '.repeat(100) })));
    await leaveMidStream(scene);
    expect((await scene.onlyEvent()).usageSource).toBe('none');
  });

  test('drain: also one that had stopped reading, so that the upstream had to wait', async () => {
    const scene = await priced();
    const delta = { type: 'response.output_text.delta', delta: 'z'.repeat(500_000) };
    const usage = { input_tokens: 100, output_tokens: 50 };
    const last = { type: 'response.completed', response: { id: 'resp_slow', status: 'completed', usage } };
    const events = [...Array.from({ length: 60 }, () => delta), last].map((data) => ({ event: data.type, data }));
    scene.up.when({}, fault.events(events));
    const body = JSON.stringify({ model: scene.model, input: 'x', stream: true });
    const socket = connect(Number(new URL(boot.url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write(
      `POST /v1/responses HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${scene.keyText}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await once(socket, 'readable');
    await pause(500);
    socket.destroy();
    expect(await scene.onlyEvent()).toMatchObject({
      outcome: 'client_gone',
      usageSource: 'drained',
      costUsdMicros: 150,
    });
  });

  test('a drain is bounded in time: then it is aborted, estimated, and nobody is blamed', async () => {
    await boot.set({ 'relay.drain_max_ms': 100 });
    const scene = await priced({ upstreams: 2 });
    scene.up.when({}, fault.slowChunks(100, reply({ text: 'word '.repeat(100) })));
    await leaveMidStream(scene);
    const event = await scene.onlyEvent();
    expect(event).toMatchObject({ outcome: 'client_gone', usageSource: 'estimated' });
    await at(scene.up.requests, 0).closed;
    expect(at(scene.up.requests, 0).aborted).toBe(true);
    expect(await scene.cooldowns()).toEqual([]);
  });

  test('drains are bounded in number, also when all leave at once', async () => {
    await boot.set({ 'relay.drain_max_streams': 2 });
    const scene = await priced();
    scene.up.when({}, fault.slowChunks(100, reply({ text: 'word '.repeat(20) })));
    const leaving: (() => void)[] = [];
    const done = Array.from({ length: 6 }, () => {
      let isIn = false;
      return scene.responsesStream(
        {},
        {
          onData: (seen, abandon) => {
            if (isIn || !seen.includes('output_text.delta')) return;
            isIn = true;
            leaving.push(abandon);
          },
        },
      );
    });
    await until('all are in the middle', () => leaving.length === 6);
    for (const leave of leaving) leave();
    await Promise.all(done);
    await until('two are drained', () => boot.house.stats.draining === 2);
    const sources = (await scene.events(6)).map(({ usageSource }) => usageSource);
    expect(sources.filter((source) => source === 'drained')).toHaveLength(2);
    expect(sources.filter((source) => source === 'estimated')).toHaveLength(4);
  });
});

describe('a client that leaves a chat stream', () => {
  test('between its finish and its usage: the usage is still waited for', async () => {
    const scene = await priced();
    // Each chunk takes its time, the usage chunk too.
    scene.up.when({}, fault.slowChunks(150, reply({ text: 'one', usage: { input: 100, output: 50 } })));
    await leaveWhen(scene, '/v1/chat/completions', { ...scene.chatBody(), stream: true }, (seen) =>
      seen.includes('"finish_reason":"stop"'),
    );
    expect(await scene.onlyEvent()).toMatchObject({
      outcome: 'completed',
      usageSource: 'upstream',
      costUsdMicros: 150,
    });
  });

  test('while a failover is under way: no further upstream is asked', async () => {
    const scene = await priced({ upstreams: 2 });
    scene.up.when({}, fault.slowHeaders(300, fault.status(500)));
    await leaveAtOnce(scene, { stream: true });
    expect((await scene.onlyEvent()).outcome).toBe('client_gone');
    expect(scene.asked).toEqual([1, 0]);
  });
});

describe('a client that leaves a whole answer', () => {
  test('drain: it is read to its end', async () => {
    const scene = await priced();
    const answer = reply({ text: 'w'.repeat(4_000), usage: { input: 100, output: 50 } });
    scene.up.when({}, fault.byteByByte(fault.slowChunks(300, answer), 1_000));
    const headers = { authorization: `Bearer ${scene.keyText}`, 'content-type': 'application/json' };
    const outgoing = request(`${boot.url}/v1/chat/completions`, { method: 'POST', headers, agent: false });
    const gone = new Promise<void>((resolve) => outgoing.on('error', () => resolve()));
    outgoing.end(JSON.stringify(scene.chatBody()));
    await scene.up.arrived(1);
    await pause(500);
    outgoing.destroy();
    await gone;
    expect(await scene.onlyEvent()).toMatchObject({
      outcome: 'client_gone',
      usageSource: 'drained',
      costUsdMicros: 150,
    });
  });

  test('that never ends: the drain gives up, charges an estimate and blames nobody', async () => {
    await boot.set({ 'relay.drain_max_ms': 100 });
    const scene = await priced({ upstreams: 2 });
    scene.up.when({}, fault.stall({ bytes: 40 }));
    const headers = { authorization: `Bearer ${scene.keyText}`, 'content-type': 'application/json' };
    const outgoing = request(`${boot.url}/v1/chat/completions`, { method: 'POST', headers, agent: false });
    const gone = new Promise<void>((resolve) => outgoing.on('error', () => resolve()));
    outgoing.end(JSON.stringify(scene.chatBody()));
    await scene.up.arrived(1);
    await pause(500);
    outgoing.destroy();
    await gone;
    expect(await scene.onlyEvent()).toMatchObject({ outcome: 'client_gone', usageSource: 'estimated' });
    expect(await scene.cooldowns()).toEqual([]);
    expect(scene.asked).toEqual([1, 0]);
  });
});
