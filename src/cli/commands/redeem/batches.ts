import { leaf } from '../../command.ts';
import { list } from '../../render/answer.ts';
import { PAGE_FLAGS, pageOf } from '../page-flags.ts';
import { BATCH_COLUMNS } from './redeem-view.ts';

export const listBatches = leaf({
  name: 'batches',
  about: 'list what was made together and how much of it was redeemed, newest first',
  examples: ['realms redeem batches'],
  flags: PAGE_FLAGS,
  run: async (context, { flags }) => {
    const { listCodeBatches } = await import('../../../core/contract/index.ts');
    const batches = await (await context.client()).call(listCodeBatches, { query: pageOf(flags) });
    return list(batches, BATCH_COLUMNS, 'no codes; make some with: realms redeem create');
  },
});
