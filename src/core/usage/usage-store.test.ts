import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Database, WriteQueue } from '../database/index.ts';
import type { KeyId, RequestId, UpstreamId, UserId } from '../ids.ts';
import { silentLog } from '../log.ts';
import type { UsdMicros } from '../money.ts';
import { decodeCursor, type Page } from '../page.ts';
import { type TestCtx, testCtx, testDatabase } from '../testing/test-database.ts';
import { DAY_MS, type EpochMs, epochMs, HOUR_MS } from '../time.ts';
import {
  type Decision,
  findDecision,
  findUsageEvent,
  listUsageEvents,
  OUTCOMES,
  pruneDecisions,
  prunedThrough,
  pruneUsageEvents,
  recordRequest,
  SUMMARY_AXES,
  type SummaryAxis,
  summariseUsage,
  UNPAID,
  type UsageEvent,
  type UsageFilter,
  type UsageSummaryRow,
} from './index.ts';
import { sampleEvent } from './testing/sample-event.ts';

const START = Date.UTC(2026, 0, 1);

let database: Database;
let ctx: TestCtx;
let queue: WriteQueue;

beforeEach(async () => {
  database = await testDatabase();
  ctx = testCtx(database);
  queue = new WriteQueue(database, { flushIntervalMs: 1, maxRows: 10_000 }, silentLog);
});
afterEach(async () => {
  await queue.close(5_000);
  await database.close();
});

function decisionOf({ id, at }: UsageEvent): Decision {
  return {
    id,
    at,
    model: { asked: 'x', resolved: 'gpt-x', via: 'alias' },
    ladder: ['cheap', 'dear'],
    sticky: { kind: 'soft', source: 'prompt_cache_key', credential: null, outcome: 'none' },
    attempts: [
      {
        candidates: [
          { name: 'main/c1', score: 1.5 },
          { name: 'main/c2', removed: 'cooling: auth' },
        ],
        omitted: 0,
        chosen: 'main/c1',
        startedMs: 1,
        tookMs: 2,
        status: 429,
        verdict: 'rate_limit',
        errorCode: 'slow_down "quoted" \u{1f600}',
        cooldown: { scope: 'credential', until: 5, source: 'header', reason: 'rate_limit' },
      },
    ],
    quota: { payer: 'free', settled: 'nothing charged' },
    refusal: null,
    disconnect: null,
  };
}

async function store(events: readonly UsageEvent[]): Promise<void> {
  for (const event of events) recordRequest(queue, event, decisionOf(event));
  await queue.flush();
}

/** Events of a few users, keys, models, upstreams, outcomes and days; every combination has some. */
const events = fc.array(
  fc.record({
    atMs: fc.nat(4 * DAY_MS),
    user: fc.nat(2),
    key: fc.nat(2),
    model: fc.constantFrom('gpt-x', 'gpt-y', 'ünïcode/模型'),
    upstream: fc.option(fc.nat(1)),
    outcome: fc.constantFrom(...OUTCOMES),
    tokens: fc.option(fc.nat(5_000)),
    cost: fc.option(fc.nat(10_000_000)),
    source: fc.constantFrom('upstream' as const, 'none' as const),
  }),
  { maxLength: 40 },
);

type Made = (typeof events extends fc.Arbitrary<infer T> ? T : never)[number];

function eventOf(made: Made): UsageEvent {
  const { tokens } = made;
  return sampleEvent({
    at: epochMs(START + made.atMs),
    userId: `usr_${made.user}` as UserId,
    keyId: `key_${made.key}` as KeyId,
    model: made.model,
    upstreamId: made.upstream === null ? null : (`up_${made.upstream}` as UpstreamId),
    outcome: made.outcome,
    usage:
      tokens === null
        ? null
        : { input: tokens, cachedInput: tokens >> 1, cacheWrite5m: 0, cacheWrite1h: 0, output: 3, reasoning: 1 },
    costUsdMicros: made.cost as UsdMicros | null,
    usageSource: made.source,
  });
}

const filters = fc.record(
  {
    userId: fc.nat(2).map((n) => `usr_${n}` as UserId),
    keyId: fc.nat(2).map((n) => `key_${n}` as KeyId),
    model: fc.constantFrom('gpt-x', 'ünïcode/模型', 'none such'),
    upstreamId: fc.nat(1).map((n) => `up_${n}` as UpstreamId),
    outcome: fc.constantFrom(...OUTCOMES),
    since: fc.nat(4 * DAY_MS).map((ms) => epochMs(START + ms)),
    until: fc.nat(4 * DAY_MS).map((ms) => epochMs(START + ms)),
  },
  { requiredKeys: [] },
);

function passes(event: UsageEvent, { since, until, ...equal }: UsageFilter): boolean {
  const given = Object.entries(equal).filter(([, value]) => value !== undefined);
  return (
    given.every(([field, value]) => event[field as keyof UsageEvent] === value) &&
    (since === undefined || event.at >= since) &&
    (until === undefined || event.at < until)
  );
}

const newestFirst = (all: readonly UsageEvent[]) => [...all].sort((a, b) => (a.id < b.id ? 1 : -1));

async function readAll(filter: UsageFilter, limit: number, between?: () => Promise<void>): Promise<UsageEvent[]> {
  const all: UsageEvent[] = [];
  let after: string | undefined;
  for (;;) {
    const page: Page<UsageEvent> = await listUsageEvents(ctx, filter, {
      limit,
      ...(after === undefined ? {} : { after }),
    });
    all.push(...page.items);
    if (page.nextCursor === null) return all;
    expect(page.items).toHaveLength(limit);
    after = decodeCursor(page.nextCursor);
    await between?.();
  }
}

describe('an event', () => {
  test('comes back with every column as it went in', async () => {
    const full = sampleEvent();
    const bare = sampleEvent({
      upstreamModel: null,
      servedModel: null,
      upstreamId: null,
      credentialId: null,
      groupName: null,
      outcome: 'refused',
      status: 429,
      errorCode: 'rpm_limit_reached',
      stream: false,
      attempts: 0,
      usage: null,
      usageSource: 'none',
      serviceTier: null,
      priceId: null,
      costUsdMicros: null,
      payment: UNPAID,
      firstOutputMs: null,
    });
    const large = sampleEvent({
      costUsdMicros: Number.MAX_SAFE_INTEGER as UsdMicros,
      usage: { input: 1e9, cachedInput: 1e9, cacheWrite5m: 0, cacheWrite1h: 0, output: 1e9, reasoning: 1e9 },
      model: 'a "quoted" \\ model \u{1f600}',
      durationMs: 604_800_000,
      responseBytes: 2 ** 40,
    });
    await store([full, bare, large]);
    for (const event of [full, bare, large]) expect(await findUsageEvent(ctx, event.id)).toEqual(event);
    expect(await findUsageEvent(ctx, 'req_none' as RequestId)).toBeNull();
    expect(await findDecision(ctx, full.id)).toEqual(decisionOf(full));
    expect(await findDecision(ctx, 'req_none' as RequestId)).toBeNull();
  });

  test('that is written twice stays as it was first', async () => {
    const event = sampleEvent();
    await store([event]);
    await store([{ ...event, status: 500, costUsdMicros: 9 as UsdMicros }]);
    expect(await readAll({}, 10)).toEqual([event]);
  });
});

describe('a list', () => {
  test('has what the filter says, newest first, in pages of any size', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(events, filters, fc.integer({ min: 1, max: 12 }), async (made, filter, limit) => {
        await database.knex('usage_events').delete();
        const all = made.map(eventOf);
        await store(all);
        const expected = newestFirst(all.filter((event) => passes(event, filter)));
        expect(await readAll(filter, limit)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  test('stays whole while newer events are written between its pages', async () => {
    const old = Array.from({ length: 25 }, (_, i) => sampleEvent({ at: epochMs(START + (i >> 2)) }));
    await store(old);
    let later = START + DAY_MS;
    const read = await readAll({}, 4, async () => {
      later += 1;
      await store([sampleEvent({ at: epochMs(later) }), sampleEvent({ at: epochMs(later) })]);
    });
    expect(read).toEqual(newestFirst(old));
  });

  test('takes `since` inclusive and `until` exclusive, to the millisecond', async () => {
    const three = [0, 1, 2].map((ms) => sampleEvent({ at: epochMs(START + ms) }));
    await store(three);
    expect(await readAll({ since: epochMs(START + 1), until: epochMs(START + 2) }, 10)).toEqual([three[1]]);
  });
});

describe('a summary', () => {
  function naive(all: readonly UsageEvent[], by: SummaryAxis): UsageSummaryRow[] {
    const keyOf: Record<SummaryAxis, (event: UsageEvent) => string> = {
      model: ({ model }) => model,
      user: ({ userId }) => userId,
      key: ({ keyId }) => keyId,
      upstream: ({ upstreamId }) => upstreamId ?? '-',
      day: ({ at }) => new Date(at).toISOString().slice(0, 10),
    };
    const sum = (list: readonly UsageEvent[], of: (event: UsageEvent) => number | null | undefined) =>
      list.reduce((total, event) => total + (of(event) ?? 0), 0);
    return [...new Set(all.map(keyOf[by]))].map((group) => {
      const own = all.filter((event) => keyOf[by](event) === group);
      return {
        group,
        requests: own.length,
        failures: own.filter(({ outcome }) => outcome !== 'completed').length,
        inputTokens: sum(own, ({ usage }) => usage?.input),
        cachedInputTokens: sum(own, ({ usage }) => usage?.cachedInput),
        outputTokens: sum(own, ({ usage }) => usage?.output),
        reasoningTokens: sum(own, ({ usage }) => usage?.reasoning),
        costUsdMicros: sum(own, ({ costUsdMicros }) => costUsdMicros),
        chargedUsdMicros: sum(own, ({ payment }) => payment.chargedUsdMicros),
        unpriced: own.filter((event) => event.usageSource !== 'none' && event.costUsdMicros === null).length,
      };
    });
  }

  const byGroup = (rows: readonly UsageSummaryRow[]) => [...rows].sort((a, b) => (a.group < b.group ? -1 : 1));

  test('along each axis is the sum over the events that the filter lets through', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(events, filters, async (made, filter) => {
        await database.knex('usage_events').delete();
        const all = made.map(eventOf);
        await store(all);
        const passing = all.filter((event) => passes(event, filter));
        for (const by of SUMMARY_AXES) {
          const rows = await summariseUsage(ctx, { by, ...filter });
          expect(byGroup(rows)).toEqual(byGroup(naive(passing, by)));
          const sorted = rows.map((row) => (by === 'day' ? row.group : -row.costUsdMicros));
          expect(sorted).toEqual([...sorted].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
        }
      }),
      { numRuns: 40 },
    );
  });

  test('of many days has the latest thousand, in calendar order', async () => {
    await store(Array.from({ length: 1_003 }, (_, i) => sampleEvent({ at: epochMs(START + i * DAY_MS) })));
    const days = (await summariseUsage(ctx, { by: 'day' })).map(({ group }) => group);
    expect(days).toHaveLength(1_000);
    expect([days[0], days.at(-1)]).toEqual(['2026-01-04', '2028-09-29']);
    expect([...days].sort((a, b) => (a < b ? -1 : 1))).toEqual(days);
  });

  test('begins a day at midnight UTC', async () => {
    await store([-1, 0, DAY_MS - 1, DAY_MS].map((ms) => sampleEvent({ at: epochMs(START + ms) })));
    expect((await summariseUsage(ctx, { by: 'day' })).map(({ group, requests }) => [group, requests])).toEqual([
      ['2025-12-31', 1],
      ['2026-01-01', 2],
      ['2026-01-02', 1],
    ]);
  });
});

test('pruning takes the oldest before an instant, at most so many', async () => {
  const all = Array.from({ length: 10 }, (_, i) => sampleEvent({ at: epochMs(START + i * HOUR_MS) }));
  await store(all);
  const before = epochMs(START + 5 * HOUR_MS);
  expect(await prunedThrough(ctx)).toBe('');
  expect(await pruneUsageEvents(ctx, before, 3)).toBe(3);
  expect(await prunedThrough(ctx)).toBe(all[2]?.id);
  expect(await readAll({}, 50)).toEqual(newestFirst(all.slice(3)));
  expect(await pruneUsageEvents(ctx, before, 3)).toBe(2);
  expect(await pruneUsageEvents(ctx, before, 3)).toBe(0);
  expect(await prunedThrough(ctx)).toBe(all[4]?.id);
  expect(await pruneDecisions(ctx, epochMs(START + 9 * HOUR_MS) as EpochMs, 100)).toBe(9);
  expect(await findDecision(ctx, all[9]?.id as RequestId)).not.toBeNull();
  expect(await readAll({}, 50)).toHaveLength(5);
});
