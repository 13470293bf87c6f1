import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatUsd, type MicrosPerMillion, multipliedUp, parseUsd, tokenCost } from './money.ts';

const MAX = Number.MAX_SAFE_INTEGER;

describe('parseUsd', () => {
  test.each([
    ['0', 0],
    ['1', 1_000_000],
    ['1.25', 1_250_000],
    [' 1.25 ', 1_250_000],
    ['0.000001', 1],
    ['-0.000001', -1],
    ['-0', 0],
    ['007', 7_000_000],
    ['9007199254.740991', MAX],
    ['-9007199254.740991', -MAX],
  ])('%j is %d micros', (text, micros) => {
    expect(parseUsd(text)).toBe(micros);
  });

  test.each([
    '',
    '.5',
    '5.',
    '1.0000001',
    '1,25',
    '1e3',
    '0x10',
    '+1',
    '--1',
    'NaN',
    'Infinity',
    '1 000',
    '$1',
    '١',
    '9007199254.740992',
    '99999999999',
  ])('%j is refused', (text) => {
    expect(() => parseUsd(text)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });
});

describe('formatUsd', () => {
  test.each([
    [0, '0'],
    [-0, '0'],
    [1, '0.000001'],
    [-1, '-0.000001'],
    [1_250_000, '1.25'],
    [-3_000_000, '-3'],
    [10, '0.00001'],
    [MAX, '9007199254.740991'],
  ])('%d micros are %j', (micros, text) => {
    expect(formatUsd(micros)).toBe(text);
  });

  test('sums that no number holds are written exactly', () => {
    expect(formatUsd(27_021_597_764_222_973n)).toBe('27021597764.222973');
    expect(formatUsd(-9_007_199_254_740_993_000_000n)).toBe('-9007199254740993');
    expect(formatUsd(0n)).toBe('0');
  });

  test('what it writes is read back as the same amount', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (micros) => {
        // `+ 0` because -0 and 0 are the same amount.
        expect(parseUsd(formatUsd(micros))).toBe(micros + 0);
      }),
    );
  });
});

describe('tokenCost', () => {
  const line = fc.record({
    tokens: fc.oneof(fc.nat(1_000), fc.nat(1_000_000_000)),
    price: fc.oneof(fc.nat(100), fc.nat(10_000_000), fc.nat(1_000_000_000_000)).map((n) => n as MicrosPerMillion),
  });
  const multiplier = fc.oneof(fc.constant(1_000_000), fc.nat(10_000_000), fc.nat(1_000_000_000));

  test('equals the exact rational sum, rounded half up once', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), multiplier, (lines, ppm) => {
        const exact = exactCost(lines, ppm);
        fc.pre(exact <= BigInt(MAX));
        expect(BigInt(tokenCost(lines, ppm))).toBe(exact);
      }),
      { numRuns: 2_000 },
    );
  });

  test('rounds once after both multipliers, whichever comes first', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), multiplier, multiplier, (lines, group, payer) => {
        const exact = exactCost(lines, group, payer);
        fc.pre(exact <= BigInt(MAX));
        expect(BigInt(tokenCost(lines, group, payer))).toBe(exact);
        expect(tokenCost(lines, payer, group)).toBe(tokenCost(lines, group, payer));
      }),
      { numRuns: 2_000 },
    );
    // 0.7 × 0.7 of one micro is 0.49; rounded in between, it would be one.
    expect(tokenCost([one(1_000_000, 1)], 700_000, 700_000)).toBe(0);
  });

  test('is exact on both sides of the largest safe integer', () => {
    for (let off = -1_500_000; off <= 1_500_000; off += 250_000) {
      const price = (MAX + off) as MicrosPerMillion;
      const cents = [{ tokens: 1, price: Math.min(price, MAX) as MicrosPerMillion }, one(Math.max(0, off), 1)];
      expect(BigInt(tokenCost(cents))).toBe(exactCost(cents, 1_000_000));
    }
    const large = [one(999_999_999, 999_999_999_999)];
    expect(BigInt(tokenCost(large))).toBe(exactCost(large, 1_000_000));
  });

  test.each([
    [499_999, 0],
    [500_000, 1],
    [500_001, 1],
    [1_499_999, 1],
    [1_500_000, 2],
  ])('%d picos round to %d micros', (tokens, micros) => {
    expect(tokenCost([one(tokens, 1)])).toBe(micros);
    // Through the arithmetic of multipliers too.
    expect(tokenCost([one(tokens, 2)], 500_000)).toBe(micros);
  });

  test('rounds the sum and not its lines', () => {
    expect(tokenCost([one(300_000, 1), one(300_000, 1)])).toBe(1);
    expect(tokenCost([one(500_000, 1), one(500_000, 1)])).toBe(1);
  });

  test('nothing costs nothing, and neither does a multiplier of zero', () => {
    expect(tokenCost([])).toBe(0);
    expect(tokenCost([one(1_000_000, 5_000_000)], 0)).toBe(0);
  });
});

test('multipliedUp is the product, rounded up', () => {
  fc.assert(
    fc.property(fc.oneof(fc.nat(1_000), fc.nat(1_000_000_000_000)), fc.nat(9_000), (amount, ppt) => {
      const ppm = ppt * 1_001;
      const exact = (BigInt(amount) * BigInt(ppm) + 999_999n) / 1_000_000n;
      fc.pre(exact <= BigInt(MAX));
      expect(BigInt(multipliedUp(amount, ppm))).toBe(exact);
    }),
    { numRuns: 2_000 },
  );
  expect([multipliedUp(1, 1), multipliedUp(0, 5), multipliedUp(7, 1_000_000), multipliedUp(3, 0)]).toEqual([
    1, 0, 7, 0,
  ]);
});

function one(tokens: number, price: number): { tokens: number; price: MicrosPerMillion } {
  return { tokens, price: price as MicrosPerMillion };
}

/** floor(sum × group × payer / 10^18 + 1/2), over integers alone. */
function exactCost(lines: readonly { tokens: number; price: number }[], ppm: number, payerPpm = 1_000_000): bigint {
  const picos = lines.reduce((sum, { tokens, price }) => sum + BigInt(tokens) * BigInt(price), 0n);
  const unit = 1_000_000_000_000_000_000n;
  return (picos * BigInt(ppm) * BigInt(payerPpm) * 2n + unit) / (unit * 2n);
}
