import { arg, leaf } from '../../command.ts';
import { showOne } from './group-view.ts';

export const showGroup = leaf({
  name: 'show',
  about: 'show a group with its members',
  examples: ['realms group show cheap'],
  args: { group: arg('name or id') },
  run: async (context, { args }) => {
    const { showGroup } = await import('../../../core/contract/index.ts');
    return showOne(await (await context.client()).call(showGroup, { params: args }));
  },
});
