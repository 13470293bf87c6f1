import { type Field, isObject, type Seal, textOf, WIRES } from '../form/index.ts';

/**
 * Clients of Responses give `encrypted_content` back as they got it. Seals of other wires travel there behind this mark,
 * which no encryption of OpenAI's begins with.
 */
export const CARRIED_MARK = 'realms.seal.v1.';

/** What a seal is bound to. Other wires seal words and calls too; here those seals stand in reasoning items of their own. */
export type Bound = { readonly to: 'reasoning' | 'text' } | { readonly to: 'call'; readonly callId: string };

export interface CarriedSeal {
  readonly seal: Seal;
  readonly bound: Bound;
}

/** Writes a seal as `encrypted_content`: the provider's own as it is, any other behind the mark. */
export function carrySeal(seal: Seal, bound: Bound): string {
  if (seal.wire === 'responses' && bound.to === 'reasoning') return seal.data;
  const { wire, kind, data, id } = seal;
  return CARRIED_MARK + Buffer.from(JSON.stringify({ wire, kind, data, id, bound })).toString('base64url');
}

/** Reads `encrypted_content` of the reasoning item with that id; null when there is none. */
export function readCarriedSeal(field: Field, id: string | null): CarriedSeal | null {
  const text = field.textOrNull();
  if (text === null || text === '') return null;
  if (!text.startsWith(CARRIED_MARK)) {
    return { seal: { wire: 'responses', kind: 'encrypted', data: text, id }, bound: { to: 'reasoning' } };
  }
  return unpack(text.slice(CARRIED_MARK.length)) ?? field.refuse('was changed on its way');
}

function unpack(packed: string): CarriedSeal | null {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(packed, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
  if (!isObject(value)) return null;
  const wire = WIRES.find((known) => known === value['wire']);
  const kind = textOf(value['kind']);
  const data = textOf(value['data']);
  const bound = readBound(value['bound']);
  if (!wire || kind === null || data === null || !bound) return null;
  return { seal: { wire, kind, data, id: textOf(value['id']) }, bound };
}

function readBound(value: unknown): Bound | null {
  if (!isObject(value)) return null;
  const { to, callId } = value;
  if (to === 'reasoning' || to === 'text') return { to };
  return to === 'call' && typeof callId === 'string' ? { to, callId } : null;
}
