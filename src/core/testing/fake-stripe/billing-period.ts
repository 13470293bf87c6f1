const DAY_SECONDS = 86_400;
const WEEK_DAYS = 7;
const YEAR_MONTHS = 12;

/** The end of `count` intervals after the anchor, in seconds; months keep the anchor's day where they have it. */
export function addInterval(
  anchorSeconds: number,
  { interval, interval_count: length }: { readonly interval: string; readonly interval_count: number },
  count: number,
): number {
  const steps = length * count;
  if (interval === 'day') return anchorSeconds + steps * DAY_SECONDS;
  if (interval === 'week') return anchorSeconds + steps * WEEK_DAYS * DAY_SECONDS;
  return addMonths(anchorSeconds, interval === 'year' ? steps * YEAR_MONTHS : steps);
}

function addMonths(anchorSeconds: number, months: number): number {
  const anchor = new Date(anchorSeconds * 1_000);
  const first = Date.UTC(anchor.getUTCFullYear(), anchor.getUTCMonth() + months, 1);
  const target = new Date(first);
  const lastDay = new Date(Date.UTC(target.getUTCFullYear(), target.getUTCMonth() + 1, 0)).getUTCDate();
  const timeOfDay = anchorSeconds % DAY_SECONDS;
  return first / 1_000 + (Math.min(anchor.getUTCDate(), lastDay) - 1) * DAY_SECONDS + timeOfDay;
}
