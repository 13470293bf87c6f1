import { arg, given, leaf } from '../../command.ts';
import { choice, text } from '../../flags.ts';
import { LIMIT_FLAGS } from '../limit-flags.ts';
import { requireChange } from '../require-change.ts';
import { ROLES, STATUSES, showOne } from './user-view.ts';

export const editUser = leaf({
  name: 'edit',
  about: 'change a user; only what is given changes',
  examples: ['realms user edit alice --status suspended', 'realms user edit alice --rpm none'],
  args: { user: arg('name or id') },
  flags: {
    name: text('NAME', 'new name'),
    role: choice(ROLES, 'what the user may do'),
    status: choice(STATUSES, 'only active accounts are served'),
    ...LIMIT_FLAGS,
  },
  run: async (context, { args, flags }) => {
    const body = requireChange(given(flags));
    const { editUser } = await import('../../../core/contract/index.ts');
    return showOne(await (await context.client()).call(editUser, { params: args, body }));
  },
});
