import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { editKey } from '../../core/identity/index.ts';
import { type BootedDaemon, bootDaemon } from '../testing/boot-daemon.ts';
import { fault, reply } from '../testing/fake-upstream.ts';
import { at, errorOf, openScene } from '../testing/relay-scene.ts';

let boot: BootedDaemon;
beforeAll(async () => {
  boot = await bootDaemon();
});
afterEach(async () => await boot.resetSettings());
afterAll(async () => await boot.stop());

const KEYED = { headers: { 'idempotency-key': 'once-1' } };

describe.each([{ stream: false }, { stream: true }])('the same key and body, %j', (fields) => {
  test('ten times at once: one call upstream and ten equal answers', async () => {
    const scene = await openScene(boot);
    scene.up.when({}, fault.slowHeaders(200));
    const answers = await Promise.all(Array.from({ length: 10 }, () => scene.chat(fields, KEYED)));
    expect(scene.asked).toEqual([1]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ headers }) => headers['content-type'])).size).toBe(1);
    expect(answers.filter(({ headers }) => headers['idempotent-replayed'] === 'true')).toHaveLength(9);
    expect(new Set(answers.map(({ headers }) => headers['x-request-id'])).size).toBe(10);
    const events = await scene.events(10);
    expect(events).toHaveLength(10);
    expect(events.filter(({ usageSource }) => usageSource === 'upstream')).toHaveLength(1);
    expect(events.filter(({ usageSource, attempts }) => usageSource === 'none' && attempts === 0)).toHaveLength(9);
    expect(events.every(({ outcome }) => outcome === 'completed')).toBe(true);
  });

  test('again afterwards: the same answer and no call', async () => {
    const scene = await openScene(boot);
    const first = await scene.chat(fields, KEYED);
    const again = await scene.chat(fields, KEYED);
    expect(again.text).toBe(first.text);
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect(scene.asked).toEqual([1]);
  });

  test('again while the database takes nothing: still the same answer and no call', async () => {
    const own = await bootDaemon({ settings: { 'usage.flush_interval_ms': 5_000 } });
    try {
      const scene = await openScene(own);
      const first = await scene.chat(fields, KEYED);
      expect((await scene.chat(fields, KEYED)).text).toBe(first.text);
      expect((await scene.chat({ ...fields, seed: 1 }, KEYED)).status).toBe(409);
      expect(scene.asked).toEqual([1]);
    } finally {
      await own.stop();
    }
  });

  test('again after a restart: the same answer and no call', async () => {
    const own = await bootDaemon();
    try {
      const scene = await openScene(own);
      const first = await scene.chat(fields, KEYED);
      await own.restart();
      const again = await scene.chat(fields, KEYED);
      expect(again.text).toBe(first.text);
      expect(again.headers['content-type']).toBe(first.headers['content-type']);
      expect(scene.asked).toEqual([1]);
    } finally {
      await own.stop();
    }
  });

  test('after a failure: it is called again', async () => {
    const scene = await openScene(boot);
    scene.up.queue(fault.status(400), fault.cut({ events: 6 }));
    expect((await scene.chat(fields, KEYED)).status).toBe(400);
    await scene.chat(fields, KEYED);
    const calls = scene.up.requests.length;
    expect((await scene.chat(fields, KEYED)).status).toBe(200);
    expect(scene.up.requests.length).toBeGreaterThan(calls - 1);
    expect((await scene.chat(fields, KEYED)).headers['idempotent-replayed']).toBe('true');
  });
});

test('when the first of many fails, the others do not fail with it', async () => {
  const scene = await openScene(boot);
  scene.up.queue(fault.slowHeaders(100, fault.status(400)));
  const answers = await Promise.all(Array.from({ length: 5 }, () => scene.chat({}, KEYED)));
  expect(answers.filter(({ status }) => status === 400)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(4);
  expect(scene.asked).toEqual([2]);
});

test('another body under the same key is a 409, while the first runs and afterwards', async () => {
  const scene = await openScene(boot);
  scene.up.queue(fault.slowHeaders(200));
  const running = scene.chat({}, KEYED);
  await scene.up.arrived(1);
  for (let i = 0; i < 2; i++) {
    const answer = await scene.chat({ temperature: 0.5 }, KEYED);
    expect(answer.status).toBe(409);
    expect(errorOf(answer)['code']).toBe('idempotency_key_reused');
    expect(answer.headers['x-should-retry']).toBe('false');
    await running;
  }
  expect((await scene.responses({}, KEYED)).status).toBe(409);
  expect(scene.asked).toEqual([1]);
});

test('the same name of another key is another call', async () => {
  const scene = await openScene(boot);
  await scene.chat({}, KEYED);
  const key = await scene.addKey();
  const answer = await scene.chat({}, { headers: { ...KEYED.headers, authorization: `Bearer ${key}` } });
  expect(answer.headers['idempotent-replayed']).toBeUndefined();
  expect(scene.asked).toEqual([2]);
});

test('an answer too large to be kept is not called for again, and says so', async () => {
  await boot.set({ 'relay.idempotency_body_max_bytes': 1_000 });
  const scene = await openScene(boot);
  scene.up.when({}, reply({ text: 'z'.repeat(5_000) }));
  expect((await scene.chat({}, KEYED)).status).toBe(200);
  const again = await scene.chat({}, KEYED);
  expect(again.status).toBe(409);
  expect(errorOf(again)['code']).toBe('idempotency_answer_not_kept');
  expect(scene.asked).toEqual([1]);
});

test('an answer that its client did not wait for, but that was read to its end, is given to the repeat', async () => {
  const scene = await openScene(boot);
  scene.up.when({}, fault.slowChunks(30, reply({ text: 'a b c d e' })));
  await scene.chatStream({}, { ...KEYED, onData: (_seen, abandon) => abandon() });
  expect((await scene.events(1))[0]).toMatchObject({ outcome: 'client_gone', usageSource: 'drained' });
  const again = await scene.chatStream({}, KEYED);
  expect(again.text).toContain('[DONE]');
  expect(again.text).toContain('"e');
  expect(at(scene.asked, 0)).toBe(1);
});

test('it can be switched off, and runs out', async () => {
  await boot.set({ 'relay.idempotency_ttl_ms': 0 });
  const scene = await openScene(boot);
  scene.up.when({}, fault.slowHeaders(50));
  await Promise.all([scene.chat({}, KEYED), scene.chat({}, KEYED)]);
  await scene.chat({ other: 1 }, KEYED);
  expect(scene.asked).toEqual([3]);
  await boot.set({ 'relay.idempotency_ttl_ms': 100 });
  await scene.chat({}, KEYED);
  await new Promise((resolve) => setTimeout(resolve, 200));
  await scene.chat({ yet: 'another' }, KEYED);
  expect(scene.asked).toEqual([5]);
});

test('a database that does not answer fails the request, frees its slot and is told once', async () => {
  const scene = await openScene(boot, { key: { limits: { concurrency: 1 } } });
  const { knex } = boot.daemon.store.database;
  const broken = () => {
    throw new Error('the database is away');
  };
  knex.on('query', broken);
  const answer = await scene.chat({}, { headers: { 'idempotency-key': 'broken' } });
  knex.removeListener('query', broken);
  expect(answer.status).toBe(500);
  expect(errorOf(answer)['code']).toBe('internal_error');
  expect(answer.text).not.toContain('the database is away');
  expect((await scene.chat({}, { headers: { 'idempotency-key': 'broken' } })).status).toBe(200);
  expect(await scene.events(2)).toHaveLength(2);
});

test('a repetition passes nothing that guards the door: who asks, for what, and how often', async () => {
  const scene = await openScene(boot, { key: { limits: { rpm: 2 } } });
  await scene.chat({}, KEYED);
  expect((await scene.chat({}, KEYED)).headers['idempotent-replayed']).toBe('true');
  expect((await scene.chat({}, KEYED)).status).toBe(429);
  const nobody = { headers: { ...KEYED.headers, authorization: 'Bearer sk-nobody' } };
  expect((await scene.chat({}, nobody)).status).toBe(401);
  const patch = { limits: { rpm: null }, allowedModels: ['another-model'] };
  await boot.change((ctx) => editKey(ctx, scene.key.id, patch));
  expect((await scene.chat({}, KEYED)).headers['idempotent-replayed']).toBeUndefined();
  await boot.change((ctx) => editKey(ctx, scene.key.id, { allowedModels: [] }));
  expect((await scene.chat({}, KEYED)).headers['idempotent-replayed']).toBe('true');
  expect(scene.asked).toEqual([1]);
});
