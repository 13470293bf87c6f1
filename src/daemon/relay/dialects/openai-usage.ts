import type { TokenUsage } from '../../../core/usage/index.ts';

/** A provider that counts more than this in one request has a defect. */
const TOKENS_MAX = 1_000_000_000;

/**
 * Reads the `usage` object of Chat Completions, Responses or Embeddings. In all three, cached and cache-write tokens
 * are parts of the input and reasoning is part of the output (OpenAI API reference). Null when it is no such object:
 * an explicit zero is zero, nonsense is unknown.
 */
export function readOpenaiUsage(value: unknown): TokenUsage | null {
  if (!isRecord(value)) return null;
  const input = tokens(value['input_tokens'] ?? value['prompt_tokens']);
  if (input === null) return null;
  const inputDetails = record(value['input_tokens_details'] ?? value['prompt_tokens_details']);
  const outputDetails = record(value['output_tokens_details'] ?? value['completion_tokens_details']);
  return {
    input,
    cachedInput: Math.min(tokens(inputDetails['cached_tokens']) ?? 0, input),
    cacheWrite5m: Math.min(tokens(inputDetails['cache_write_tokens']) ?? 0, input),
    cacheWrite1h: 0,
    output: tokens(value['output_tokens'] ?? value['completion_tokens']) ?? 0,
    reasoning: tokens(outputDetails['reasoning_tokens']) ?? 0,
  };
}

function tokens(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= TOKENS_MAX ? value : null;
}

function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
