import { createHash } from 'node:crypto';
import type { Prompt } from './prompt.ts';

const SAFE_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;
const SAFE_ID = /^[A-Za-z0-9_-]{1,64}$/;
const KEPT = 48;
const HASH_DIGITS = 12;

/** The name of a tool as every provider takes it: letters, digits, `_` and `-`, at most 64. Names that are so stay. */
export function safeName(name: string): string {
  if (SAFE_NAME.test(name)) return name;
  const reduced = reduce(name);
  return SAFE_NAME.test(reduced) ? reduced : `_${reduced}`;
}

/**
 * The same for the id of a call. It depends on nothing but the id, so a conversation keeps its bytes (and the provider's
 * cache) from turn to turn.
 */
export function safeCallId(id: string): string {
  return SAFE_ID.test(id) ? id : reduce(id);
}

/** Gives back the client's own names for those that its request was written with. */
export function clientNames(prompt: Prompt): (name: string) => string {
  const originals = new Map<string, string>();
  for (const tool of prompt.tools) {
    if (tool.kind !== 'hosted' && safeName(tool.name) !== tool.name) originals.set(safeName(tool.name), tool.name);
  }
  return (name) => originals.get(name) ?? name;
}

// What is cut away goes into the hash, so that different names stay different.
function reduce(text: string): string {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, HASH_DIGITS);
  return `${text.slice(0, KEPT).replace(/[^A-Za-z0-9_-]/g, '_')}_${hash}`;
}
