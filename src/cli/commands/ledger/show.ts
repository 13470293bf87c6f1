import type { listTransfers as listTransfersRoute, ResponseOf } from '../../../core/contract/index.ts';
import { given, leaf } from '../../command.ts';
import { text } from '../../flags.ts';
import { type Column, list } from '../../render/answer.ts';
import { instant, orNone, usdOrNone } from '../../render/cells.ts';
import { PAGE_FLAGS, pageOf } from '../page-flags.ts';
import { PERIOD_FLAGS, readPeriod } from '../usage/period.ts';

const COLUMNS: readonly Column<ResponseOf<typeof listTransfersRoute>['items'][number]>[] = [
  { title: 'AT', cell: (row) => instant(row.at) },
  { title: 'KIND', cell: (row) => row.kind },
  { title: 'AMOUNT', right: true, cell: (row) => usdOrNone(row.amount_usd) },
  { title: 'FROM', cell: (row) => accountName(row.debit_account, row) },
  { title: 'TO', cell: (row) => accountName(row.credit_account, row) },
  { title: 'CAUSE', cell: (row) => row.ref_id },
  { title: 'BY', cell: (row) => row.actor },
  { title: 'REASON', cell: (row) => orNone(row.reason) },
];

export const showLedger = leaf({
  name: 'show',
  alias: 'list',
  about: 'list what money moved, from where to where and why, newest first',
  examples: ['realms ledger show --user alice', 'realms ledger show --kind adjust --since 7d -o json'],
  flags: {
    user: text('NAME', 'only of this user'),
    kind: text('KIND', 'only of this kind, such as usage, order, adjust or redeem'),
    ref: text('ID', 'only what this request, order, code or adjustment caused'),
    account: text('ACCOUNT', 'only with this account on either side, such as revenue:usage'),
    ...PERIOD_FLAGS,
    ...PAGE_FLAGS,
  },
  run: async (context, { flags }) => {
    const { user, kind, ref, account } = flags;
    const query = { ...pageOf(flags), ...readPeriod(context, flags), ...given({ user, kind, ref, account }) };
    const { listTransfers } = await import('../../../core/contract/index.ts');
    return list(await (await context.client()).call(listTransfers, { query }), COLUMNS, 'no transfers');
  },
});

/** Users by their names, as long as they have one. */
function accountName(account: string, { user_id, user }: { user_id: string | null; user: string | null }): string {
  return user !== null && account === `user:${user_id}` ? `user:${user}` : account;
}
