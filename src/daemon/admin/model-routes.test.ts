import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AdminHarness, adminHarness } from './testing/admin-harness.ts';

let admin: AdminHarness;
beforeEach(async () => {
  admin = await adminHarness();
  await admin.call('POST', '/admin/upstreams', { body: { name: 'one', base_url: 'https://api.example.com/v1' } });
  await admin.call('POST', '/admin/upstreams', { body: { name: 'two', base_url: 'https://eu.example.com/v1' } });
});
afterEach(async () => {
  await admin.close();
});

const PRICES = { input: '1.25', output: '10', cached_input: '0.125' };
const MODEL = '/admin/models/openai%2Fgpt-5';

async function createGpt() {
  return await admin.call('POST', '/admin/models', {
    body: {
      id: 'openai/gpt-5',
      upstream: 'one',
      upstream_model: 'gpt-5',
      prices: { ...PRICES, high_context: { above_tokens: 200_000, input: '2.5', output: '15' } },
      max_output_tokens: 1000,
      owned_by: 'openai',
    },
  });
}

test('a model is created with binding and prices; its id may hold a slash', async () => {
  const created = await createGpt();
  expect(created.status).toBe(201);
  expect(created.json).toMatchObject({
    id: 'openai/gpt-5',
    enabled: true,
    owned_by: 'openai',
    max_output_tokens: 1000,
    context_tokens: null,
    aliases: [],
    bindings: [{ upstream: 'one', upstream_model: 'gpt-5', enabled: true }],
    price: {
      input: '1.25',
      cached_input: '0.125',
      cache_write_5m: '1.25',
      cache_write_1h: '1.25',
      output: '10',
      priority: null,
      high_context: { above_tokens: 200_000, input: '2.5', cached_input: '2.5', output: '15' },
    },
  });
  expect((await admin.call('GET', MODEL)).json).toEqual(created.json);
  expect((await admin.call('GET', '/admin/models')).json.items).toEqual([created.json]);
  expect(admin.live.state.catalog.modelByName.get('openai/gpt-5')?.price?.standard.input).toBe(1_250_000);
});

test('nothing is left behind when one part of a new model is wrong', async () => {
  const answer = await admin.call('POST', '/admin/models', { body: { id: 'x', upstream: 'nobody', prices: PRICES } });
  expect(answer.status).toBe(404);
  expect((await admin.call('GET', '/admin/models')).json.items).toEqual([]);
  expect((await admin.call('GET', '/admin/audit')).json.items.map((entry: { action: string }) => entry.action)).toEqual(
    ['upstream.create', 'upstream.create'],
  );
});

test('bad ids and prices name the field', async () => {
  const answer = await admin.call('POST', '/admin/models', {
    body: { id: 'a b', prices: { input: 1.25, output: '1e9' } },
  });
  const paths = answer.json.errors.map((error: { path: string }) => error.path);
  expect(new Set(paths)).toEqual(new Set(['id', 'prices.input', 'prices.output']));
  await createGpt();
  expect((await createGpt()).status).toBe(409);
  expect((await admin.call('GET', '/admin/models/openai%2Fgpt-6')).json.hint).toBe('did you mean "openai/gpt-5"?');
});

test('a model is changed, bound, unbound and removed', async () => {
  await createGpt();
  const edited = await admin.call('PATCH', MODEL, { body: { enabled: false, max_output_tokens: null } });
  expect(edited.json).toMatchObject({ enabled: false, max_output_tokens: null, owned_by: 'openai' });
  const bound = await admin.call('PUT', `${MODEL}/bindings/two`, { body: { enabled: false } });
  expect(bound.json.bindings).toContainEqual(
    expect.objectContaining({ upstream: 'two', upstream_model: 'openai/gpt-5', enabled: false }),
  );
  const again = await admin.call('PUT', `${MODEL}/bindings/one`, { body: { enabled: false } });
  expect(again.json.bindings).toContainEqual(
    expect.objectContaining({ upstream: 'one', upstream_model: 'gpt-5', enabled: false }),
  );
  expect((await admin.call('DELETE', `${MODEL}/bindings/two`)).json.bindings).toHaveLength(1);
  expect((await admin.call('DELETE', `${MODEL}/bindings/two`)).status).toBe(404);
  expect((await admin.call('DELETE', MODEL)).status).toBe(204);
  expect((await admin.call('GET', MODEL)).status).toBe(404);
});

test('bindings go with their upstream', async () => {
  await createGpt();
  await admin.call('DELETE', '/admin/upstreams/one');
  expect(admin.live.state.catalog.models[0]?.bindings).toEqual([]);
});

test('aliases find the model, a second time changes nothing, and no other model can have them', async () => {
  await createGpt();
  const alias = `${MODEL}/aliases/best%2Fever`;
  expect((await admin.call('PUT', alias)).json.aliases).toEqual(['best/ever']);
  expect((await admin.call('PUT', alias)).json.aliases).toEqual(['best/ever']);
  expect((await admin.call('GET', '/admin/models/best%2Fever')).json.id).toBe('openai/gpt-5');
  expect((await admin.call('POST', '/admin/models', { body: { id: 'best/ever' } })).status).toBe(409);
  expect((await admin.call('DELETE', alias)).json.aliases).toEqual([]);
  expect((await admin.call('DELETE', alias)).status).toBe(404);
});

test('a new price follows the old one, which stays in the history; an equal one changes nothing', async () => {
  await createGpt();
  admin.ctx.clock.advance(1000);
  const changed = await admin.call('PUT', `${MODEL}/price`, {
    body: { input: '2', output: '8', priority: { input: '4', output: '16' } },
  });
  expect(changed.json.price).toMatchObject({ input: '2', high_context: null, priority: { input: '4', output: '16' } });
  await admin.call('PUT', `${MODEL}/price`, {
    body: { input: '2', output: '8', priority: { input: '4', output: '16' } },
  });
  const later = { input: '3', output: '9', effective_from: '2027-01-01T00:00:00Z' };
  expect((await admin.call('PUT', `${MODEL}/price`, { body: later })).json.price.input).toBe('2');
  const { items } = (await admin.call('GET', `${MODEL}/prices`)).json;
  expect(items.map((price: { input: string }) => price.input)).toEqual(['3', '2', '1.25']);
  const past = { input: '1', output: '1', effective_from: '2020-01-01T00:00:00Z' };
  expect((await admin.call('PUT', `${MODEL}/price`, { body: past })).json.errors[0].path).toBe('effective_from');
});

test('a price list is shown before it is applied, whole or for known models only', async () => {
  await createGpt();
  const entry = { input_cost_per_token: 0.000002, output_cost_per_token: 8e-6, max_output_tokens: 500 };
  const document = { 'openai/gpt-5': entry, 'new/model': entry, 'odd/one': { mode: 'image' } };
  const call = (extra: object) =>
    admin.call('POST', '/admin/models/import-pricing', { body: { document, dry_run: true, ...extra } });

  const plan = (await call({})).json;
  expect(plan).toMatchObject({
    dry_run: true,
    added: [{ model: 'new/model', after: { input: '2', output: '8' } }],
    changed: [{ model: 'openai/gpt-5', before: { input: '1.25' }, after: { input: '2' } }],
    unchanged: [],
    skipped: [{ model: 'odd/one' }],
  });
  expect((await admin.call('GET', '/admin/models')).json.items).toHaveLength(1);

  admin.ctx.clock.advance(1000);
  const known = (await call({ only_existing: true, dry_run: false })).json;
  expect(known.added).toEqual([]);
  expect(known.skipped).toContainEqual({ model: 'new/model', why: 'is not a model here yet' });
  expect((await admin.call('GET', MODEL)).json.price.input).toBe('2');
  await call({ dry_run: false });
  expect(admin.live.state.catalog.modelByName.get('new/model')?.maxOutputTokens).toBe(500);
  expect((await call({})).json).toMatchObject({ added: [], changed: [], unchanged: ['openai/gpt-5', 'new/model'] });
});
