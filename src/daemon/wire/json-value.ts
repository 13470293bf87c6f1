import { Failure } from '../../core/failure.ts';
import { invariant } from '../../core/invariant.ts';
import type { Span } from './json-scan.ts';

const QUOTE = 0x22;

/** The text of a string member (its span has the quotes). Never throws on a string that scanObject found. */
export function readString(body: Buffer, span: Span): string {
  invariant(body[span.start] === QUOTE, 'the span of a string begins with a quote');
  const text = body.toString('utf8', span.start + 1, span.end - 1);
  return text.includes('\\') ? (readJson(body, span) as string) : text;
}

/** The value of a number member as JSON.parse rounds it: integers beyond 2^53 lose digits. */
export function readNumber(body: Buffer, span: Span): number {
  return Number(body.toString('latin1', span.start, span.end));
}

/** The value of a member of kind true or false. */
export function readBoolean(body: Buffer, span: Span): boolean {
  return body[span.start] === 0x74;
}

/**
 * Parses the bytes of a span.
 * @throws Failure invalid_input on what the scan left unchecked: bad strings within, or nesting too deep for the parser.
 */
export function readJson(body: Buffer, span: Span): unknown {
  try {
    return JSON.parse(body.toString('utf8', span.start, span.end));
  } catch (error) {
    throw new Failure('invalid_input', 'the JSON body holds a value that cannot be read', error);
  }
}
