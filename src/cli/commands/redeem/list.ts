import { given, leaf } from '../../command.ts';
import { text } from '../../flags.ts';
import { list } from '../../render/answer.ts';
import { PAGE_FLAGS, pageOf } from '../page-flags.ts';
import { CODE_COLUMNS } from './redeem-view.ts';

export const listCodes = leaf({
  name: 'list',
  alias: 'ls',
  about: 'list the codes without their texts, newest first',
  examples: ['realms redeem list --batch spring'],
  flags: { batch: text('BATCH', 'only of this batch: its id or name'), ...PAGE_FLAGS },
  run: async (context, { flags }) => {
    const { listRedemptionCodes } = await import('../../../core/contract/index.ts');
    const query = { ...pageOf(flags), ...given({ batch: flags.batch }) };
    return list(await (await context.client()).call(listRedemptionCodes, { query }), CODE_COLUMNS, 'no codes');
  },
});
