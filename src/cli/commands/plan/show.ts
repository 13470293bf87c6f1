import { arg, leaf } from '../../command.ts';
import { toggle } from '../../flags.ts';
import { list } from '../../render/answer.ts';
import { showOne, VERSION_COLUMNS } from './plan-view.ts';

export const showPlan = leaf({
  name: 'show',
  about: 'show a plan, or every version in which it was sold',
  examples: ['realms plan show pro', 'realms plan show pro --versions'],
  args: { plan: arg('code or id') },
  flags: { versions: toggle('every version, the latest first') },
  run: async (context, { args, flags }) => {
    const { listPlanVersions, showPlan } = await import('../../../core/contract/index.ts');
    const client = await context.client();
    if (!flags.versions) return showOne(await client.call(showPlan, { params: args }));
    return list(await client.call(listPlanVersions, { params: args }), VERSION_COLUMNS, 'no versions');
  },
});
