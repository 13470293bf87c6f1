import { createPrivateKey, createPublicKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../secret.ts';
import { makeKeys, signMd5, signRsa, verifyRsa } from '../../testing/fake-epay/php.ts';
import { canonicalText, md5Signer, rsaSigner } from './signature.ts';

const KEYS = makeKeys();
const merchant = rsaSigner(createPrivateKey(KEYS.merchantPrivateKey), createPublicKey(KEYS.platformPublicKey));

/** Names as gateways have them, and any values, also empty, blank, with separators and beyond ASCII. */
const NAMES = fc.oneof(
  fc.constantFrom('pid', 'money', 'name', 'param', 'sign', 'sign_type', 'trade_no', 'out_trade_no', 'Z', '_a', 'a1'),
  fc.stringMatching(/^[A-Za-z0-9_.-]{1,12}$/),
);
const VALUES = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', ' ', '\t\n', 'a&b=c', '支付', '0'));
const FORMS = fc.dictionary(NAMES, VALUES, { maxKeys: 20, noNullPrototype: true });

describe('the signing rule', () => {
  test('gives what a known implementation gives', () => {
    const form = new Map([
      ['money', 'moneyv'],
      ['device', 'devicev'],
    ]);
    expect(canonicalText(form)).toBe('device=devicev&money=moneyv');
    expect(md5Signer(new Secret('1234567')).sign(form)).toBe('3854cc9f022e0fb821bd2e002260245d');
  });

  test('leaves out signatures and empty values, sorts names as ASCII and encodes nothing', () => {
    const form = new Map([
      ['b', '2 &'],
      ['sign', 'x'],
      ['sign_type', 'MD5'],
      ['a', ''],
      ['B', '支付'],
      ['_', '0'],
    ]);
    expect(canonicalText(form)).toBe('B=支付&_=0&b=2 &');
  });

  test('V1 signs any form as the gateway does', () => {
    fc.assert(
      fc.property(FORMS, fc.string({ minLength: 1 }), (form, text) => {
        const key = `k${text}`;
        const fields = new Map(Object.entries(form));
        const signature = md5Signer(new Secret(key)).sign(fields);
        expect(signature).toBe(signMd5(form, key));
        expect(md5Signer(new Secret(key)).verify(fields, signature)).toBe(true);
        expect(md5Signer(new Secret(`${key}.`)).verify(fields, signature)).toBe(false);
      }),
    );
  });

  test('V2 signs any form as the gateway does, and believes only the platform', () => {
    fc.assert(
      fc.property(FORMS, (form) => {
        const fields = new Map(Object.entries(form));
        const sign = merchant.sign(fields);
        expect(verifyRsa({ ...form, sign }, KEYS.merchantPublicKey)).toBe(true);
        expect(merchant.verify(fields, sign)).toBe(false);
        expect(merchant.verify(fields, signRsa(form, KEYS.platformPrivateKey))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test('a change of any signed value is noticed', () => {
    const signer = md5Signer(new Secret('secret'));
    fc.assert(
      fc.property(FORMS, NAMES, fc.string({ minLength: 1 }), (form, name, addition) => {
        fc.pre(name !== 'sign' && name !== 'sign_type');
        const fields = new Map(Object.entries(form));
        const signature = signer.sign(fields);
        const changed = new Map(fields).set(name, `${fields.get(name) ?? ''}${addition}`);
        expect(signer.verify(changed, signature)).toBe(false);
      }),
    );
  });

  test('a signature that is nearly right is wrong', () => {
    const form = new Map([['a', '1']]);
    const signer = md5Signer(new Secret('1234567'));
    const right = signer.sign(form);
    const last = right.endsWith('0') ? '1' : '0';
    for (const near of [right.slice(0, -1), `${right}0`, `${right.slice(0, -1)}${last}`]) {
      expect(signer.verify(form, near)).toBe(false);
    }
    expect(signer.verify(form, right.toUpperCase())).toBe(true);
  });

  test.each([
    '',
    '0',
    'not hex',
    'é'.repeat(32),
    '3854cc9f022e0fb821bd2e002260245',
    '3854cc9f022e0fb821bd2e002260245d0',
  ])('a signature of another length or alphabet is just wrong: %j', (signature) => {
    const form = new Map([['a', '1']]);
    expect(md5Signer(new Secret('1234567')).verify(form, signature)).toBe(false);
    expect(merchant.verify(form, signature)).toBe(false);
  });

  test.each(['', ' ', '\t\n'])('there is no signer for the blank key %j (A1)', (key) => {
    expect(() => md5Signer(new Secret(key))).toThrow(/key of this EPay channel is empty/);
  });

  test('two forms can have one signature, which is why callbacks with separators are refused (A4)', () => {
    const one = new Map([
      ['name', 'A&out_trade_no=EXPENSIVE&param=x'],
      ['out_trade_no', 'CHEAP'],
    ]);
    const other = new Map([
      ['name', 'A'],
      ['out_trade_no', 'EXPENSIVE'],
      ['param', 'x&out_trade_no=CHEAP'],
    ]);
    const signer = md5Signer(new Secret('1234567'));
    expect(signer.sign(one)).toBe(signer.sign(other));
  });
});
