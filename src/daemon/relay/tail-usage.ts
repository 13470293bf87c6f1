import type { TokenUsage } from '../../core/usage/index.ts';
import { readOpenaiUsage } from './dialects/openai-usage.ts';

const USAGE_KEY = Buffer.from('"usage"');
const OBJECT_OPEN = 0x7b;
const OBJECT_CLOSE = 0x7d;
const OBJECT_MAX_BYTES = 4_096;

/**
 * Finds the last `usage` object near the end of a large JSON answer that was not kept. The bytes `"usage"` cannot occur
 * within a JSON string, whose quotes are escaped, so a hit is a key or a whole string value.
 */
export function readTailUsage(tail: Buffer): TokenUsage | null {
  for (let at = tail.lastIndexOf(USAGE_KEY); at >= 0; at = at === 0 ? -1 : tail.lastIndexOf(USAGE_KEY, at - 1)) {
    const usage = usageAt(tail, at + USAGE_KEY.length);
    if (usage) return usage;
  }
  return null;
}

function usageAt(tail: Buffer, from: number): TokenUsage | null {
  const start = tail.indexOf(OBJECT_OPEN, from);
  if (start < 0 || !/^\s*:\s*$/.test(tail.toString('latin1', from, Math.min(start, from + 16)))) return null;
  // A usage object holds numbers and one level of details, never strings with braces: try each closing brace in turn.
  const limit = Math.min(tail.length, start + OBJECT_MAX_BYTES);
  for (
    let end = tail.indexOf(OBJECT_CLOSE, start);
    end >= 0 && end < limit;
    end = tail.indexOf(OBJECT_CLOSE, end + 1)
  ) {
    try {
      return readOpenaiUsage(JSON.parse(tail.toString('utf8', start, end + 1)));
    } catch {
      // Not the closing brace of this object yet.
    }
  }
  return null;
}
