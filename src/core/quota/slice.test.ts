import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sliceOf } from './slice.ts';

const slice = (availableUsdMicros: number, askedUsdMicros: number, neededUsdMicros: number, leastUsdMicros: number) =>
  sliceOf({ availableUsdMicros, askedUsdMicros, neededUsdMicros, leastUsdMicros });

test.each<[string, number, number, number, number, number]>([
  ['what is needed and a sixteenth of what is there', 16_000, 100, 100, 100, 1_100],
  ['at most what is needed and thirty-two times what is asked for', 1_000_000, 100, 100, 100, 3_300],
  ['as much ahead when the lease has most of it', 1_000_000, 100, 1, 1, 3_201],
  ['all of it when it is less than what is needed', 70, 100, 100, 50, 70],
  ['nothing when even all of it is of no use', 70, 100, 100, 71, 0],
  ['nothing of nothing', 0, 100, 100, 0, 0],
  ['nothing of a debt', -5, 100, 100, -10, 0],
  ['nothing when nothing is needed', 1_000, 100, 0, 0, 0],
  ['nothing when there is more than is needed', 1_000, 100, -50, -60, 0],
])('gives %s', (_, available, asked, needed, least, expected) => {
  expect(slice(available, asked, needed, least)).toBe(expected);
});

test('never gives more than there is, and always what is needed where it can', () => {
  const amount = fc.integer({ min: -1_000, max: 10_000_000 });
  fc.assert(
    fc.property(amount, fc.nat(10_000_000), amount, amount, (available, asked, needed, least) => {
      const given = slice(available, asked, needed, least);
      expect(Number.isInteger(given) && given >= 0).toBe(true);
      expect(given).toBeLessThanOrEqual(Math.max(0, available));
      if (needed > 0 && available >= needed && available >= least) expect(given).toBeGreaterThanOrEqual(needed);
    }),
  );
});
