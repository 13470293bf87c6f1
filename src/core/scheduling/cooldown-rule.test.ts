import { beforeEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../testing/seeded-random.ts';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from '../time.ts';
import type { ErrorRule } from '../upstreams/index.ts';
import { CooldownBook } from './cooldown-book.ts';
import { type CooldownDefaults, type ErrorSight, matchErrorRule, ruleCooldown } from './cooldown-rule.ts';
import { idleQueue } from './testing/idle-queue.ts';
import { onlyCandidate } from './testing/sample-topology.ts';
import { classify, type UpstreamError } from './upstream-error.ts';

const DEFAULTS: CooldownDefaults = {
  credentialMs: MINUTE_MS,
  rateLimitBaseMs: SECOND_MS,
  rateLimitMaxMs: 30 * MINUTE_MS,
  usageLimitMs: 5 * MINUTE_MS,
  authMs: 31 * MINUTE_MS,
  modelMs: 12 * HOUR_MS,
  capacityMs: 30 * SECOND_MS,
  endpointBaseMs: 5 * SECOND_MS,
  endpointMaxMs: 10 * MINUTE_MS,
};
const START = 1_767_225_600_000;
const candidate = onlyCandidate();
type Answer = Extract<UpstreamError, { kind: 'answer' }>;

let book: CooldownBook;
let now: number;

beforeEach(() => {
  book = new CooldownBook(idleQueue(), seededRandom());
  now = START;
});

function answer(status: number, parts: Partial<Answer> = {}): Answer {
  const silent = { contentType: 'application/json', code: '', message: '', retryAfterMs: null, bodyResetMs: null };
  return { kind: 'answer', status, ...silent, ...parts };
}

function sightOf(error: UpstreamError, parts: Partial<ErrorSight> = {}): ErrorSight {
  const plain = { candidate, error, errorClass: classify(error), rule: null, failuresInRow: 1, isLast: false };
  return { ...plain, now: now as EpochMs, ...parts };
}

/** What rests after an error, as scope, length and source; null when nothing does. */
function ruled(error: UpstreamError, parts: Partial<ErrorSight> = {}) {
  const cooldown = ruleCooldown(sightOf(error, parts), book, DEFAULTS);
  return cooldown && [cooldown.scope, cooldown.until - now, cooldown.source];
}

/** The same, and the rest begins. Returns its length. */
function fail(error: UpstreamError, parts: Partial<ErrorSight> = {}): number | null {
  const cooldown = ruleCooldown(sightOf(error, parts), book, DEFAULTS);
  if (cooldown) book.begin(cooldown, now as EpochMs);
  return cooldown && cooldown.until - now;
}

const refusedConnection: UpstreamError = { kind: 'network', code: 'ECONNREFUSED', timedOut: false };

describe('what rests, and how long', () => {
  test.each<[string, UpstreamError, [string, number, string] | null]>([
    [
      'a usage limit, until its reset',
      answer(429, { code: 'usage_limit_reached', bodyResetMs: 3 * HOUR_MS }),
      ['credential', 3 * HOUR_MS, 'body'],
    ],
    [
      'a usage limit without a reset',
      answer(429, { code: 'usage_limit_reached' }),
      ['credential', 5 * MINUTE_MS, 'default'],
    ],
    ['a rate limit with Retry-After', answer(429, { retryAfterMs: 17_000 }), ['credential', 17_000, 'header']],
    [
      'a rate limit with both hints: the body knows better',
      answer(429, { retryAfterMs: 1_000, bodyResetMs: 60_000 }),
      ['credential', 60_000, 'body'],
    ],
    ['a rate limit without a hint', answer(429), ['credential', SECOND_MS, 'default']],
    ['a wrong key', answer(401), ['credential', 31 * MINUTE_MS, 'default']],
    ['no money', answer(402), ['credential', 5 * MINUTE_MS, 'default']],
    ['a missing model', answer(404, { code: 'model_not_found' }), ['credential_model', 12 * HOUR_MS, 'default']],
    [
      'a model at capacity',
      answer(400, { message: 'model is at capacity' }),
      ['credential_model', 30 * SECOND_MS, 'default'],
    ],
    ['an overloaded server', answer(503), ['endpoint', 5 * SECOND_MS, 'default']],
    ['a failing server', answer(500), ['endpoint', 5 * SECOND_MS, 'default']],
    ['a page instead of an answer', { kind: 'malformed', detail: 'html' }, ['endpoint', 5 * SECOND_MS, 'default']],
    ['no connection', refusedConnection, ['endpoint', 5 * SECOND_MS, 'default']],
    ['a bad request', answer(400), null],
    ['too long a context', answer(400, { code: 'context_length_exceeded' }), null],
  ])('%s', (_, error, expected) => {
    expect(ruled(error)).toEqual(expected);
  });

  test.each([
    [45 * DAY_MS, 32 * DAY_MS],
    [Number.MAX_SAFE_INTEGER, 32 * DAY_MS],
    [-5_000, 0],
    [0, 0],
  ])('a hint of %d ms is taken for %d', (hinted, taken) => {
    expect(ruled(answer(429, { retryAfterMs: hinted }))?.[1]).toBe(taken);
    expect(ruled(answer(429, { code: 'usage_limit_reached', bodyResetMs: hinted }))?.[1]).toBe(taken);
  });

  test('the evidence is status and code, never the provider’s text', () => {
    const sight = sightOf(answer(429, { code: 'rate_limit_exceeded', message: 'org-secret is limited' }));
    expect(ruleCooldown(sight, book, DEFAULTS)).toMatchObject({
      evidence: '429 rate_limit_exceeded',
      reason: 'rate_limit',
    });
    expect(ruleCooldown(sightOf(refusedConnection), book, DEFAULTS)?.evidence).toBe('ECONNREFUSED');
  });
});

describe('a rate limit without a hint', () => {
  test('climbs one rung for each rest that ran out and failed again, up to the last rung', () => {
    const lengths: (number | null)[] = [];
    for (let i = 0; i < 14; i++) {
      const length = fail(answer(429));
      lengths.push(length);
      now += length ?? 0;
    }
    expect(lengths.map((ms) => (ms ?? 0) / SECOND_MS)).toEqual([
      1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1800, 1800, 1800,
    ]);
  });

  test('climbs at most one rung in one open window, however many requests fail in it', () => {
    expect(fail(answer(429))).toBe(1_000);
    for (let i = 0; i < 50; i++) expect(fail(answer(429))).toBe(1_000);
    now += 1_000;
    for (let i = 0; i < 50; i++) expect(fail(answer(429))).toBe(2_000);
    expect(book.list(now as EpochMs)).toMatchObject([{ rung: 2, until: now + 2_000 }]);
  });

  test('within a rest that was hinted at is never shorter than the first rung', () => {
    fail(answer(429, { retryAfterMs: 300 }));
    expect(fail(answer(429))).toBe(1_000);
  });

  test('starts over after a success', () => {
    for (let i = 0; i < 4; i++) now += fail(answer(429)) ?? 0;
    book.reportSuccess(candidate, now as EpochMs);
    expect(fail(answer(429))).toBe(1_000);
  });
});

describe('the last candidate', () => {
  test.each([429, 500, 503, 408])('does not rest for a transient %d', (status) => {
    expect(ruled(answer(status), { isLast: true })).toBeNull();
    expect(ruled(answer(status), { isLast: false })).not.toBeNull();
  });

  test('does not rest for a broken connection either, but for what only time or the operator can mend', () => {
    expect(ruled(refusedConnection, { isLast: true })).toBeNull();
    expect(ruled(answer(429, { code: 'usage_limit_reached' }), { isLast: true })).not.toBeNull();
    expect(ruled(answer(401), { isLast: true })).not.toBeNull();
    expect(ruled(answer(404, { code: 'model_not_found' }), { isLast: true })).not.toBeNull();
  });
});

describe('an endpoint', () => {
  test('rests after two failed answers in a row, not after one', () => {
    for (const error of [answer(500), answer(503), answer(403, { contentType: 'text/html' })]) {
      expect(ruled(error, { failuresInRow: 0 })).toBeNull();
      expect(ruled(error, { failuresInRow: 1 })?.[0]).toBe('endpoint');
    }
  });

  test('rests at once when it cannot be reached', () => {
    expect(ruled(refusedConnection, { failuresInRow: 0 })).toEqual(['endpoint', 5_000, 'default']);
    const late: UpstreamError = { kind: 'network', code: 'timeout', timedOut: true };
    expect(ruled(late, { failuresInRow: 0 })?.[0]).toBe('endpoint');
  });

  test('rests longer each time, up to the longest', () => {
    const lengths = Array.from({ length: 9 }, () => {
      const length = fail(refusedConnection) ?? 0;
      now += length;
      return length / SECOND_MS;
    });
    expect(lengths).toEqual([5, 10, 20, 40, 80, 160, 320, 600, 600]);
  });
});

describe('an operator’s rule', () => {
  const rule = (parts: Partial<ErrorRule>): ErrorRule => ({ match: {}, retry: 'continue', cooldown: 'none', ...parts });

  test('overrides scope and length', () => {
    expect(ruled(answer(429), { rule: rule({ cooldown: 'none' }) })).toBeNull();
    expect(ruled(answer(400), { rule: rule({ cooldown: 'credential_model', cooldownMs: 7_000 }) })).toEqual([
      'credential_model',
      7_000,
      'rule',
    ]);
    const hinted = answer(429, { retryAfterMs: 90_000 });
    expect(ruled(hinted, { rule: rule({ cooldown: 'endpoint', cooldownMs: 1_000 }) })).toEqual([
      'endpoint',
      1_000,
      'rule',
    ]);
  });

  test('without a length takes what the error says, else the default of its class', () => {
    const resting = rule({ cooldown: 'credential' });
    expect(ruled(answer(400), { rule: resting })).toEqual(['credential', MINUTE_MS, 'default']);
    expect(ruled(answer(503, { retryAfterMs: 4_000 }), { rule: resting })).toEqual(['credential', 4_000, 'header']);
  });

  test('holds for the last candidate and for the first failure too', () => {
    const resting = rule({ cooldown: 'endpoint', cooldownMs: 1 });
    expect(ruled(answer(500), { rule: resting, isLast: true, failuresInRow: 0 })).toEqual(['endpoint', 1, 'rule']);
  });

  test.each<[string, ErrorRule['match'], boolean]>([
    ['nothing asked', {}, true],
    ['the status', { status: 503 }, true],
    ['another status', { status: 500 }, false],
    ['the code, in any case', { code: 'Server_Error' }, true],
    ['another code', { code: 'server' }, false],
    ['words of the message, in any case', { contains: 'TRY LATER' }, true],
    ['words of the code', { contains: 'server_err' }, true],
    ['other words', { contains: 'quota' }, false],
    ['all of them', { status: 503, code: 'server_error', contains: 'later' }, true],
    ['all but one', { status: 503, code: 'server_error', contains: 'now' }, false],
  ])('matches on %s', (_, match, matches) => {
    const given = rule({ match });
    const error = answer(503, { code: 'server_error', message: 'Please try later' });
    expect(matchErrorRule([given], error)).toBe(matches ? given : null);
  });

  test('the first that matches decides; errors without an answer match none', () => {
    const rules = [rule({ match: { status: 500 } }), rule({ match: { contains: 'x' } }), rule({})];
    expect(matchErrorRule(rules, answer(503, { message: 'x' }))).toBe(rules[1]);
    expect(matchErrorRule(rules, answer(503))).toBe(rules[2]);
    expect(matchErrorRule(rules, refusedConnection)).toBeNull();
  });
});
