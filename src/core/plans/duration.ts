import { DAY_MS, type EpochMs, epochMs, HOUR_MS } from '../time.ts';

export const DURATION_UNITS = ['hour', 'day', 'month'] as const;
export type DurationUnit = (typeof DURATION_UNITS)[number];

/** How long a purchase lasts. Hours and days have a fixed length; a month is one of the calendar, in UTC. */
export interface Duration {
  readonly count: number;
  readonly unit: DurationUnit;
}

/**
 * The end of a period that begins at `from`. A month ends on the anchor day (1–31), or on the last day of a month that has
 * no such day: what began on the 31st of January ends on the 28th of February and then on the 31st of March.
 */
export function endOfPeriod(from: EpochMs, { count, unit }: Duration, anchorDay: number = dayOfMonth(from)): EpochMs {
  if (unit === 'hour') return epochMs(from + count * HOUR_MS);
  if (unit === 'day') return epochMs(from + count * DAY_MS);
  const begin = new Date(from);
  const year = begin.getUTCFullYear();
  const month = begin.getUTCMonth() + count;
  // Day 0 of the month after is the last day of this one.
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const timeOfDay = from - Date.UTC(year, begin.getUTCMonth(), begin.getUTCDate());
  return epochMs(Date.UTC(year, month, Math.min(anchorDay, lastDay)) + timeOfDay);
}

/** 1 to 31, in UTC. */
export function dayOfMonth(at: EpochMs): number {
  return new Date(at).getUTCDate();
}
