import { Failure } from '../../failure.ts';

/** What is sent and signed: every name once, values decoded. */
export type Fields = ReadonlyMap<string, string>;

const MAX_BYTES = 16_384;
const MAX_FIELDS = 128;
/** A name with `&` or `=` in it would make two different forms have the same signature. */
const NAME = /^[A-Za-z0-9_.-]{1,64}$/;

/**
 * Reads a query or a form body so that there is only one way to read it.
 * @throws Failure forbidden when it is too large, a name is odd or comes twice, an encoding is broken, or a value holds
 * control characters.
 */
export function parseFields(text: string): Fields {
  if (Buffer.byteLength(text) > MAX_BYTES) throw refuseForm(`the form is larger than ${MAX_BYTES} bytes`);
  const pieces = text.split('&').filter((piece) => piece !== '');
  if (pieces.length > MAX_FIELDS) throw refuseForm(`the form has more than ${MAX_FIELDS} fields`);
  const fields = new Map<string, string>();
  for (const piece of pieces) {
    const at = piece.indexOf('=');
    const name = decode(at < 0 ? piece : piece.slice(0, at));
    const value = at < 0 ? '' : decode(piece.slice(at + 1));
    if (!NAME.test(name)) throw refuseForm('a field has a name that is no plain word');
    if (fields.has(name)) throw refuseForm(`the field ${name} comes twice`);
    if (/\p{Cc}/u.test(value)) throw refuseForm(`the field ${name} holds control characters`);
    fields.set(name, value);
  }
  return fields;
}

/** As `application/x-www-form-urlencoded`. */
export function encodeFields(fields: Fields): string {
  return new URLSearchParams([...fields]).toString();
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (error) {
    throw refuseForm('the form is not percent-encoded UTF-8', error);
  }
}

function refuseForm(message: string, cause?: unknown): Failure {
  return new Failure('forbidden', message, cause);
}
