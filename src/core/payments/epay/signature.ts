import { createHash, type KeyObject, sign, timingSafeEqual, verify } from 'node:crypto';
import { Failure } from '../../failure.ts';
import type { Secret } from '../../secret.ts';
import type { Fields } from './form-fields.ts';

/** Signs what goes to a gateway and checks what comes from it. The rule is the same for both protocols, the hash is not. */
export interface EpaySigner {
  readonly signType: 'MD5' | 'RSA';
  sign(fields: Fields): string;
  /** In constant time where the signature is a shared secret's. */
  verify(fields: Fields, signature: string): boolean;
}

const UNSIGNED = new Set(['sign', 'sign_type']);
/** What PHP's `trim` takes away, by which V2 gateways decide that a value is empty. */
const PHP_BLANK = /^[ \t\n\r\0\v]*$/;

/**
 * All fields but the signature and the empty ones, by name in ASCII order, `name=value` joined with `&`. Values are not
 * encoded, so two forms can have the same text: see `refuseAmbiguous` in read-callback.
 */
export function canonicalText(fields: Fields, isEmpty: (value: string) => boolean = (value) => value === ''): string {
  const signed = [...fields].filter(([name, value]) => !UNSIGNED.has(name) && !isEmpty(value));
  signed.sort(([a], [b]) => (a < b ? -1 : 1));
  return signed.map(([name, value]) => `${name}=${value}`).join('&');
}

/**
 * V1: MD5 in lower-case hex over the text with the merchant's key right behind it.
 * @throws Failure config_invalid for a blank key, with which anybody could sign.
 */
export function md5Signer(key: Secret): EpaySigner {
  if (key.reveal().trim() === '') throw new Failure('config_invalid', 'the key of this EPay channel is empty');
  const signatureOf = (fields: Fields) =>
    createHash('md5')
      .update(canonicalText(fields) + key.reveal(), 'utf8')
      .digest('hex');
  return {
    signType: 'MD5',
    sign: signatureOf,
    verify(fields, signature) {
      const expected = Buffer.from(signatureOf(fields));
      const given = Buffer.from(signature.toLowerCase());
      return given.length === expected.length && timingSafeEqual(given, expected);
    },
  };
}

/** V2: SHA-256 with RSA in base64, by the merchant's own key one way and the platform's the other way. */
export function rsaSigner(privateKey: KeyObject, platformKey: KeyObject): EpaySigner {
  const bytesOf = (fields: Fields) =>
    Buffer.from(
      canonicalText(fields, (value) => PHP_BLANK.test(value)),
      'utf8',
    );
  return {
    signType: 'RSA',
    sign: (fields) => sign('RSA-SHA256', bytesOf(fields), privateKey).toString('base64'),
    verify: (fields, signature) => verify('RSA-SHA256', bytesOf(fields), platformKey, Buffer.from(signature, 'base64')),
  };
}
