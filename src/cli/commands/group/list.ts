import { leaf } from '../../command.ts';
import { list } from '../../render/answer.ts';
import { GROUP_COLUMNS } from './group-view.ts';

export const listGroups = leaf({
  name: 'list',
  alias: 'ls',
  about: 'list the groups',
  examples: ['realms group list'],
  run: async (context) => {
    const { listGroups } = await import('../../../core/contract/index.ts');
    return list(await (await context.client()).call(listGroups, {}), GROUP_COLUMNS, 'no groups');
  },
});
