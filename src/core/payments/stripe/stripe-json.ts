/** What came from Stripe. Fields move between API versions, so none is believed to be there. */
export type Json = Readonly<Record<string, unknown>>;

/** An empty object for anything that is none. */
export function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

/** Null for anything that is no text or an empty one. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Null for anything that is no whole number. */
export function wholeOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}

/** An id, or that of the object which stands in its place when it was expanded. */
export function idOf(value: unknown): string | null {
  return textOf(value) ?? textOf(objectOf(value)['id']);
}

/** The items of a list object; empty for anything else. */
export function itemsOf(value: unknown): readonly Json[] {
  const data = objectOf(value)['data'];
  return Array.isArray(data) ? data.map(objectOf) : [];
}
