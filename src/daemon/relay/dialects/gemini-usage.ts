import type { TokenUsage } from '../../../core/usage/index.ts';
import { isRecord } from './openai-usage.ts';

/** A provider that counts more than this in one request has a defect. */
const TOKENS_MAX = 1_000_000_000;

/**
 * Reads `usageMetadata` of generateContent (Gemini API reference, "UsageMetadata"). The prompt count includes what was
 * cached, but not what tools of the provider read; the candidates' count leaves thoughts out. Null when it is no such
 * object.
 */
export function readGeminiUsage(value: unknown): TokenUsage | null {
  if (!isRecord(value)) return null;
  const prompt = tokens(value['promptTokenCount']);
  const total = tokens(value['totalTokenCount']);
  if (prompt === null && total === null) return null;
  const input = (prompt ?? 0) + (tokens(value['toolUsePromptTokenCount']) ?? 0);
  const reasoning = tokens(value['thoughtsTokenCount']) ?? 0;
  const cachedInput = Math.min(tokens(value['cachedContentTokenCount']) ?? 0, input);
  const output = (tokens(value['candidatesTokenCount']) ?? 0) + reasoning;
  return { input, cachedInput, cacheWrite5m: 0, cacheWrite1h: 0, output, reasoning };
}

function tokens(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= TOKENS_MAX ? value : null;
}
