import { arg, leaf } from '../../command.ts';
import { item } from '../../render/answer.ts';
import { balanceFields } from './balance-view.ts';

export const showBalance = leaf({
  name: 'show',
  about: 'show what a user has, what of it is held and what is left',
  examples: ['realms balance show alice'],
  args: { user: arg('name or id') },
  run: async (context, { args }) => {
    const { showBalance } = await import('../../../core/contract/index.ts');
    const balance = await (await context.client()).call(showBalance, { params: args });
    return { ...item(balance, balanceFields(balance)), names: [balance.user_id] };
  },
});
