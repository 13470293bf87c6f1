import { type Seal, WIRES } from './prompt.ts';

/** What stands beside the seal in the conversation, where its own block has no room for it. */
export type SealPlace = 'own' | 'next' | 'previous';

export interface PlacedSeal {
  readonly seal: Seal;
  readonly place: SealPlace;
}

/**
 * A seal of another wire as text that a client keeps and sends back: `realms1.` and base64url of
 * `{v, wire, kind, data, id}`. No provider's own seal looks like it.
 */
export function encodeSeal(seal: Seal, place: SealPlace = 'own'): string {
  return `${PREFIX}${Buffer.from(sealJson(seal, place)).toString('base64url')}`;
}

/** The same where the wire takes nothing but base64 (Gemini's `bytes`): base64 of `realms1.` and the JSON. */
export function encodeSealBase64(seal: Seal, place: SealPlace = 'own'): string {
  return Buffer.from(`${PREFIX}${sealJson(seal, place)}`).toString('base64');
}

/** Reads what encodeSeal or encodeSealBase64 wrote; null for anything else, such as a provider's own seal. */
export function decodeSeal(text: string): PlacedSeal | null {
  if (text.startsWith(PREFIX)) return readJson(Buffer.from(text.slice(PREFIX.length), 'base64url').toString('utf8'));
  if (!text.startsWith(BASE64_PREFIX)) return null;
  const plain = Buffer.from(text, 'base64').toString('utf8');
  return plain.startsWith(PREFIX) ? readJson(plain.slice(PREFIX.length)) : null;
}

/**
 * Whether a request may hold a seal that was carried for another wire. Such a request cannot pass as it is to an upstream
 * of its own wire, which would refuse what it did not seal: it has to be read and written again. A cheap search of bytes
 * that may be wrong only in saying yes.
 */
export function mayCarrySeals(body: Buffer): boolean {
  return body.includes(PREFIX) || body.includes(BASE64_PREFIX);
}

const PREFIX = 'realms1.';
/** The characters that the prefix alone decides. */
const BASE64_PREFIX = Buffer.from(PREFIX).toString('base64').slice(0, 10);

function sealJson({ wire, kind, data, id }: Seal, place: SealPlace): string {
  return JSON.stringify({ v: 1, wire, kind, data, id, ...(place === 'own' ? {} : { place }) });
}

function readJson(text: string): PlacedSeal | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { v, wire: named, kind, data, id, place = 'own' } = value as Readonly<Record<string, unknown>>;
  const wire = WIRES.find((known) => known === named);
  if (v !== 1 || wire === undefined || typeof kind !== 'string' || typeof data !== 'string') return null;
  if (id !== null && typeof id !== 'string') return null;
  if (place !== 'own' && place !== 'next' && place !== 'previous') return null;
  return { seal: { wire, kind, data, id }, place };
}
