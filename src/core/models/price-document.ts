import { Failure } from '../failure.ts';

const DOCUMENT_MAX_CHARS = 33_554_432;
const ENTRIES_MAX = 50_000;
// The closing quote is optional, so that a text without one is read once and not again from each of its quotes.
const STRING_OR_NUMBER = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** An entry of a price list; numbers may be decimal text. */
export type PriceEntry = Readonly<Record<string, unknown>>;

/**
 * Reads a price list: a JSON object of model name → facts. Given as text, its numbers stay the decimals that they are;
 * given as a parsed value, their shortest decimal is used, which is the same one up to 15 digits.
 * @throws Failure invalid_input
 */
export function readPriceDocument(document: unknown): [string, PriceEntry][] {
  const value = typeof document === 'string' ? parseKeepingDecimals(document) : document;
  if (!isObject(value)) throw refuse('the price list must be a JSON object of model names');
  const entries = Object.entries(value);
  if (entries.length > ENTRIES_MAX) throw refuse(`the price list has more than ${ENTRIES_MAX} models`);
  return entries.map(([model, entry]) => [model, isObject(entry) ? entry : {}]);
}

/** The decimal of a value, whether it came as number or text; undefined for anything else. */
export function decimalOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

function parseKeepingDecimals(text: string): unknown {
  if (text.length > DOCUMENT_MAX_CHARS) throw refuse('the price list is over 32 MiB');
  const quoted = text.replace(STRING_OR_NUMBER, (token) => (token.startsWith('"') ? token : `"${token}"`));
  try {
    return JSON.parse(quoted);
  } catch (error) {
    throw new Failure('invalid_input', { message: 'the price list is not JSON', param: 'document' }, error);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(message: string): Failure {
  return new Failure('invalid_input', { message, param: 'document' });
}
