import type { Fields } from './form-fields.ts';

/** A JSON answer with every number as the text that it was: forks differ in what they quote, and long ids lose digits. */
export type Answer = Readonly<Record<string, unknown>>;

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/** Undefined when it is not a JSON object. PHP may print marks or spaces around it. */
export function readAnswer(text: string): Answer | undefined {
  const bare = text.replace(/^\uFEFF/, '').trim();
  // Only known JSON is searched for numbers: in anything else an open quote would make the search slow.
  if (parseObject(bare) === undefined) return undefined;
  return parseObject(bare.replace(TOKEN, (token) => (token.startsWith('"') ? token : `"${token}"`)));
}

/** A plain value as text; empty for what is absent, null, a list or an object. */
export function textAt(answer: Answer, name: string): string {
  return plainText(answer[name]) ?? '';
}

/** The plain values, as PHP joins them into the text that it signs. Lists and objects are never signed. */
export function signedFields(answer: Answer): Fields {
  const fields = new Map<string, string>();
  for (const [name, value] of Object.entries(answer)) {
    const text = plainText(value);
    if (text !== undefined) fields.set(name, text);
  }
  return fields;
}

/** The rows of a list; none when it has none. */
export function rowsAt(answer: Answer, name: string): readonly Answer[] {
  const value = answer[name];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function parseObject(text: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function plainText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? '1' : '';
  return value === null ? '' : undefined;
}
