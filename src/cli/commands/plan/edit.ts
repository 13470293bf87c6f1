import { arg, given, leaf } from '../../command.ts';
import { text } from '../../flags.ts';
import { requireChange } from '../require-change.ts';
import { PLAN_FLAGS, readPlanFlags } from './plan-flags.ts';
import { showOne } from './plan-view.ts';

export const editPlan = leaf({
  name: 'edit',
  about: 'sell a plan on other terms from now on; who has it keeps the version that was bought',
  examples: ['realms plan edit pro --price 25.00', 'realms plan edit pro --limit-5h none --models all'],
  args: { plan: arg('code or id') },
  flags: {
    price: text('AMOUNT', 'price in its currency, such as 20.00'),
    name: text('NAME', 'name for people'),
    ...PLAN_FLAGS,
  },
  run: async (context, { args, flags }) => {
    const { price, name } = flags;
    const body = requireChange({ ...given({ price, name }), ...readPlanFlags(flags) });
    const { editPlan } = await import('../../../core/contract/index.ts');
    return showOne(await (await context.client()).call(editPlan, { params: args, body }));
  },
});
