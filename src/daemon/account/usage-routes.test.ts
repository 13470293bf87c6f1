import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type BootedDaemon, bootDaemon } from '../testing/boot-daemon.ts';
import { at, errorOf, openScene, type Scene } from '../testing/relay-scene.ts';

let boot: BootedDaemon;

beforeAll(async () => {
  // Only the shape of the product: without a payer nothing is asked of anybody's balance.
  boot = await bootDaemon({ settings: { 'self_mode.enable': false } });
});
afterEach(async () => await boot.resetSettings());
afterAll(async () => await boot.stop());

/** Relays while requests are free; the flag decides about the routes afterwards. */
async function used(requests: number): Promise<Scene> {
  await boot.set({ feature_disable_billing: true });
  const scene = await openScene(boot);
  for (let i = 0; i < requests; i++) expect((await scene.chat()).status).toBe(200);
  await boot.resetSettings();
  return scene;
}

async function get(scene: Scene, path: string, status = 200) {
  const answer = await scene.call(path);
  expect([path, answer.status, answer.text.slice(0, status === 200 ? 0 : undefined)]).toEqual([
    path,
    status,
    expect.any(String),
  ]);
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  return JSON.parse(answer.text) as any;
}

test('a key is told what it was used for, in pages, and nothing of where it was served', async () => {
  const scene = await used(3);
  const first = await get(scene, '/v1/usage?limit=2');
  expect(first).toMatchObject({
    object: 'list',
    data: [{ model: scene.model, outcome: 'completed', status: 200, paid_by: 'free', charged_usd: '0' }, {}],
  });
  const second = await get(scene, `/v1/usage?limit=2&cursor=${first.next_cursor}`);
  expect([first.data.length, second.data.length, second.next_cursor]).toEqual([2, 1, null]);
  const ids = [...first.data, ...second.data].map(({ id }: { id: string }) => id);
  expect(ids).toEqual((await scene.events(3)).map(({ id }) => id).reverse());
  const text = JSON.stringify([first, second]);
  const upstream = at(scene.upstreams, 0);
  const inside = [upstream.id, upstream.name, at(upstream.credentials, 0).id, scene.user.id, scene.key.id];
  for (const secret of inside) expect(text).not.toContain(secret);
});

test('another key of the same user is told of its own use alone', async () => {
  const scene = await used(1);
  const other = await scene.addKey();
  const answer = await scene.call('/v1/usage', { headers: { authorization: `Bearer ${other}` } });
  expect(JSON.parse(answer.text)).toEqual({ object: 'list', data: [], next_cursor: null });
});

test('sums are by model or by day', async () => {
  const scene = await used(2);
  const byModel = await get(scene, '/v1/usage/summary');
  expect(byModel).toMatchObject({ by: 'model', data: [{ group: scene.model, requests: 2, failures: 0 }] });
  const byDay = await get(scene, '/v1/usage/summary?by=day');
  expect(byDay.data).toMatchObject([{ group: new Date().toISOString().slice(0, 10), requests: 2 }]);
  const past = await get(scene, '/v1/usage/summary?until=2020-01-01T00:00:00Z');
  expect(past.data).toEqual([]);
});

test('what is asked wrongly is told with its place', async () => {
  const scene = await used(0);
  const unknown = await get(scene, '/v1/usage?sinse=2026-11-20T00:00:00Z', 400);
  expect(unknown.error).toMatchObject({
    code: 'invalid_input',
    type: 'invalid_request_error',
    param: 'sinse',
    errors: [{ path: 'sinse', message: 'there is no such field; did you mean "since"?' }],
  });
  expect((await get(scene, '/v1/usage?limit=0', 400)).error.param).toBe('limit');
  expect((await get(scene, '/v1/usage?cursor=x', 400)).error.param).toBe('cursor');
  expect((await get(scene, '/v1/usage?since=yesterday', 400)).error.message).toContain('2026-11-20T00:00:00Z');
});

test('without a good key nobody is told anything', async () => {
  const scene = await used(0);
  for (const authorization of ['', 'Bearer sk-wrong', 'Bearer utk_wrong']) {
    const answer = await scene.call('/v1/usage', { headers: { authorization } });
    expect([authorization, answer.status]).toEqual([authorization, 401]);
    expect(errorOf(answer)['type']).toBe('authentication_error');
  }
});
