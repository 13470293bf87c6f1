import { expect, test } from 'vitest';
import { epochMs } from '../time.ts';
import { type Duration, endOfPeriod } from './duration.ts';

const at = (text: string) => epochMs(Date.parse(text));
const shown = (instant: number) => new Date(instant).toISOString().replace('.000Z', 'Z');
const months = (count: number): Duration => ({ count, unit: 'month' });

test.each([
  ['2026-01-15T08:30:00Z', 1, '2026-02-15T08:30:00Z'],
  ['2026-01-31T23:59:59Z', 1, '2026-02-28T23:59:59Z'],
  ['2028-01-31T00:00:00Z', 1, '2028-02-29T00:00:00Z'],
  ['2028-02-29T12:00:00Z', 12, '2029-02-28T12:00:00Z'],
  ['2028-02-29T12:00:00Z', 48, '2032-02-29T12:00:00Z'],
  ['2026-12-31T00:00:00Z', 2, '2027-02-28T00:00:00Z'],
  ['2026-11-30T00:00:00Z', 3, '2027-02-28T00:00:00Z'],
  ['2026-08-31T10:00:00Z', 1, '2026-09-30T10:00:00Z'],
  ['2099-12-31T00:00:00Z', 2, '2100-02-28T00:00:00Z'],
])('from %s, %i months go to %s', (from, count, end) => {
  expect(shown(endOfPeriod(at(from), months(count)))).toBe(end);
});

test('months keep the day on which the first one began', () => {
  let end = at('2026-01-31T09:00:00Z');
  const ends = Array.from({ length: 14 }, () => {
    end = endOfPeriod(end, months(1), 31);
    return shown(end).slice(0, 10);
  });
  expect(ends).toEqual([
    ...['2026-02-28', '2026-03-31', '2026-04-30', '2026-05-31', '2026-06-30', '2026-07-31', '2026-08-31'],
    ...['2026-09-30', '2026-10-31', '2026-11-30', '2026-12-31', '2027-01-31', '2027-02-28', '2027-03-31'],
  ]);
});

test('one by one or all at once, months end on the same day', () => {
  for (const day of [1, 15, 28, 29, 30, 31]) {
    const start = at(`2027-12-${String(day).padStart(2, '0')}T18:00:00Z`);
    let end = start;
    for (let count = 1; count <= 60; count++) {
      end = endOfPeriod(end, months(1), day);
      expect(shown(end), `day ${day}, ${count} months`).toBe(shown(endOfPeriod(start, months(count))));
    }
  }
});

test('hours and days have a fixed length, also where clocks are put forward', () => {
  expect(shown(endOfPeriod(at('2026-03-28T12:00:00Z'), { count: 2, unit: 'day' }))).toBe('2026-03-30T12:00:00Z');
  expect(shown(endOfPeriod(at('2026-12-31T23:00:00Z'), { count: 36, unit: 'hour' }))).toBe('2027-01-02T11:00:00Z');
});
