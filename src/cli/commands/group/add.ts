import { arg, given, leaf } from '../../command.ts';
import { many, text } from '../../flags.ts';
import { showOne } from './group-view.ts';

export const addGroup = leaf({
  name: 'add',
  about: 'create a group of upstreams: a rung of a failover and price ladder',
  examples: [
    'realms group add cheap --members relay-3,main',
    'realms group add all --members main,group:cheap --multiplier 1.5',
  ],
  args: { name: arg('name of your choice') },
  flags: {
    members: many('NAMES', 'upstreams in order, other groups as group:NAME'),
    multiplier: text('X', 'price multiplier, such as 1.5; 1 is the list price'),
  },
  run: async (context, { args, flags }) => {
    const { createGroup } = await import('../../../core/contract/index.ts');
    const { members, multiplier } = flags;
    const body = { name: args.name, ...given({ members, multiplier }) };
    return showOne(await (await context.client()).call(createGroup, { body }));
  },
});
