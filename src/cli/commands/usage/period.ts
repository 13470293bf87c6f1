import { given } from '../../command.ts';
import type { Context } from '../../context.ts';
import { readMoment } from '../../durations.ts';
import { text } from '../../flags.ts';

export const PERIOD_FLAGS = {
  since: text('WHEN', 'from then on: an instant, a date, or so long ago, such as 24h'),
  until: text('WHEN', 'before then'),
};

export function readPeriod(context: Context, flags: { since: string | undefined; until: string | undefined }) {
  const read = (value: string | undefined, name: string) =>
    value === undefined ? undefined : readMoment(value, name, context.clock.now(), 'ago');
  return given({ since: read(flags.since, '--since'), until: read(flags.until, '--until') });
}
