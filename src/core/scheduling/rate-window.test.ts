import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EpochMs } from '../time.ts';
import { RateWindow } from './rate-window.ts';

const START = 1_767_225_600_000;
const SECOND = 1_000;
const secondOf = (ms: number) => Math.floor(ms / SECOND);

/** Everything that was ever added, with its time; counts what lies in this second and the 59 before it. */
class NaiveWindow {
  readonly entries: { at: number; amount: number }[] = [];

  sum(now: number): number {
    return this.entries
      .filter(({ at }) => secondOf(at) > secondOf(now) - 60)
      .reduce((sum, { amount }) => sum + amount, 0);
  }
}

const step = fc.record({
  passMs: fc.oneof(fc.constant(0), fc.nat(900), fc.nat(5_000), fc.nat(70_000), fc.nat(1_000_000)),
  amount: fc.nat(500),
  correction: fc.option(fc.record({ back: fc.nat(10), change: fc.integer({ min: -200, max: 200 }) })),
});

test('sums what a list of timestamps sums, after any additions and corrections', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
      const window = new RateWindow();
      const naive = new NaiveWindow();
      let now = START;
      for (const { passMs, amount, correction } of steps) {
        now += passMs;
        window.add(amount, now as EpochMs);
        naive.entries.push({ at: now, amount });
        const corrected = correction && naive.entries.at(-1 - correction.back);
        if (correction && corrected) {
          window.correct(correction.change, corrected.at as EpochMs, now as EpochMs);
          corrected.amount += correction.change;
        }
        expect(window.sum(now as EpochMs)).toBe(naive.sum(now));
      }
      const later = now + 30_000;
      expect(window.sum(later as EpochMs)).toBe(naive.sum(later));
      expect(window.sum((later + 31_000) as EpochMs)).toBe(0);
    }),
    { numRuns: 500 },
  );
});

test('roomInMs is long enough, and too long by at most a second', () => {
  const added = fc.array(fc.record({ passMs: fc.nat(8_000), amount: fc.integer({ min: 1, max: 100 }) }), {
    minLength: 1,
    maxLength: 40,
  });
  fc.assert(
    fc.property(added, fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 100 }), (adds, limit, amount) => {
      const window = new RateWindow();
      const naive = new NaiveWindow();
      let now = START;
      for (const add of adds) {
        now += add.passMs;
        window.add(add.amount, now as EpochMs);
        naive.entries.push({ at: now, amount: add.amount });
      }
      const wait = window.roomInMs(amount, limit, now as EpochMs);
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThanOrEqual(60_000);
      if (amount > limit) {
        expect(wait).toBe(60_000);
        return;
      }
      expect(naive.sum(now + wait) + amount).toBeLessThanOrEqual(limit);
      const hadRoomBefore = naive.sum(now + wait - SECOND - 1) + amount <= limit;
      if (wait > SECOND) expect(hadRoomBefore).toBe(false);
    }),
    { numRuns: 1_000 },
  );
});

test('a clock that is set back a little counts on, one that is set back far begins again', () => {
  const window = new RateWindow();
  window.add(5, START as EpochMs);
  expect(window.sum((START - 3_000) as EpochMs)).toBe(5);
  window.add(2, (START - 3_000) as EpochMs);
  expect(window.sum(START as EpochMs)).toBe(7);
  expect(window.roomInMs(1, 7, (START - 30_000) as EpochMs)).toBeLessThanOrEqual(60_000);
  const hourAgo = (START - 3_600_000) as EpochMs;
  expect(window.sum(hourAgo)).toBe(0);
  window.add(1, hourAgo);
  expect(window.sum((hourAgo + 59_000) as EpochMs)).toBe(1);
  expect(window.sum((hourAgo + 60_000) as EpochMs)).toBe(0);
});

test('a correction of something that is no longer, or not yet, in the window changes nothing', () => {
  const window = new RateWindow();
  window.add(10, START as EpochMs);
  window.correct(-10, START as EpochMs, (START + 60_000) as EpochMs);
  expect(window.sum((START + 60_000) as EpochMs)).toBe(0);
  window.correct(7, (START + 90_000) as EpochMs, (START + 61_000) as EpochMs);
  expect(window.sum((START + 61_000) as EpochMs)).toBe(0);
});
