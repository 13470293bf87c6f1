import type { listUserTokens as listRoute, ResponseOf } from '../../../../core/contract/index.ts';
import { given, leaf } from '../../../command.ts';
import { text } from '../../../flags.ts';
import { type Column, list } from '../../../render/answer.ts';
import { instant, orNone } from '../../../render/cells.ts';
import { PAGE_FLAGS, pageOf } from '../../page-flags.ts';

const COLUMNS: readonly Column<ResponseOf<typeof listRoute>['items'][number]>[] = [
  { title: 'ID', cell: (row) => row.id },
  { title: 'USER', cell: (row) => row.user ?? row.user_id },
  { title: 'NAME', cell: (row) => orNone(row.name) },
  { title: 'TOKEN', cell: (row) => row.hint },
  { title: 'EXPIRES', cell: (row) => instant(row.expires_at) },
  { title: 'LAST USED', cell: (row) => instant(row.last_used_at) },
  { title: 'CREATED', cell: (row) => instant(row.created_at) },
];

export const listUserTokens = leaf({
  name: 'list',
  alias: 'ls',
  about: 'list the tokens of users, newest first, without their text',
  examples: ['realms user token list', 'realms user token list --user alice'],
  flags: { user: text('USER', 'only those of one user'), ...PAGE_FLAGS },
  run: async (context, { flags }) => {
    const { listUserTokens } = await import('../../../../core/contract/index.ts');
    const query = { ...pageOf(flags), ...given({ user: flags.user }) };
    return list(await (await context.client()).call(listUserTokens, { query }), COLUMNS, 'no user tokens');
  },
});
