import { leaf } from '../../command.ts';
import { list } from '../../render/answer.ts';
import { PAGE_FLAGS, pageOf } from '../page-flags.ts';
import { BALANCE_COLUMNS } from './balance-view.ts';

export const listBalances = leaf({
  name: 'list',
  alias: 'ls',
  about: 'list what users have, the newest user first',
  examples: ['realms balance list'],
  flags: PAGE_FLAGS,
  run: async (context, { flags }) => {
    const { listBalances } = await import('../../../core/contract/index.ts');
    const balances = await (await context.client()).call(listBalances, { query: pageOf(flags) });
    const answer = list(balances, BALANCE_COLUMNS, 'nobody has or had a balance');
    return { ...answer, names: balances.items.map((balance) => balance.user_id) };
  },
});
