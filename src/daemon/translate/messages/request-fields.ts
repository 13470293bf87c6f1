import type { Field } from '../form/index.ts';

const READ = [
  'model',
  'max_tokens',
  'messages',
  'system',
  'stream',
  'tools',
  'tool_choice',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'thinking',
  'output_config',
  // What `output_config.format` was called in its beta.
  'output_format',
  'service_tier',
  'metadata',
];

/** Left out, because the answer means the same without. */
const HARMLESS = [
  // Where the provider may cache the prompt: price and speed, not words.
  'cache_control',
  // What the provider may clear out of a long conversation to save tokens; without it, it sees the whole.
  'context_management',
  // Asks why a cache missed; tells nothing about the answer.
  'diagnostics',
  // How fast the same words come.
  'speed',
];

const KNOWN: ReadonlySet<string> = new Set([...READ, ...HARMLESS]);

/** Refused with a reason of their own; whatever else is unknown is refused for that. */
const REFUSED: readonly (readonly [string, string])[] = [
  ['mcp_servers', 'cannot be reached by this model'],
  ['container', 'does not exist for this model'],
  ['inference_geo', 'cannot be promised for this model'],
  ['thread', 'is not kept for this model: send the whole conversation'],
  ['compaction', 'cannot be asked of this model'],
  ['fallbacks', 'cannot be asked of this model'],
];

/**
 * Refuses fields that only Anthropic's own models know, and fields that nobody knows.
 * @throws Untranslatable
 */
export function checkRequestFields(body: Field): void {
  for (const [name, why] of REFUSED) {
    const field = body.at(name);
    if (field.isSaying) field.refuse(why);
  }
  body.only(new Set([...KNOWN, ...REFUSED.map(([name]) => name)]));
}
