import { arg, given, leaf } from '../../command.ts';
import { required, text } from '../../flags.ts';
import { PLAN_FLAGS, readPlanFlags } from './plan-flags.ts';
import { showOne } from './plan-view.ts';

export const addPlan = leaf({
  name: 'add',
  about: 'add a plan, which is on sale at once',
  examples: [
    'realms plan add pro --price 20.00 --limit-5h 5 --limit-7d 40',
    'realms plan add trial --price 0 --duration 3d --limit-1d 1 --models gpt-5-mini --no-overage',
  ],
  args: { code: arg('code of your choice, by which it is bought') },
  flags: {
    price: required(text('AMOUNT', 'price in its currency, such as 20.00')),
    name: text('NAME', 'name for people; the code unless given'),
    ...PLAN_FLAGS,
  },
  run: async (context, { args, flags }) => {
    const { createPlan } = await import('../../../core/contract/index.ts');
    const { price, name } = flags;
    const body = { code: args.code, price, ...given({ name }), ...readPlanFlags(flags) };
    return showOne(await (await context.client()).call(createPlan, { body }));
  },
});
