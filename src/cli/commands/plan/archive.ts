import { arg, leaf } from '../../command.ts';
import { showOne } from './plan-view.ts';

export const archivePlan = leaf({
  name: 'archive',
  about: 'take a plan off sale for good; who has it keeps it',
  examples: ['realms plan archive pro --yes'],
  args: { plan: arg('code or id') },
  run: async (context, { args }) => {
    await context.confirm(`Take the plan ${args.plan} off sale for good?`);
    const { archivePlan } = await import('../../../core/contract/index.ts');
    return showOne(await (await context.client()).call(archivePlan, { params: args }));
  },
});
