import { arg, given, leaf } from '../../command.ts';
import { flip, many, text } from '../../flags.ts';
import { requireChange } from '../require-change.ts';
import { showOne } from './group-view.ts';

export const editGroup = leaf({
  name: 'edit',
  about: 'change a group; --members replaces the whole list',
  examples: ['realms group edit cheap --members relay-3,main', 'realms group edit cheap --no-enabled'],
  args: { group: arg('name or id') },
  flags: {
    name: text('NAME', 'new name'),
    enabled: flip('whether it takes part in relaying'),
    members: many('NAMES', 'upstreams in order, other groups as group:NAME'),
    multiplier: text('X', 'price multiplier, such as 1.5'),
  },
  run: async (context, { args, flags }) => {
    const body = requireChange(given(flags));
    const { editGroup } = await import('../../../core/contract/index.ts');
    return showOne(await (await context.client()).call(editGroup, { params: args, body }));
  },
});
