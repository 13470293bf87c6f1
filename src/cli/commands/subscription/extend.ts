import { arg, leaf } from '../../command.ts';
import { wrongUsage } from '../../command-failed.ts';
import { readMoment } from '../../durations.ts';
import { text, whole } from '../../flags.ts';
import { showOne } from './subscription-view.ts';

export const extendSubscription = leaf({
  name: 'extend',
  about: 'let a subscription end later; one that has expired runs again from now on',
  examples: ['realms subscription extend sub_01jd0 --days 7', 'realms subscription extend sub_01jd0 --to 2027-01-31'],
  args: { subscription: arg('id or unique beginning of an id') },
  flags: {
    days: whole('N', 'so many days more'),
    to: text('WHEN', 'the new end: an instant, a date, or a time from now such as 30d'),
  },
  run: async (context, { args, flags }) => {
    const body = bodyOf(flags.days, flags.to, (to) => readMoment(to, '--to', context.clock.now(), 'ahead'));
    const { extendSubscription } = await import('../../../core/contract/index.ts');
    return showOne(await (await context.client()).call(extendSubscription, { params: args, body }));
  },
});

function bodyOf(days: number | undefined, to: string | undefined, momentOf: (to: string) => string) {
  if (days !== undefined && to === undefined) return { days };
  if (to !== undefined && days === undefined) return { ends_at: momentOf(to) };
  throw wrongUsage('give either --days or --to', 'like --days 7, or --to 2027-01-31');
}
