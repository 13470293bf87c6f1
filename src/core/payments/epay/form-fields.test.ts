import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeFields, parseFields } from './form-fields.ts';

describe('parseFields', () => {
  test('decodes what PHP encodes', () => {
    const fields = parseFields('name=a+b%20c&money=1&param=&x=%E6%94%AF%E4%BB%98&sign=a%2Bb%3D&flag');
    expect([...fields]).toEqual([
      ['name', 'a b c'],
      ['money', '1'],
      ['param', ''],
      ['x', '支付'],
      ['sign', 'a+b='],
      ['flag', ''],
    ]);
  });

  test.each([
    ['a=1&a=1', /a comes twice/],
    ['a=1&%61=2', /a comes twice/],
    ['a=%zz', /percent-encoded/],
    ['a=%E6%94', /percent-encoded/],
    ['a=%', /percent-encoded/],
    ['a%26b=1', /plain word/],
    ['a%3Db=1', /plain word/],
    ['=1', /plain word/],
    ['a[]=1', /plain word/],
    ['a=%00', /control characters/],
    ['a=1%0D%0Ab', /control characters/],
    [`a=${'x'.repeat(16_384)}`, /larger than 16384 bytes/],
    [`a=${'支'.repeat(5_461)}`, /larger than 16384 bytes/],
    [Array.from({ length: 129 }, (_, at) => `f${at}=1`).join('&'), /more than 128 fields/],
  ])('refuses %s', (text, reason) => {
    expect(() => parseFields(text)).toThrow(
      expect.objectContaining({ code: 'forbidden', message: expect.stringMatching(reason) }),
    );
  });

  test('takes as much as a form may have', () => {
    expect(parseFields(Array.from({ length: 128 }, (_, at) => `f${at}=1`).join('&')).size).toBe(128);
    expect(parseFields(`a=${'x'.repeat(16_382)}`).get('a')).toHaveLength(16_382);
  });

  test('has no names of its own', () => {
    expect(parseFields('a=1').get('__proto__')).toBeUndefined();
    expect(parseFields('__proto__=1').get('__proto__')).toBe('1');
  });

  test('reads what it writes', () => {
    const names = fc.stringMatching(/^[A-Za-z0-9_.-]{1,20}$/);
    const values = fc.string({ unit: 'grapheme' }).filter((text) => !/\p{Cc}|\p{Cs}/u.test(text));
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(names, values), { selector: ([name]) => name, maxLength: 30 }), (entries) => {
        const fields = new Map(entries);
        expect([...parseFields(encodeFields(fields))]).toEqual([...fields]);
      }),
    );
  });
});
