import type { Field } from '../form/index.ts';

const READ = [
  'model',
  'input',
  'instructions',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'max_output_tokens',
  'temperature',
  'top_p',
  'reasoning',
  'text',
  'include',
  'prompt_cache_key',
  'user',
  'safety_identifier',
  'service_tier',
  'metadata',
];

/** Left out, because the answer means the same without. */
const HARMLESS = [
  // Nothing is stored for a translated answer, and its `store` says so.
  'store',
  // How long the provider caches the prompt: price and speed, not words.
  'prompt_cache_retention',
  'prompt_cache_options',
  // What Codex tells about itself.
  'client_metadata',
];

/** Fields whose only translatable value is the one that asks for nothing. */
const ONLY_DEFAULT: readonly (readonly [string, string])[] = [
  ['previous_response_id', 'refers to an answer that is not kept: send the conversation as input'],
  ['conversation', 'refers to a conversation that is not kept: send it as input'],
  ['background', 'cannot be had from this model'],
  ['prompt', 'refers to a template that is not kept'],
  ['context_management', 'cannot be asked of this model'],
  ['max_tool_calls', 'cannot be asked of this model'],
  ['top_logprobs', 'cannot be had from this model'],
  ['moderation', 'cannot be asked of this model'],
  ['access_programs', 'cannot be asked of this model'],
  ['image', 'cannot be asked of this model'],
];

const KNOWN: ReadonlySet<string> = new Set([...READ, ...HARMLESS, ...ONLY_DEFAULT.map(([name]) => name), 'truncation']);

/**
 * Refuses fields that change the answer in ways that only OpenAI's own service knows, and fields that nobody knows.
 * @throws Untranslatable
 */
export function checkRequestFields(body: Field): void {
  body.only(KNOWN);
  for (const [name, why] of ONLY_DEFAULT) {
    const field = body.at(name);
    if (field.isSaying) field.refuse(why);
  }
  const truncation = body.at('truncation');
  if (truncation.choice(['disabled', 'auto']) === 'auto') truncation.refuse('can only be "disabled" for this model');
}
