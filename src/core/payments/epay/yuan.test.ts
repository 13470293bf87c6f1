import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatYuan, parseYuan } from './yuan.ts';

describe('yuan', () => {
  test.each([
    ['1', 100],
    ['10.1', 1_010],
    ['10.10', 1_010],
    ['10.100', 1_010],
    ['0.01', 1],
    ['0', 0],
    ['999999999.99', 99_999_999_999],
  ])('%s is exactly %i fen', (text, fen) => {
    expect(parseYuan(text)).toBe(fen);
  });

  test.each([
    '',
    ' 1',
    '1 ',
    '+1',
    '-1',
    '01',
    '.5',
    '1.',
    '1.001',
    '1,5',
    '1e2',
    '1.0E+2',
    '0x10',
    'NaN',
    '１',
    '9999999999',
  ])('%j is no amount', (text) => {
    expect(parseYuan(text)).toBeUndefined();
  });

  test('what is written is read, also after PHP has made a float of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99_999_999_999 }), (fen) => {
        const text = formatYuan(fen);
        expect(text).toMatch(/^\d+\.\d\d$/);
        expect(parseYuan(text)).toBe(fen);
        expect(parseYuan(String(Number(text)))).toBe(fen);
      }),
    );
  });
});
