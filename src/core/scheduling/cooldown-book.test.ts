import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Database, WriteQueue } from '../database/index.ts';
import { silentLog } from '../log.ts';
import { type TestCtx, testCtx, testDatabase } from '../testing/test-database.ts';
import { DAY_MS, type EpochMs, MINUTE_MS } from '../time.ts';
import { CooldownBook, type NewCooldown } from './cooldown-book.ts';
import { loadOpenCooldowns, pruneCooldowns } from './cooldown-store.ts';
import { onlyCandidate, sampleCandidates, sampleUpstream } from './testing/sample-topology.ts';

const candidate = onlyCandidate();
const { credential, credentialModel, endpoint } = candidate.subjects;

let database: Database;
let ctx: TestCtx;
let queue: WriteQueue;
let book: CooldownBook;

beforeEach(async () => {
  database = await testDatabase();
  ctx = testCtx(database);
  queue = new WriteQueue(database, { flushIntervalMs: 1, maxRows: 1_000 }, silentLog);
  book = new CooldownBook(queue, ctx.random);
});
afterEach(async () => {
  await queue.close(5_000);
  await database.close();
});

const now = (): EpochMs => ctx.clock.now();

function begin(subject: string, ms: number, parts: Partial<NewCooldown> = {}) {
  const input: NewCooldown = {
    scope: subject === endpoint ? 'endpoint' : subject === credential ? 'credential' : 'credential_model',
    subject,
    until: (now() + ms) as EpochMs,
    reason: 'rate_limit',
    evidence: '429',
    source: 'default',
    ...parts,
  };
  return book.begin(input, now());
}

async function rows(): Promise<Record<string, unknown>[]> {
  await queue.flush();
  return await database.knex('cooldowns').orderBy('created_at').orderBy('id');
}

async function reopened(): Promise<CooldownBook> {
  await queue.flush();
  return new CooldownBook(queue, ctx.random, await loadOpenCooldowns(ctx));
}

describe('a rest', () => {
  test('blocks until its last millisecond and not longer', () => {
    begin(credential, 5_000);
    ctx.clock.advance(4_999);
    expect(book.blocking(candidate, now())?.subject).toBe(credential);
    ctx.clock.advance(1);
    expect(book.blocking(candidate, now())).toBeNull();
    expect(book.list(now())).toEqual([]);
  });

  test.each([credential, credentialModel, endpoint])('of %s keeps the candidate away', (subject) => {
    begin(subject, 1_000);
    expect(book.blocking(candidate, now())?.subject).toBe(subject);
  });

  test('of one thing leaves everything else alone', () => {
    const [first, second, third] = sampleCandidates([
      sampleUpstream('a', { credentials: [{}, {}] }),
      sampleUpstream('b'),
    ]);
    if (!first || !second || !third) throw new Error('three candidates were expected');
    begin(first.subjects.credential, 1_000);
    expect([first, second, third].map((one) => book.blocking(one, now()) !== null)).toEqual([true, false, false]);
    begin(first.subjects.endpoint, 1_000);
    expect([first, second, third].map((one) => book.blocking(one, now()) !== null)).toEqual([true, true, false]);
  });

  test('of several, the one that ends last is what blocks', () => {
    begin(credential, 1_000);
    begin(endpoint, 9_000);
    begin(credentialModel, 5_000);
    expect(book.blocking(candidate, now())?.subject).toBe(endpoint);
  });

  test('is lengthened under its own id, and never shortened', async () => {
    const first = begin(credential, 5_000);
    expect(begin(credential, 3_000)).toBeNull();
    expect(begin(credential, 5_000)).toBeNull();
    ctx.clock.advance(1_000);
    const longer = begin(credential, 60_000, {
      reason: 'usage_limit',
      evidence: '429 usage_limit_reached',
      source: 'body',
    });
    expect(longer).toMatchObject({ id: first?.id, createdAt: first?.createdAt, reason: 'usage_limit' });
    expect(await rows()).toMatchObject([
      { id: first?.id, until: now() + 60_000, reason: 'usage_limit', source: 'body', ended_at: null },
    ]);
  });

  test('that ran out is followed by another of its own', async () => {
    begin(credential, 1_000);
    ctx.clock.advance(1_000);
    begin(credential, 1_000);
    expect(await rows()).toHaveLength(2);
  });

  test('lists the soonest end first', () => {
    begin(credential, 9_000);
    begin(endpoint, 1_000);
    begin(credentialModel, 5_000);
    expect(book.list(now()).map(({ subject }) => subject)).toEqual([endpoint, credentialModel, credential]);
  });
});

describe('a success', () => {
  test('ends what was transient, on every subject, and says so in the row', async () => {
    begin(credential, MINUTE_MS);
    begin(endpoint, MINUTE_MS, { reason: 'server' });
    begin(credentialModel, MINUTE_MS, { reason: 'capacity' });
    ctx.clock.advance(10);
    book.reportSuccess(candidate, now());
    expect(book.list(now())).toEqual([]);
    for (const row of await rows()) expect(row).toMatchObject({ ended_at: now(), ended_why: 'a request succeeded' });
  });

  test.each(['auth', 'usage_limit', 'billing'])('does not end a rest for %s', async (reason) => {
    begin(credential, MINUTE_MS, { reason });
    ctx.clock.advance(10);
    book.reportSuccess(candidate, now());
    expect(book.list(now())).toMatchObject([{ reason }]);
    expect(await rows()).toMatchObject([{ ended_at: null }]);
  });

  test('of a request that left before the rest began refutes neither the rest nor its rung', () => {
    const sentAt = now();
    ctx.clock.advance(1_000);
    begin(credential, MINUTE_MS, { rung: 3 });
    ctx.clock.advance(1_000);
    book.reportSuccess(candidate, now(), sentAt);
    expect(book.list(now())).toHaveLength(1);
    ctx.clock.advance(MINUTE_MS);
    expect(book.nextRung(credential, now())).toBe(4);
  });
});

test('a healthy test ends every rest of the credential and of the endpoint, whatever the reason, and no other', async () => {
  begin(credential, MINUTE_MS, { reason: 'auth' });
  begin(`${credential} other-model`, MINUTE_MS, { reason: 'model_missing' });
  begin(endpoint, MINUTE_MS, { reason: 'network' });
  begin(`${credential}9`, MINUTE_MS, { reason: 'auth' });
  book.reportHealthy({ credentialId: candidate.credential.id, endpointId: candidate.endpoint.id }, now());
  expect(book.list(now()).map(({ subject }) => subject)).toEqual([`${credential}9`]);
  expect((await rows()).filter((row) => row['ended_why'] === 'a test succeeded')).toHaveLength(3);
});

describe('what refutes a rest', () => {
  test.each([
    ['for that reason, begun before', 'usage_limit', 0, true],
    ['for another reason', 'auth', 0, false],
    ['begun after it was seen', 'usage_limit', -1, false],
  ])('%s', async (_, reason, seenMs, isEnded) => {
    begin(credential, MINUTE_MS, { reason });
    begin(credentialModel, MINUTE_MS, { reason: 'usage_limit' });
    const seen = { at: (now() + seenMs) as EpochMs, why: 'the provider shows room' };
    expect(book.refute(credential, 'usage_limit', seen, now())).toBe(isEnded);
    expect(book.list(now()).map(({ subject }) => subject)).toEqual([...(isEnded ? [] : [credential]), credentialModel]);
    expect((await rows()).filter((row) => row['ended_why'] === seen.why)).toHaveLength(Number(isEnded));
  });
});

test('clear ends the one that is meant, once', async () => {
  const one = begin(credential, MINUTE_MS, { reason: 'auth' });
  begin(endpoint, MINUTE_MS);
  expect(book.clear('cool_unknown', now(), 'x')).toBe(false);
  expect(book.clear(one?.id ?? '', now(), 'the operator said so')).toBe(true);
  expect(book.clear(one?.id ?? '', now(), 'again')).toBe(false);
  expect(book.list(now()).map(({ subject }) => subject)).toEqual([endpoint]);
  expect(await rows()).toContainEqual(expect.objectContaining({ id: one?.id, ended_why: 'the operator said so' }));
  ctx.clock.advance(MINUTE_MS);
  expect(book.clear(book.list(now())[0]?.id ?? 'cool_none', now(), 'late')).toBe(false);
});

describe('a restart', () => {
  test('keeps every rest as it was', async () => {
    begin(credential, MINUTE_MS, {
      reason: 'usage_limit',
      evidence: '429 usage_limit_reached',
      source: 'body',
      rung: 0,
    });
    begin(endpoint, MINUTE_MS, { reason: 'network', evidence: 'ECONNREFUSED', rung: 4 });
    const before = book.list(now());
    expect((await reopened()).list(now())).toEqual(before);
  });

  test('forgets what was ended and what ran out', async () => {
    begin(credential, MINUTE_MS);
    book.reportSuccess(candidate, now());
    begin(endpoint, 1_000);
    ctx.clock.advance(1_000);
    expect((await reopened()).list(now())).toEqual([]);
  });

  test('keeps the rung of a rest that is open', async () => {
    begin(credential, MINUTE_MS, { rung: 3 });
    const again = await reopened();
    expect(again.nextRung(credential, now())).toBe(3);
    ctx.clock.advance(MINUTE_MS);
    expect(again.nextRung(credential, now())).toBe(4);
  });

  test('a rest that is lengthened afterwards stays one row', async () => {
    const first = begin(credential, 1_000);
    book = await reopened();
    begin(credential, MINUTE_MS);
    expect(await rows()).toMatchObject([{ id: first?.id, until: now() + MINUTE_MS }]);
  });
});

test('rungs are remembered after the rest ran out, by subject', () => {
  expect(book.nextRung(credential, now())).toBe(1);
  begin(credential, 1_000, { rung: 1 });
  ctx.clock.advance(DAY_MS);
  expect(book.nextRung(credential, now())).toBe(2);
  expect(book.nextRung(endpoint, now())).toBe(1);
});

test('pruning deletes what was over long ago', async () => {
  begin(credential, 1_000);
  begin(endpoint, MINUTE_MS);
  await queue.flush();
  ctx.clock.advance(30_000);
  expect(await pruneCooldowns(ctx, now())).toBe(1);
  expect((await rows()).map((row) => row['subject'])).toEqual([endpoint]);
});
