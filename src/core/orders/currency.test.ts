import { describe, expect, test } from 'vitest';
import {
  convertAmount,
  exponentOf,
  formatAmount,
  isCurrency,
  parseAmount,
  parseRates,
  rateOf,
  worthOf,
} from './index.ts';

describe('an amount', () => {
  test.each([
    ['20.00', 'CNY', 2_000],
    ['20', 'CNY', 2_000],
    ['20.5', 'USD', 2_050],
    ['0.01', 'USD', 1],
    ['500', 'JPY', 500],
    ['1.25', 'KWD', 1_250],
    ['1.250', 'KWD', 1_250],
    ['9999999999.99', 'USD', 999_999_999_999],
  ])('%s %s is %i of the smallest unit', (text, currency, minor) => {
    expect(parseAmount(text, currency)).toBe(minor);
  });

  test.each([
    ['', 'USD'],
    ['0', 'USD'],
    ['0.00', 'USD'],
    ['-1', 'USD'],
    ['+1', 'USD'],
    ['1.', 'USD'],
    ['.5', 'USD'],
    ['01', 'USD'],
    ['1e3', 'USD'],
    ['1,000', 'USD'],
    [' 1', 'USD'],
    ['1\n', 'USD'],
    ['1.001', 'USD'],
    ['1.0', 'JPY'],
    ['1.251', 'KWD'],
    ['1.2500', 'KWD'],
    ['99999999999.99', 'USD'],
    ['１', 'USD'],
    ['1', 'usd'],
    ['1', 'XXX'],
    ['1', '__proto__'],
  ])('%j %s is refused', (text, currency) => {
    expect(() => parseAmount(text, currency)).toThrow(expect.objectContaining({ code: 'invalid_input' }) as Error);
  });

  test('is written with as many decimals as its currency has', () => {
    expect([formatAmount(2_000, 'CNY'), formatAmount(5, 'USD'), formatAmount(500, 'JPY')]).toEqual([
      '20.00',
      '0.05',
      '500',
    ]);
    expect([formatAmount(1_250, 'BHD'), formatAmount(-5, 'USD')]).toEqual(['1.250', '-0.05']);
    expect([exponentOf('KRW'), exponentOf('EUR'), exponentOf('OMR'), isCurrency('EURO')]).toEqual([0, 2, 3, false]);
  });
});

describe('a rate', () => {
  const rates = parseRates(['USD=1', 'CNY=7.2', 'JPY=151.37', 'KWD=0.307']);

  test('gives what an amount is worth, and not a fraction of a micro-dollar more', () => {
    expect(worthOf(2_000, 'CNY', rateOf(rates, 'CNY'))).toBe(2_777_777);
    expect(worthOf(720, 'CNY', '7.2')).toBe(1_000_000);
    expect(worthOf(1_999, 'USD', '1')).toBe(19_990_000);
    expect(worthOf(15_137, 'JPY', '151.37')).toBe(100_000_000);
    expect(worthOf(307, 'KWD', '0.307')).toBe(1_000_000);
  });

  test('converts to what is worth at least as much', () => {
    const usd = { currency: 'USD', rate: '1' };
    const to = (currency: string) => ({ currency, rate: rateOf(rates, currency) });
    expect(convertAmount(1_000, usd, to('CNY'))).toBe(7_200);
    expect(convertAmount(999, usd, to('JPY'))).toBe(1_513);
    expect(convertAmount(1_000, usd, to('KWD'))).toBe(3_070);
    expect(convertAmount(1_001, usd, to('KWD'))).toBe(3_080);
    for (let cents = 1; cents < 500; cents++) {
      const yuan = convertAmount(cents, usd, to('CNY'));
      expect(worthOf(yuan, 'CNY', '7.2')).toBeGreaterThanOrEqual(cents * 10_000);
      expect(worthOf(yuan - 1, 'CNY', '7.2')).toBeLessThan(cents * 10_000);
    }
  });

  test.each([['CNY'], ['CNY=0'], ['CNY=0.000'], ['cny=7'], ['XXX=1'], ['CNY=-7'], ['CNY=7,2'], ['CNY=1e3']])(
    'that is written %s is refused',
    (entry) => {
      expect(() => parseRates([entry])).toThrow(expect.objectContaining({ code: 'invalid_input' }) as Error);
    },
  );

  test('is given once for a currency, and without one nothing is sold for it', () => {
    expect(() => parseRates(['USD=1', 'USD=2'])).toThrow();
    expect(() => rateOf(rates, 'EUR')).toThrow('EUR is not taken here');
  });
});
