import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { Failure } from '../../failure.ts';
import type { Secret } from '../../secret.ts';

const MIN_BITS = 2_048;

/**
 * The merchant's private key: PEM, or the bare base64 that gateways show.
 * @throws Failure invalid_input that names `private_key` and never shows it.
 */
export function readPrivateKey(secret: Secret): KeyObject {
  const text = plain(secret);
  return readKey('private_key', [
    () => createPrivateKey(text),
    () => createPrivateKey({ key: derOf(text), format: 'der', type: 'pkcs8' }),
    () => createPrivateKey({ key: derOf(text), format: 'der', type: 'pkcs1' }),
  ]);
}

/**
 * The public key of the platform, in the same forms.
 * @throws Failure invalid_input that names `platform_public_key`.
 */
export function readPlatformKey(secret: Secret): KeyObject {
  const text = plain(secret);
  return readKey('platform_public_key', [
    () => createPublicKey(refusePrivate(text)),
    () => createPublicKey({ key: derOf(text), format: 'der', type: 'spki' }),
    () => createPublicKey({ key: derOf(text), format: 'der', type: 'pkcs1' }),
  ]);
}

/** Keys that travelled through JSON or an environment have their line ends written out. */
function plain(secret: Secret): string {
  return secret.reveal().replaceAll('\\n', '\n').trim();
}

/** Node takes the public half of a private key, which would make the merchant's own signature the platform's. */
function refusePrivate(text: string): string {
  if (text.includes('PRIVATE')) throw new Error('a private key');
  return text;
}

function derOf(text: string): Buffer {
  return Buffer.from(text.replace(/\s+/g, ''), 'base64');
}

function readKey(param: string, readers: readonly (() => KeyObject)[]): KeyObject {
  for (const read of readers) {
    const key = attempt(read);
    if (key === undefined) continue;
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
    if (key.asymmetricKeyType !== 'rsa' || bits < MIN_BITS) {
      throw new Failure('invalid_input', { message: `${param} is not an RSA key of at least ${MIN_BITS} bits`, param });
    }
    return key;
  }
  // No cause: what the parser says may quote the key.
  throw new Failure('invalid_input', {
    message: `${param} is neither PEM nor the base64 of an RSA key`,
    hint: 'paste it as the gateway shows it',
    param,
  });
}

function attempt(read: () => KeyObject): KeyObject | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
