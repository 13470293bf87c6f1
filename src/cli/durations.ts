import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS, SECOND_MS, toRfc3339 } from '../core/time.ts';
import { wrongUsage } from './command-failed.ts';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

/** `90s`, `15m`, `24h`, `30d`; months and years are calendar periods, not lengths of time. */
export function readDuration(text: string, name: string): number {
  const [, amount, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  const unitMs = UNITS[unit ?? ''];
  if (amount === undefined || unitMs === undefined) {
    throw wrongUsage(`${name} takes a length of time, not "${text}"`, 'like 30s, 15m, 24h or 30d');
  }
  return Number(amount) * unitMs;
}

/** A moment: RFC 3339, a date (midnight UTC), or a length of time counted from now in the given direction. */
export function readMoment(text: string, name: string, now: EpochMs, direction: 'ago' | 'ahead'): string {
  if (/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text)) {
    const at = Date.parse(text);
    if (!Number.isNaN(at)) return toRfc3339(at as EpochMs);
  }
  if (!/^\d+(ms|s|m|h|d)$/.test(text)) {
    throw wrongUsage(`${name} takes a moment, not "${text}"`, 'like 2026-12-31, 2026-12-31T18:00:00Z or 30d');
  }
  const length = readDuration(text, name);
  return toRfc3339((direction === 'ago' ? now - length : now + length) as EpochMs);
}
