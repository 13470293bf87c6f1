import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RateLimits } from '../identity/index.ts';
import type { EpochMs } from '../time.ts';
import { isUnlimited, LimitBook, type LimitHold, type LimitSubject } from './limit-book.ts';

const START = 1_767_225_600_000;
const at = (ms: number) => (START + ms) as EpochMs;
const subject = (limits: Partial<RateLimits>, key = 'k'): LimitSubject => ({
  key,
  limits: { rpm: null, tpm: null, concurrency: null, ...limits },
});

test('check, then take, never goes over any limit, and a refusal says when to come again', () => {
  const limit = fc.option(fc.integer({ min: 1, max: 12 }));
  const limits = fc.record({ rpm: limit, tpm: fc.option(fc.integer({ min: 50, max: 900 })), concurrency: limit });
  const steps = fc.array(
    fc.record({
      passMs: fc.oneof(fc.constant(0), fc.nat(2_000), fc.nat(30_000)),
      tokens: fc.integer({ min: 1, max: 50 }),
      release: fc.boolean(),
      actual: fc.integer({ min: 0, max: 50 }),
    }),
    { maxLength: 80 },
  );
  fc.assert(
    fc.property(limits, limits, steps, (ofUser, ofKey, all) => {
      const book = new LimitBook();
      const subjects = [subject(ofUser, 'user'), subject(ofKey, 'key')];
      const held: LimitHold[] = [];
      const taken: { ms: number; tokens: number }[] = [];
      let now = 0;
      for (const { passMs, tokens, release, actual } of all) {
        now += passMs;
        const first = release ? held.shift() : undefined;
        if (first) {
          book.release(first, actual, at(now));
          const record = taken.find((entry) => entry.ms === first.at - START && entry.tokens === first.tokens);
          if (record) record.tokens = actual;
        }
        const refusal = book.check(subjects, tokens, at(now));
        if (refusal) {
          expect(refusal.retryAfterMs).toBeGreaterThan(0);
          expect(refusal.retryAfterMs).toBeLessThanOrEqual(60_000);
          continue;
        }
        held.push(book.take(subjects, tokens, at(now)));
        taken.push({ ms: now, tokens });
        const recent = taken.filter(({ ms }) => Math.floor(ms / 1_000) > Math.floor(now / 1_000) - 60);
        for (const { limits: given } of subjects) {
          if (given.rpm) expect(recent.length).toBeLessThanOrEqual(given.rpm);
          if (given.concurrency) expect(held.length).toBeLessThanOrEqual(given.concurrency);
          if (given.tpm) expect(recent.reduce((sum, entry) => sum + entry.tokens, 0)).toBeLessThanOrEqual(given.tpm);
        }
      }
    }),
    { numRuns: 500 },
  );
});

describe('a refusal', () => {
  test('names the subject and the limit, and the wait that it names is enough', () => {
    for (const limits of [{ rpm: 3 }, { tpm: 30 }]) {
      const book = new LimitBook();
      const subjects = [subject({}, 'free'), subject(limits)];
      for (let i = 0; i < 3; i++) book.take(subjects, 10, at(i * 7_300));
      const refusal = book.check(subjects, 10, at(20_000));
      expect(refusal).toMatchObject({ subject: 'k', limit: Object.keys(limits)[0] });
      const wait = refusal?.retryAfterMs ?? 0;
      expect(wait).toBe(40_000);
      expect(book.check(subjects, 10, at(20_000 + wait - 1))).not.toBeNull();
      expect(book.check(subjects, 10, at(20_000 + wait))).toBeNull();
    }
  });

  test('of concurrency ends with a release', () => {
    const book = new LimitBook();
    const hold = book.take([subject({ concurrency: 1 })], 0, at(0));
    expect(book.check([subject({ concurrency: 1 })], 0, at(0))?.limit).toBe('concurrency');
    book.release(hold, 0, at(1));
    expect(book.check([subject({ concurrency: 1 })], 0, at(1))).toBeNull();
  });

  test('takes nothing', () => {
    const book = new LimitBook();
    const subjects = [subject({ rpm: 5 }, 'wide'), subject({ rpm: 1 }, 'narrow')];
    book.take(subjects, 0, at(0));
    for (let i = 0; i < 20; i++) expect(book.check(subjects, 0, at(0))?.subject).toBe('narrow');
    expect(book.check([subject({ rpm: 2 }, 'wide')], 0, at(0))).toBeNull();
  });
});

test('tokens are corrected to what was really used, up and down', () => {
  const limited = [subject({ tpm: 100 })];
  const book = new LimitBook();
  book.release(book.take(limited, 90, at(0)), 10, at(5_000));
  expect(book.check(limited, 90, at(5_000))).toBeNull();
  expect(book.check(limited, 91, at(5_000))?.limit).toBe('tpm');
  book.release(book.take(limited, 10, at(5_000)), 95, at(6_000));
  expect(book.check(limited, 1, at(6_000))?.limit).toBe('tpm');
});

test('one request larger than the whole limit runs when nothing else does', () => {
  const limited = [subject({ tpm: 100 })];
  const book = new LimitBook();
  expect(book.check(limited, 5_000, at(0))).toBeNull();
  book.take(limited, 5_000, at(0));
  expect(book.check(limited, 1, at(59_000))?.limit).toBe('tpm');
  expect(book.check(limited, 5_000, at(60_000))).toBeNull();
});

test('0 limits nothing, as null does', () => {
  const zero = subject({ rpm: 0, tpm: 0, concurrency: 0 });
  expect(isUnlimited(zero.limits)).toBe(true);
  expect(isUnlimited(subject({}).limits)).toBe(true);
  for (const limits of [{ rpm: 1 }, { tpm: 1 }, { concurrency: 1 }]) {
    expect(isUnlimited(subject(limits).limits)).toBe(false);
  }
  const book = new LimitBook();
  for (let i = 0; i < 10; i++) {
    expect(book.check([zero], 1_000, at(0))).toBeNull();
    book.take([zero], 1_000, at(0));
  }
});

test('idle subjects are forgotten, those in use never', { timeout: 30_000 }, () => {
  const book = new LimitBook();
  const busy = subject({ concurrency: 1 }, 'busy');
  const hold = book.take([busy], 0, at(0));
  for (let i = 0; i < 100_005; i++) {
    const other = [subject({ rpm: 1 }, `k${i}`)];
    book.release(book.take(other, 0, at(0)), 0, at(0));
  }
  expect(book.check([busy], 0, at(0))?.limit).toBe('concurrency');
  expect(book.check([subject({ rpm: 1 }, 'k0')], 0, at(0))).toBeNull();
  expect(book.check([subject({ rpm: 1 }, 'k100004')], 0, at(0))?.limit).toBe('rpm');
  book.release(hold, 0, at(0));
  expect(book.check([busy], 0, at(0))).toBeNull();
});
