import type { TokenUsage } from '../../../core/usage/index.ts';
import type { Json } from '../form/index.ts';

/** `usageMetadata`: the prompt's count includes what was cached, the candidates' leaves thoughts out. */
export function writeUsage({ input, cachedInput, output, reasoning }: TokenUsage): Json {
  const thoughts = Math.min(reasoning, output);
  return {
    promptTokenCount: input,
    candidatesTokenCount: output - thoughts,
    totalTokenCount: input + output,
    ...(cachedInput > 0 && { cachedContentTokenCount: cachedInput }),
    ...(thoughts > 0 && { thoughtsTokenCount: thoughts }),
  };
}
