import { arg, leaf } from '../../command.ts';
import { showOne } from './upstream-view.ts';

export const showUpstream = leaf({
  name: 'show',
  about: 'show an upstream with its endpoints and credentials',
  examples: ['realms upstream show main'],
  args: { upstream: arg('name or id') },
  run: async (context, { args }) => {
    const { showUpstream } = await import('../../../core/contract/index.ts');
    return showOne(await (await context.client()).call(showUpstream, { params: args }));
  },
});
