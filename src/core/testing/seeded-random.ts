import type { Random } from '../random.ts';

/** The same seed, the same run: mulberry32, fair enough for tests and for nothing else. */
export function seededRandom(seed = 1): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return {
    bytes: (count) => Buffer.from(Array.from({ length: count }, () => next() & 0xff)),
    fraction: () => next() / 2 ** 32,
  };
}
