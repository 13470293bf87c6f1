import fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstIdAt, isId, newId } from './ids.ts';
import { systemRandom } from './random.ts';
import { seededRandom } from './testing/seeded-random.ts';
import type { EpochMs } from './time.ts';

const LAST_MS = 2 ** 50 - 1;
const instant = fc.integer({ min: 0, max: LAST_MS }).map((ms) => ms as EpochMs);
const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

test('ids sort as their times do', () => {
  const random = seededRandom();
  fc.assert(
    fc.property(instant, instant, (one, other) => {
      fc.pre(one !== other);
      expect(order(newId('req', one, random), newId('req', other, random))).toBe(Math.sign(one - other));
    }),
  );
});

test('neighbouring milliseconds sort, also where a digit carries over', () => {
  const random = seededRandom();
  for (const ms of [31, 32, 1_023, 1_024, 32 ** 5 - 1, Date.UTC(2026, 0, 1)]) {
    const ids = [0, 1, 2].map((more) => newId('req', (ms + more) as EpochMs, random));
    expect([...ids].sort(order)).toEqual(ids);
  }
});

test('the first id of an instant stands before all of that instant and behind all of earlier ones', () => {
  const random = seededRandom();
  fc.assert(
    fc.property(fc.integer({ min: 1, max: LAST_MS }), (ms) => {
      const bound = firstIdAt('req', ms as EpochMs);
      expect(newId('req', ms as EpochMs, random) >= bound).toBe(true);
      expect(newId('req', (ms - 1) as EpochMs, random) < bound).toBe(true);
    }),
  );
  expect(firstIdAt('req', -5 as EpochMs)).toBe(`req_${'0'.repeat(26)}`);
});

test('a burst in one millisecond has no two alike', () => {
  const random = systemRandom();
  const ids = new Set(Array.from({ length: 200_000 }, () => newId('req', 1_767_225_600_000 as EpochMs, random)));
  expect(ids.size).toBe(200_000);
});

test('every letter of the chance is used, evenly', () => {
  const random = systemRandom();
  const counts = new Map<string, number>();
  for (let i = 0; i < 20_000; i++) {
    for (const letter of newId('req', 1 as EpochMs, random).slice(-16))
      counts.set(letter, (counts.get(letter) ?? 0) + 1);
  }
  expect(counts.size).toBe(32);
  for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(600);
});

test('isId knows its own and nothing else', () => {
  const id = newId('usr', 1_767_225_600_000 as EpochMs, seededRandom());
  expect(id).toMatch(/^usr_[0-9a-z]{26}$/);
  expect(isId('usr', id)).toBe(true);
  for (const other of ['key', 'us']) expect(isId(other, id)).toBe(false);
  const wrong = [id.slice(0, -1), `${id}0`, id.toUpperCase(), id.replace(/.$/, 'i'), `${id}\n`, ` ${id}`, 'usr_', ''];
  for (const text of wrong) expect(isId('usr', text), text).toBe(false);
});
