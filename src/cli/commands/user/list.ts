import { leaf } from '../../command.ts';
import { list } from '../../render/answer.ts';
import { PAGE_FLAGS, pageOf } from '../page-flags.ts';
import { USER_COLUMNS } from './user-view.ts';

export const listUsers = leaf({
  name: 'list',
  alias: 'ls',
  about: 'list the users, newest first',
  examples: ['realms user list'],
  flags: PAGE_FLAGS,
  run: async (context, { flags }) => {
    const { listUsers } = await import('../../../core/contract/index.ts');
    return list(await (await context.client()).call(listUsers, { query: pageOf(flags) }), USER_COLUMNS, 'no users');
  },
});
