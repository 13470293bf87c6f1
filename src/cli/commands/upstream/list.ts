import { leaf } from '../../command.ts';
import { list } from '../../render/answer.ts';
import { UPSTREAM_COLUMNS } from './upstream-view.ts';

export const listUpstreams = leaf({
  name: 'list',
  alias: 'ls',
  about: 'list the upstreams in order of priority',
  examples: ['realms upstream list', 'realms upstream list -o json'],
  run: async (context) => {
    const { listUpstreams } = await import('../../../core/contract/index.ts');
    const upstreams = await (await context.client()).call(listUpstreams, {});
    return list(upstreams, UPSTREAM_COLUMNS, 'no upstreams; add one with: realms upstream add');
  },
});
