/** Tokens as the provider counts them. Cached and cache-write tokens are parts of `input`; reasoning is part of `output`. */
export interface TokenUsage {
  readonly input: number;
  readonly cachedInput: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  readonly output: number;
  readonly reasoning: number;
}

/** Where the numbers of an event come from. */
export type UsageSource = 'upstream' | 'drained' | 'estimated' | 'none';
