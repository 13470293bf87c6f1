import { arg, leaf } from '../../command.ts';
import { showOne } from './subscription-view.ts';

export const showSubscription = leaf({
  name: 'show',
  about: 'show a subscription: what is left in each window, when that resets, and what gave it its time',
  examples: ['realms subscription show sub_01jd0'],
  args: { subscription: arg('id or unique beginning of an id') },
  run: async (context, { args }) => {
    const { showSubscription } = await import('../../../core/contract/index.ts');
    return showOne(await (await context.client()).call(showSubscription, { params: args }));
  },
});
