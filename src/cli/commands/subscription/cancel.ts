import { arg, given, leaf } from '../../command.ts';
import { toggle } from '../../flags.ts';
import { showOne } from './subscription-view.ts';

export const cancelSubscription = leaf({
  name: 'cancel',
  about: 'end a subscription at once, or keep it from being renewed; needs --reason',
  examples: [
    'realms subscription cancel sub_01jd0 --reason "asked for it" --yes',
    'realms subscription cancel sub_01jd0 --at-end --reason "moves to another plan" --yes',
  ],
  args: { subscription: arg('id or unique beginning of an id') },
  flags: { atEnd: toggle('let it run to its end; it is only not renewed') },
  run: async (context, { args, flags }) => {
    const when = flags.atEnd ? 'at its end' : 'at once; what is left of its time is lost';
    await context.confirm(`Cancel subscription ${args.subscription} ${when}?`);
    const { cancelSubscription } = await import('../../../core/contract/index.ts');
    const body = given({ at_end: flags.atEnd });
    return showOne(await (await context.client()).call(cancelSubscription, { params: args, body }));
  },
});
