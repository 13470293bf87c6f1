import { z } from 'zod';
import { Failure } from '../failure.ts';
import type { Random } from '../random.ts';
import { type EpochMs, toRfc3339 } from '../time.ts';

const KEY_BYTES = 32;
const KEY_ID_BYTES = 6;
const KEYS_MAX = 32;

/** What the keyring file holds. The first key is the primary one: it seals; every key opens what it has sealed. */
export interface KeyringDocument {
  readonly version: 1;
  readonly keys: readonly [DocumentKey, ...DocumentKey[]];
}

interface DocumentKey {
  /** Hex without separators, so that it can stand in an envelope and in a LIKE pattern. */
  readonly id: string;
  /** 256 bits, base64url. */
  readonly key: string;
  readonly created_at: string;
}

const keySchema = z.strictObject({
  id: z.string().regex(/^k[0-9a-f]{4,62}$/),
  key: z.string().refine((text) => Buffer.from(text, 'base64url').length === KEY_BYTES, 'is not 32 bytes of base64url'),
  created_at: z.string().max(40),
});
const documentSchema = z.strictObject({
  version: z.literal(1),
  keys: z
    .tuple([keySchema], keySchema)
    .refine((keys) => keys.length <= KEYS_MAX, 'has too many keys')
    .refine((keys) => new Set(keys.map((key) => key.id)).size === keys.length, 'has the same key id twice'),
});

/** @throws Failure config_invalid that names `origin` and never repeats what the text holds. */
export function parseKeyring(text: string, origin: string): KeyringDocument {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // JSON's own message quotes the text, so it is not kept as the cause.
    throw new Failure('config_invalid', `the keyring in ${origin} is not JSON`);
  }
  const parsed = documentSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue?.path.join('.') ?? '';
  throw new Failure('config_invalid', `the keyring in ${origin} is not valid: ${place} ${issue?.message ?? ''}`);
}

export function formatKeyring(document: KeyringDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** A keyring whose primary key is new; the keys of `before` stay behind it. */
export function withNewPrimary(before: KeyringDocument | null, now: EpochMs, random: Random): KeyringDocument {
  const id = `k${random.bytes(KEY_ID_BYTES).toString('hex')}`;
  const key = random.bytes(KEY_BYTES).toString('base64url');
  return { version: 1, keys: [{ id, key, created_at: toRfc3339(now) }, ...(before?.keys ?? [])] };
}
