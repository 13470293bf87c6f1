import { given, leaf } from '../../command.ts';
import { choice } from '../../flags.ts';
import { list } from '../../render/answer.ts';
import { PAGE_FLAGS, pageOf } from '../page-flags.ts';
import { PLAN_COLUMNS } from './plan-view.ts';

export const listPlans = leaf({
  name: 'list',
  alias: 'ls',
  about: 'list the plans, newest first',
  examples: ['realms plan list', 'realms plan list --state active'],
  flags: { state: choice(['active', 'archived'], 'only those'), ...PAGE_FLAGS },
  run: async (context, { flags }) => {
    const { listPlans } = await import('../../../core/contract/index.ts');
    const query = { ...pageOf(flags), ...given({ state: flags.state }) };
    const plans = await (await context.client()).call(listPlans, { query });
    return list(plans, PLAN_COLUMNS, 'no plans; add one with: realms plan add');
  },
});
