import { arg, leaf } from '../../command.ts';
import { removed } from '../removed.ts';

export const removeGroup = leaf({
  name: 'remove',
  alias: 'rm',
  about: 'remove a group; its upstreams stay',
  examples: ['realms group remove cheap --yes'],
  args: { group: arg('name or id') },
  run: async (context, { args }) => {
    await context.confirm(`Remove group ${args.group}?`);
    const { removeGroup } = await import('../../../core/contract/index.ts');
    await (await context.client()).call(removeGroup, { params: args });
    return removed('group', args.group);
  },
});
