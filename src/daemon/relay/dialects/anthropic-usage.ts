import type { TokenUsage } from '../../../core/usage/index.ts';
import { isRecord } from './openai-usage.ts';

/** A provider that counts more than this in one request has a defect. */
const TOKENS_MAX = 1_000_000_000;

/**
 * Reads `usage` of the Messages API. There `input_tokens` are those that no cache had to do with; here `input` is all of
 * them (Anthropic API reference, "Prompt caching", "Tracking cache performance"). Null when it is no such object.
 *
 * Within a stream, `before` is what earlier events said: counts are of the whole answer so far, and one that is missing
 * has not changed.
 */
export function readAnthropicUsage(value: unknown, before: TokenUsage | null = null): TokenUsage | null {
  if (!isRecord(value)) return before;
  const fresh = tokens(value['input_tokens']) ?? (before && freshOf(before));
  const output = tokens(value['output_tokens']) ?? before?.output ?? 0;
  if (fresh === null) return before;
  const cachedInput = tokens(value['cache_read_input_tokens']) ?? before?.cachedInput ?? 0;
  const writes = readWrites(value, before);
  const details = value['output_tokens_details'];
  const thinking = isRecord(details) ? tokens(details['thinking_tokens']) : null;
  const reasoning = Math.min(thinking ?? before?.reasoning ?? 0, output);
  const input = fresh + cachedInput + writes.cacheWrite5m + writes.cacheWrite1h;
  return { input, cachedInput, ...writes, output, reasoning };
}

/** The part of `input` that `input_tokens` of this API counts. */
export function freshOf({ input, cachedInput, cacheWrite5m, cacheWrite1h }: TokenUsage): number {
  return Math.max(0, input - cachedInput - cacheWrite5m - cacheWrite1h);
}

// The sum is always there; how long they are kept may not be, and is five minutes then.
function readWrites(
  value: Record<string, unknown>,
  before: TokenUsage | null,
): Pick<TokenUsage, 'cacheWrite5m' | 'cacheWrite1h'> {
  const parts = isRecord(value['cache_creation']) ? value['cache_creation'] : {};
  const long = tokens(parts['ephemeral_1h_input_tokens']);
  const short = tokens(parts['ephemeral_5m_input_tokens']);
  const sum = tokens(value['cache_creation_input_tokens']);
  const cacheWrite1h = long ?? (sum === null ? (before?.cacheWrite1h ?? 0) : Math.min(before?.cacheWrite1h ?? 0, sum));
  if (sum !== null) return { cacheWrite5m: Math.max(0, sum - cacheWrite1h), cacheWrite1h };
  return { cacheWrite5m: short ?? before?.cacheWrite5m ?? 0, cacheWrite1h };
}

function tokens(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= TOKENS_MAX ? value : null;
}
