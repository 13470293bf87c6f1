import { leaf } from '../../command.ts';
import { list } from '../../render/answer.ts';
import { PAGE_FLAGS, pageOf } from '../page-flags.ts';
import { MODEL_COLUMNS } from './model-view.ts';

export const listModels = leaf({
  name: 'list',
  alias: 'ls',
  about: 'list the public models with their prices and upstreams',
  examples: ['realms model list', 'realms model list -o name'],
  flags: PAGE_FLAGS,
  run: async (context, { flags }) => {
    const { listModels } = await import('../../../core/contract/index.ts');
    const models = await (await context.client()).call(listModels, { query: pageOf(flags) });
    return list(models, MODEL_COLUMNS, 'no models; add one with: realms model add');
  },
});
