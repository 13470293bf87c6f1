import { createCipheriv, createDecipheriv } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ENVELOPE = /^v1\.(k[0-9a-f]+)\.([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{22,})$/;

export interface Envelope {
  readonly keyId: string;
  readonly nonce: Buffer;
  readonly sealed: Buffer;
}

/** `v1.<keyId>.<nonce>.<ciphertext and tag>`; the context is bound into the tag and not stored. */
export function sealEnvelope(key: Buffer, keyId: string, nonce: Buffer, plaintext: string, context: string): string {
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundData(keyId, context));
  const sealed = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `v1.${keyId}.${nonce.toString('base64url')}.${sealed.toString('base64url')}`;
}

/** Undefined when the text has not the form of an envelope. */
export function parseEnvelope(text: string): Envelope | undefined {
  const [, keyId, nonce, sealed] = ENVELOPE.exec(text) ?? [];
  if (keyId === undefined || nonce === undefined || sealed === undefined) return undefined;
  const envelope = { keyId, nonce: Buffer.from(nonce, 'base64url'), sealed: Buffer.from(sealed, 'base64url') };
  const isCanonical = envelope.sealed.toString('base64url') === sealed;
  return envelope.nonce.length === NONCE_BYTES && isCanonical ? envelope : undefined;
}

/** @throws Error when key, context or a single bit is not the one that was sealed. */
export function openEnvelope(key: Buffer, { keyId, nonce, sealed }: Envelope, context: string): string {
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(boundData(keyId, context));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
}

function boundData(keyId: string, context: string): Buffer {
  return Buffer.from(`v1\0${keyId}\0${context}`, 'utf8');
}
