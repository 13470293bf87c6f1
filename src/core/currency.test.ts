import { describe, expect, test } from 'vitest';
import { checkPrice, exponentOf, formatMinor, parsePrice, stepOf } from './currency.ts';
import { Failure } from './failure.ts';

describe('prices in minor units', () => {
  test.each([
    ['20', 'CNY', 2_000, '20.00'],
    ['20.5', 'CNY', 2_050, '20.50'],
    ['0.01', 'USD', 1, '0.01'],
    ['0', 'USD', 0, '0.00'],
    ['1000', 'JPY', 1_000, '1000'],
    ['1.23', 'KWD', 1_230, '1.230'],
    ['1.230', 'KWD', 1_230, '1.230'],
    ['9999999999.99', 'EUR', 999_999_999_999, '9999999999.99'],
  ])('%s %s are %i and are shown as %s', (text, currency, minor, shown) => {
    expect(parsePrice(text, currency)).toBe(minor);
    expect(formatMinor(minor, currency)).toBe(shown);
  });

  test.each([
    ['0.001', 'CNY'],
    ['1.5', 'JPY'],
    ['1000.00', 'JPY'],
    ['1.234', 'KWD'],
    ['-1', 'USD'],
    ['1e3', 'USD'],
    ['', 'USD'],
    [' 1', 'USD'],
    ['1,000', 'USD'],
    ['.5', 'USD'],
    ['05', 'USD'],
    ['99999999999.00', 'USD'],
    ['1', 'DOGE'],
    ['1', 'usd'],
  ])('"%s" %s is refused', (text, currency) => {
    expect(() => parsePrice(text, currency)).toThrow(Failure);
  });

  test('are whole, not negative, and can be paid', () => {
    expect(checkPrice(0, 'USD')).toBe(0);
    for (const minor of [-1, 0.5, Number.NaN, 1e13]) expect(() => checkPrice(minor, 'USD')).toThrow(Failure);
    expect(() => checkPrice(1_005, 'BHD')).toThrow('"1.005" is not a price in BHD');
  });

  test('negative amounts are only ever shown', () => {
    expect(formatMinor(-5, 'USD')).toBe('-0.05');
    expect(formatMinor(-1_234_567, 'KWD')).toBe('-1234.567');
  });
});

test('a currency is known with its decimals, or refused', () => {
  expect(['JPY', 'MGA', 'EUR', 'BHD'].map(exponentOf)).toEqual([0, 0, 2, 3]);
  expect(['JPY', 'EUR', 'BHD'].map(stepOf)).toEqual([1, 1, 10]);
  expect(() => exponentOf('XXX')).toThrow('not a currency');
});
