import type { Context } from '../context.ts';
import { readMoment } from '../durations.ts';

/** `--expires 90d`, a date, or `never`. */
export function readExpiry(context: Context, value: string | undefined, name: string): string | null | undefined {
  if (value === undefined) return undefined;
  if (value === 'never' || value === 'none') return null;
  return readMoment(value, name, context.clock.now(), 'ahead');
}
