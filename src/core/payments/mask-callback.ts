import { createHash } from 'node:crypto';
import type { RawCallback } from './provider.ts';

const SHOWN_MAX_CHARS = 4_096;
const SECRET_WORD = 'sign|signature|key|secret|token|password|authorization';
const FORM_SECRET = new RegExp(`((?:^|[&?])[\\w.-]*(?:${SECRET_WORD})[\\w.-]*=)[^&]*`, 'gi');
const JSON_SECRET = new RegExp(`("[^"]*(?:${SECRET_WORD})[^"]*"\\s*:\\s*)"(?:[^"\\\\]|\\\\.)*"`, 'gi');

/** A callback that nobody could read, as it may be kept: cut, and with whatever is called like a secret masked. */
export function maskCallback({ method, query, body }: RawCallback): string {
  const text = body.subarray(0, SHOWN_MAX_CHARS).toString('utf8');
  const masked = [query, text].map((part) => part.replace(JSON_SECRET, '$1"…"').replace(FORM_SECRET, '$1…'));
  return plainText([method, ...masked].join(' ').trim());
}

/** One line that every database takes and no terminal is steered by. */
export function plainText(text: string): string {
  return text.slice(0, SHOWN_MAX_CHARS).replace(/\p{Cc}/gu, ' ');
}

/** The same for the same callback, so that a repetition is no new row. */
export function fingerprintOf({ method, query, body }: RawCallback): string {
  return createHash('sha256').update(`${method} ${query}\n`).update(body).digest('hex').slice(0, 32);
}
