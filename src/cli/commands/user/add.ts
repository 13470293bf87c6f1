import { arg, given, leaf } from '../../command.ts';
import { choice } from '../../flags.ts';
import { LIMIT_FLAGS } from '../limit-flags.ts';
import { ROLES, showOne } from './user-view.ts';

export const addUser = leaf({
  name: 'add',
  about: 'create a user, who can then own keys',
  examples: ['realms user add alice --rpm 120'],
  args: { name: arg('name of your choice') },
  flags: { role: choice(ROLES, 'what the user may do; user unless given'), ...LIMIT_FLAGS },
  run: async (context, { args, flags }) => {
    const { createUser } = await import('../../../core/contract/index.ts');
    return showOne(await (await context.client()).call(createUser, { body: { name: args.name, ...given(flags) } }));
  },
});
