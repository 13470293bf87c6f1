import type { listTokens as listTokensRoute, ResponseOf } from '../../../core/contract/index.ts';
import { leaf } from '../../command.ts';
import { type Column, list } from '../../render/answer.ts';
import { instant } from '../../render/cells.ts';

const COLUMNS: readonly Column<ResponseOf<typeof listTokensRoute>['items'][number]>[] = [
  { title: 'ID', cell: (row) => row.id },
  { title: 'NAME', cell: (row) => row.name },
  { title: 'ROLE', cell: (row) => row.role },
  { title: 'EXPIRES', cell: (row) => instant(row.expires_at) },
  { title: 'CREATED', cell: (row) => instant(row.created_at) },
];

export const listTokens = leaf({
  name: 'list',
  alias: 'ls',
  about: 'list the admin tokens, without their text',
  examples: ['realms token list'],
  run: async (context) => {
    const { listTokens } = await import('../../../core/contract/index.ts');
    return list(await (await context.client()).call(listTokens, {}), COLUMNS, 'no admin tokens');
  },
});
