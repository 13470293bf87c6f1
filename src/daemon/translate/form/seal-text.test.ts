import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeSeal, encodeSeal, encodeSealBase64, mayCarrySeals, type Seal, type SealPlace, WIRES } from './index.ts';

const seals: fc.Arbitrary<Seal> = fc.record({
  wire: fc.constantFrom(...WIRES),
  kind: fc.string({ maxLength: 9 }),
  data: fc.string({ unit: 'grapheme', maxLength: 40 }),
  id: fc.option(fc.string({ maxLength: 9 })),
});
const places = fc.constantFrom<SealPlace>('own', 'next', 'previous');

describe.each([
  ['as text', encodeSeal, /^realms1\.[\w-]+$/],
  ['as bytes', encodeSealBase64, /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/],
])('a seal %s', (_name, encode, shape) => {
  test('comes back as it was, is seen in a body, and looks as the wire wants it', () => {
    fc.assert(
      fc.property(seals, places, (seal, place) => {
        const text = encode(seal, place);
        expect(text).toMatch(shape);
        expect(decodeSeal(text)).toEqual({ seal, place });
        expect(mayCarrySeals(Buffer.from(JSON.stringify({ signature: text })))).toBe(true);
      }),
    );
  });
});

test('anything else is no seal of ours, and nothing is thrown', () => {
  const bent = [
    'EqQBCkYIBRgC',
    'realms1.',
    'realms1.!!!',
    `realms1.${Buffer.from('[]').toString('base64url')}`,
    `realms1.${Buffer.from('{"v":2,"wire":"chat","kind":"","data":"","id":null}').toString('base64url')}`,
    `realms1.${Buffer.from('{"v":1,"wire":"__proto__","kind":"","data":"","id":null}').toString('base64url')}`,
    `realms1.${Buffer.from('{"v":1,"wire":"chat","kind":"","data":7,"id":null}').toString('base64url')}`,
    Buffer.from('realms1.{').toString('base64'),
    'cmVhbG1zMX',
  ];
  for (const text of bent) expect(decodeSeal(text)).toBeNull();
  fc.assert(fc.property(fc.string(), (text) => decodeSeal(text) === null));
  expect(mayCarrySeals(Buffer.from('{"signature":"EqQBCkYIBRgC"}'))).toBe(false);
});
