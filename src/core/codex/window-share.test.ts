import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type EpochMs, MINUTE_MS } from '../time.ts';
import { type LimitSnapshot, limitOf, MAIN_LIMIT } from './limit-snapshot.ts';
import { windowShare } from './window-share.ts';

const NOW = 1_800_000_000_000 as EpochMs;
const SHORT = 300;
const LONG = 10_080;

function limits(short: [used: number, minutesLeft: number], long: [used: number, minutesLeft: number]): LimitSnapshot {
  const window = ([usedPercent, left]: [number, number], minutes: number) => ({
    usedPercent,
    minutes,
    resetsAt: (NOW + left * MINUTE_MS) as EpochMs,
  });
  const facts = { id: MAIN_LIMIT, name: null, isReached: null, seenAt: NOW };
  const limit = limitOf(facts, window(short, SHORT), window(long, LONG));
  return { at: NOW, source: 'usage', plan: null, limits: [limit], credits: null };
}

test('an account of which nothing is known gets its plain share', () => {
  expect(windowShare(null, NOW, 2)).toBe(1);
});

test('what would be lost at a reset is used first', () => {
  const fresh = windowShare(limits([0, 10], [50, LONG / 2]), NOW, 2);
  const steady = windowShare(limits([50, SHORT / 2], [50, LONG / 2]), NOW, 2);
  const hasty = windowShare(limits([90, SHORT], [50, LONG / 2]), NOW, 2);
  expect(steady).toBe(1);
  expect(fresh).toBeGreaterThan(steady);
  expect(hasty).toBeLessThan(steady);
});

test('the part that is kept is for when nothing else is left', () => {
  expect(windowShare(limits([98, 1], [0, LONG]), NOW, 2)).toBeLessThan(0.01);
  expect(windowShare(limits([0, 1], [99, 1]), NOW, 2)).toBeLessThan(0.01);
  expect(windowShare(limits([98, 1], [0, LONG]), NOW, 0)).toBeGreaterThan(0.01);
});

test('more used is never more preferred, and every share is a sound weight', () => {
  const percent = fc.double({ min: 0, max: 120, noNaN: true });
  fc.assert(
    fc.property(
      percent,
      percent,
      fc.integer({ min: 0, max: SHORT }),
      fc.integer({ min: 0, max: LONG }),
      (a, b, m, n) => {
        const [less, more] = a < b ? [a, b] : [b, a];
        const before = windowShare(limits([less, m], [10, n]), NOW, 2);
        const after = windowShare(limits([more, m], [10, n]), NOW, 2);
        expect(after).toBeLessThanOrEqual(before);
        expect(before).toBeGreaterThan(0);
        expect(before).toBeLessThanOrEqual(16);
      },
    ),
  );
});
