import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type BootedDaemon, bootDaemon, pause, until } from '../testing/boot-daemon.ts';
import { fault, reply } from '../testing/fake-upstream.ts';
import { httpExchange, parseSse } from '../testing/http-exchange.ts';
import { at, errorOf, openScene } from '../testing/relay-scene.ts';

let boot: BootedDaemon;
beforeEach(async () => {
  boot = await bootDaemon({ settings: { 'usage.queue_max': 100, 'server.drain_timeout_ms': 1_500 } });
});
afterEach(async () => await boot.stop());

describe('a stop', () => {
  test('lets streams and answers end, takes nothing new, and writes everything down', async () => {
    const scene = await openScene(boot);
    scene.up.when({ stream: true }, fault.slowChunks(60, reply({ text: 'one two three four five' })));
    scene.up.when({ stream: false }, fault.slowHeaders(400));
    const running = [scene.responsesStream(), scene.chatStream(), scene.chat({ stream: false })];
    await scene.up.arrived(3);
    await pause(100);
    const { url } = boot;
    const stopped = boot.daemon.stop();
    await pause(50);
    expect((await httpExchange(`${url}/healthz`)).error).toBe('ECONNREFUSED');
    const answers = await Promise.all(running);
    expect(answers.map(({ status, error }) => [status, error])).toEqual(Array(3).fill([200, undefined]));
    expect(parseSse(at(answers, 0).text).at(-1)?.event).toBe('response.completed');
    await stopped;
    await boot.start();
    const events = await scene.events(3);
    expect(events.map(({ outcome }) => outcome)).toEqual(['completed', 'completed', 'completed']);
  });

  test('waits for a call that is read on for a client that left, and books it', async () => {
    const scene = await openScene(boot);
    scene.up.when({}, fault.slowChunks(60, reply({ text: 'one two three four five' })));
    await scene.chatStream({}, { onData: (_seen, abandon) => abandon() });
    await boot.daemon.stop();
    await boot.start();
    expect((await scene.events(1))[0]).toMatchObject({ outcome: 'client_gone', usageSource: 'drained' });
  });

  test('cuts what runs past the deadline, in good form and without blaming the upstream', async () => {
    const scene = await openScene(boot, { upstreams: 2 });
    scene.up.when({ stream: true }, fault.stall({ events: 6 }));
    scene.up.when({ stream: false }, fault.stall('nothing'));
    const stream = scene.responsesStream();
    const whole = scene.chat({ stream: false });
    await scene.up.arrived(2);
    const started = performance.now();
    await boot.daemon.stop();
    expect(performance.now() - started).toBeGreaterThan(1_400);
    expect(performance.now() - started).toBeLessThan(6_000);
    expect(parseSse((await stream).text).map(({ event }) => event)).toContain('response.failed');
    expect((await whole).status).not.toBe(200);
    expect(scene.asked).toEqual([2, 0]);
    await boot.start();
    const events = await scene.events(2);
    expect(events).toHaveLength(2);
    expect(events.map(({ outcome }) => outcome)).not.toContain('completed');
    expect(await scene.cooldowns()).toEqual([]);
  });

  test('twice is one stop', async () => {
    await Promise.all([boot.daemon.stop(), boot.daemon.stop()]);
    await boot.start();
    expect((await httpExchange(`${boot.url}/healthz`)).status).toBe(200);
  });
});

describe('a database that fails', () => {
  test('for a while holds up no stream and loses nothing', async () => {
    const scene = await openScene(boot, { upstreams: 2 });
    const { database } = boot.daemon.store;
    const write = vi.spyOn(database, 'writeBatch').mockRejectedValue(new Error('the database is away'));
    scene.up.queue(fault.invalidApiKey());
    const started = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        i % 2 === 0 ? scene.chatStream() : scene.responsesStream({ prompt_cache_key: 'k' }),
      ),
    );
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(performance.now() - started).toBeLessThan(5_000);
    await until('a write was tried and tried again', () => write.mock.calls.length >= 2);
    expect(boot.house.queue.depth).toBeGreaterThanOrEqual(20);
    write.mockRestore();
    expect(await scene.events(10)).toHaveLength(10);
    expect(await scene.cooldowns()).toHaveLength(1);
    expect((await boot.rows('session_bindings')).length).toBe(1);
  });

  test('that is slow slows no answer down', async () => {
    const scene = await openScene(boot);
    const { database } = boot.daemon.store;
    const writeBatch = database.writeBatch.bind(database);
    vi.spyOn(database, 'writeBatch').mockImplementation(async (writes) => {
      await pause(2_500);
      return await writeBatch(writes);
    });
    const started = performance.now();
    for (let i = 0; i < 5; i++) expect((await scene.chatStream()).status).toBe(200);
    expect(performance.now() - started).toBeLessThan(2_300);
    expect(await scene.events(5)).toHaveLength(5);
  });

  test('for too long makes new requests be refused, until it has caught up', async () => {
    const scene = await openScene(boot);
    const { database } = boot.daemon.store;
    const write = vi.spyOn(database, 'writeBatch').mockRejectedValue(new Error('the database is away'));
    let served = 0;
    let refused: Awaited<ReturnType<typeof scene.chat>> | null = null;
    while (!refused && served < 200) {
      const answer = await scene.chat();
      if (answer.status === 200) served++;
      else refused = answer;
    }
    expect(refused?.status).toBe(503);
    if (refused) expect(errorOf(refused)['code']).toBe('overloaded');
    expect(served).toBeGreaterThanOrEqual(45);
    expect(served).toBeLessThanOrEqual(60);
    expect(scene.up.requests).toHaveLength(served);
    write.mockRestore();
    await boot.house.queue.flush();
    expect((await scene.chat()).status).toBe(200);
    const events = await scene.events(served + 2);
    expect(events.filter(({ outcome }) => outcome === 'completed')).toHaveLength(served + 1);
  });

  test('at the stop is waited for', async () => {
    const scene = await openScene(boot);
    const { database } = boot.daemon.store;
    const write = vi.spyOn(database, 'writeBatch').mockRejectedValue(new Error('the database is away'));
    await scene.chat();
    setTimeout(() => write.mockRestore(), 600);
    await boot.daemon.stop();
    await boot.start();
    expect(await scene.events(1)).toHaveLength(1);
  });
});

test('more requests at once than are allowed are refused with 503', async () => {
  await boot.set({ 'relay.inflight_max': 3 });
  const scene = await openScene(boot);
  scene.up.when({}, fault.slowHeaders(500));
  const answers = await Promise.all(Array.from({ length: 8 }, () => scene.chat()));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
  expect(answers.filter(({ status }) => status === 503)).toHaveLength(5);
  expect((await scene.chat()).status).toBe(200);
});
