import type { Field } from '../form/index.ts';

const READ = [
  'model',
  'messages',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  // Not OpenAI's own, but that of many servers of this API.
  'top_k',
  'stop',
  'seed',
  'presence_penalty',
  'frequency_penalty',
  'reasoning_effort',
  'response_format',
  'verbosity',
  'web_search_options',
  'prompt_cache_key',
  'user',
  'safety_identifier',
  'service_tier',
  'metadata',
];

/** Left out, because the answer means the same without. */
const HARMLESS = [
  // Whether the provider keeps the answer for its dashboard; nothing reads it back through this API.
  'store',
  // How long the provider caches the prompt: price and speed, not words.
  'prompt_cache_retention',
  'prompt_cache_options',
];

/** Fields whose only translatable value is the one that asks for nothing. */
const ONLY_DEFAULT: readonly (readonly [string, (field: Field) => boolean, string])[] = [
  ['n', (field) => field.isAbsent || field.value === 1, 'can only be 1 for this model'],
  ['logprobs', isSilent, 'cannot be had from this model'],
  ['top_logprobs', isSilent, 'cannot be had from this model'],
  ['logit_bias', isSilent, 'cannot be asked of this model'],
  ['prediction', isSilent, 'cannot be asked of this model'],
  ['audio', isSilent, 'cannot be had from this model'],
  ['modalities', isTextOnly, 'can only be ["text"] for this model'],
  ['moderation', isSilent, 'cannot be asked of this model'],
  ['functions', isSilent, 'is the old word for tools: use tools'],
  ['function_call', isSilent, 'is the old word for tool_choice: use tool_choice'],
];

const KNOWN: ReadonlySet<string> = new Set([...READ, ...HARMLESS, ...ONLY_DEFAULT.map(([name]) => name)]);

/**
 * Refuses fields that change the answer in ways that only OpenAI's own models know, and fields that nobody knows.
 * @throws Untranslatable
 */
export function checkRequestFields(body: Field): void {
  body.only(KNOWN);
  for (const [name, isDefault, why] of ONLY_DEFAULT) {
    const field = body.at(name);
    if (!isDefault(field)) field.refuse(why);
  }
}

function isSilent(field: Field): boolean {
  return !field.isSaying;
}

function isTextOnly(field: Field): boolean {
  return field.items().every((item) => item.value === 'text');
}
