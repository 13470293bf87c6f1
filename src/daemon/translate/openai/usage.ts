import type { TokenUsage } from '../../../core/usage/index.ts';
import type { Json } from '../form/index.ts';

/** `usage` of Chat Completions. */
export function chatUsage(usage: TokenUsage): Json {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: inputDetails(usage),
    completion_tokens_details: { reasoning_tokens: usage.reasoning },
  };
}

/** `usage` of Responses: the same numbers by other names; both details are required there. */
export function responsesUsage(usage: TokenUsage): Json {
  return {
    input_tokens: usage.input,
    input_tokens_details: inputDetails(usage),
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: usage.input + usage.output,
  };
}

function inputDetails(usage: TokenUsage): Json {
  return { cached_tokens: usage.cachedInput, cache_write_tokens: usage.cacheWrite5m + usage.cacheWrite1h };
}
