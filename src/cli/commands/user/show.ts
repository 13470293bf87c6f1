import { arg, leaf } from '../../command.ts';
import { showOne } from './user-view.ts';

export const showUser = leaf({
  name: 'show',
  about: 'show a user',
  examples: ['realms user show alice'],
  args: { user: arg('name or id') },
  run: async (context, { args }) => {
    const { showUser } = await import('../../../core/contract/index.ts');
    return showOne(await (await context.client()).call(showUser, { params: args }));
  },
});
