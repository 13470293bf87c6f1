import type { TokenUsage } from '../../../core/usage/index.ts';
import { freshOf } from '../../relay/dialects/index.ts';
import type { Json } from '../form/index.ts';

/** `usage` of a whole answer (Anthropic API reference, "Create a Message", "Returns"). */
export function writeUsage(usage: TokenUsage | null, serviceTier: string | null): Json {
  return { ...writeDeltaUsage(usage, null), service_tier: serviceTier };
}

/**
 * `usage` of `message_delta`: counts of the whole answer. Before it ended, nothing is known and nothing counted. The tier
 * is known only now, so it stands here, though the API says it at the start.
 */
export function writeDeltaUsage(usage: TokenUsage | null, serviceTier: string | null): Json {
  const tier = serviceTier === null ? {} : { service_tier: serviceTier };
  if (usage === null) return { input_tokens: 0, output_tokens: 0, ...tier };
  const { cachedInput, cacheWrite5m, cacheWrite1h, output, reasoning } = usage;
  return {
    input_tokens: freshOf(usage),
    cache_creation_input_tokens: cacheWrite5m + cacheWrite1h,
    cache_read_input_tokens: cachedInput,
    cache_creation: { ephemeral_5m_input_tokens: cacheWrite5m, ephemeral_1h_input_tokens: cacheWrite1h },
    output_tokens: output,
    output_tokens_details: { thinking_tokens: reasoning },
    ...tier,
  };
}
