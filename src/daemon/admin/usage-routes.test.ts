import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KeyId, RequestId, UpstreamId, UserId } from '../../core/ids.ts';
import { newId } from '../../core/ids.ts';
import type { UsdMicros } from '../../core/money.ts';
import { DECISION_TABLE } from '../../core/usage/decision-store.ts';
import { packDecision } from '../../core/usage/decision-text.ts';
import type { Decision, UsageEvent } from '../../core/usage/index.ts';
import { USAGE_TABLE, usageRow } from '../../core/usage/usage-store.ts';
import { type AdminHarness, adminHarness } from './testing/admin-harness.ts';

let admin: AdminHarness;
let userId: UserId;
let keyId: KeyId;
let upstreamId: UpstreamId;

beforeEach(async () => {
  admin = await adminHarness();
  userId = (await admin.call('POST', '/admin/users', { body: { name: 'alice' } })).json.id;
  keyId = (await admin.call('POST', '/admin/keys', { body: { user: 'alice', name: 'laptop' } })).json.id;
  const upstream = { name: 'one', base_url: 'https://api.example.com/v1' };
  upstreamId = (await admin.call('POST', '/admin/upstreams', { body: upstream })).json.id;
});
afterEach(async () => {
  await admin.close();
});

function event(overrides: Partial<UsageEvent> = {}): UsageEvent {
  admin.ctx.clock.advance(1000);
  const at = admin.ctx.clock.now();
  return {
    id: newId('req', at, admin.ctx.random),
    at,
    userId,
    keyId,
    endpoint: '/v1/chat/completions',
    model: 'gpt-5',
    upstreamModel: 'gpt-5',
    servedModel: 'gpt-5-2026',
    upstreamId,
    credentialId: null,
    groupName: 'cheap',
    multiplierPpm: 1_500_000,
    outcome: 'completed',
    status: 200,
    errorCode: null,
    stream: true,
    attempts: 1,
    usage: { input: 100, cachedInput: 40, cacheWrite5m: 0, cacheWrite1h: 0, output: 20, reasoning: 5 },
    usageSource: 'upstream',
    serviceTier: null,
    priceId: null,
    costUsdMicros: 1234 as UsdMicros,
    payment: {
      payerKind: 'balance',
      payerId: userId,
      payerMultiplierPpm: 800_000,
      reservedUsdMicros: 5000 as UsdMicros,
      chargedUsdMicros: 1234 as UsdMicros,
    },
    durationMs: 900,
    firstOutputMs: 300,
    requestBytes: 10,
    responseBytes: 20,
    ...overrides,
  };
}

async function store(events: readonly UsageEvent[], decisions: readonly Decision[] = []): Promise<void> {
  await admin.database.writeBatch([
    { ...USAGE_TABLE, rows: events.map(usageRow) },
    { ...DECISION_TABLE, rows: decisions.map((decision) => [decision.id, packDecision(decision)]) },
  ]);
}

test('events are listed newest first with names, exact cost and what was queued a moment ago', async () => {
  const first = event();
  const refusedFields = {
    outcome: 'refused',
    status: 401,
    usage: null,
    usageSource: 'none',
    costUsdMicros: null,
    upstreamId: null,
  } as const;
  const second = event(refusedFields);
  await store([first, second]);
  const { items } = (await admin.call('GET', '/admin/usage')).json;
  expect(admin.flushes).toBe(1);
  expect(items).toMatchObject([
    { id: second.id, usage: null, cost_usd: null, upstream: null },
    {
      id: first.id,
      user: 'alice',
      key: 'laptop',
      upstream: 'one',
      group: 'cheap',
      multiplier: '1.5',
      cost_usd: '0.001234',
      cost_usd_micros: 1234,
      usage: { input_tokens: 100, cached_input_tokens: 40, output_tokens: 20, reasoning_tokens: 5 },
    },
  ]);
});

test('events are filtered by what people call things', async () => {
  const wanted = event();
  const other = event({ model: 'gpt-4', outcome: 'failed' });
  await store([wanted, other]);
  const ids = async (query: string) =>
    (await admin.call('GET', `/admin/usage?${query}`)).json.items.map((item: { id: string }) => item.id);
  expect(await ids('user=alice&key=laptop&upstream=one&model=gpt-5&outcome=completed')).toEqual([wanted.id]);
  expect(await ids(`since=${encodeURIComponent(new Date(other.at).toISOString())}`)).toEqual([other.id]);
  expect(await ids(`until=${encodeURIComponent(new Date(other.at).toISOString())}`)).toEqual([wanted.id]);
  expect((await admin.call('GET', '/admin/usage?user=bob')).status).toBe(404);
  expect((await admin.call('GET', '/admin/usage?outcome=fine')).json.errors[0].path).toBe('query.outcome');
});

test('events of a key that is gone can be asked for by its id', async () => {
  const kept = event();
  await store([kept]);
  await admin.call('DELETE', '/admin/keys/laptop');
  const { items } = (await admin.call('GET', `/admin/usage?key=${keyId}`)).json;
  expect(items).toMatchObject([{ id: kept.id, key: null, key_id: keyId }]);
});

test('a summary adds up along one axis', async () => {
  await store([event(), event(), event({ model: 'gpt-4', outcome: 'failed' })]);
  const byModel = (await admin.call('GET', '/admin/usage/summary')).json;
  expect(byModel).toMatchObject({
    by: 'model',
    items: [
      {
        group: 'gpt-5',
        label: null,
        requests: 2,
        failures: 0,
        input_tokens: 200,
        cost_usd: '0.002468',
        cost_usd_micros: 2468,
      },
      { group: 'gpt-4', requests: 1, failures: 1 },
    ],
  });
  for (const [by, label] of [
    ['user', 'alice'],
    ['key', 'laptop'],
    ['upstream', 'one'],
    ['day', null],
  ]) {
    const { items } = (await admin.call('GET', `/admin/usage/summary?by=${by}`)).json;
    expect(items, by ?? '').toMatchObject([{ label, requests: 3 }]);
  }
});

test('a request is explained with its event and its decision', async () => {
  const stored = event();
  const decision: Decision = {
    id: stored.id,
    at: stored.at,
    model: { asked: 'best', resolved: 'gpt-5', via: 'alias' },
    ladder: ['cheap'],
    sticky: { kind: 'soft', source: 'prompt_cache_key', credential: null, outcome: 'none' },
    attempts: [
      {
        candidates: [
          { name: 'one/default', score: 0.5 },
          { name: 'two/default', removed: 'cooling' },
        ],
        omitted: 0,
        chosen: 'one/default',
        startedMs: 1,
        tookMs: 800,
        status: 200,
        verdict: 'ok',
        errorCode: null,
        cooldown: { scope: 'credential', until: stored.at, source: 'header', reason: 'rate_limit' },
      },
    ],
    quota: { payer: 'free', settled: 'nothing' },
    refusal: null,
    disconnect: null,
  };
  await store([stored], [decision]);
  const { json } = await admin.call('GET', `/admin/requests/${stored.id}`);
  expect(json.event.id).toBe(stored.id);
  expect(json.decision).toMatchObject({
    model: { via: 'alias' },
    attempts: [
      {
        candidates: [
          { name: 'one/default', score: 0.5, removed: null },
          { name: 'two/default', score: null, removed: 'cooling' },
        ],
        cooldown: { until: new Date(stored.at).toISOString() },
      },
    ],
  });
  const unknown = await admin.call('GET', `/admin/requests/${'req_unknown' as RequestId}`);
  expect(unknown.status).toBe(404);
  expect(unknown.json.hint).toContain('X-Request-Id');
});
