import type { listAccounts as listAccountsRoute, ResponseOf } from '../../../core/contract/index.ts';
import { leaf } from '../../command.ts';
import { type Column, list } from '../../render/answer.ts';
import { usdOrNone } from '../../render/cells.ts';

const COLUMNS: readonly Column<ResponseOf<typeof listAccountsRoute>['items'][number]>[] = [
  { title: 'ACCOUNT', cell: (row) => row.account },
  { title: 'TRANSFERS', right: true, cell: (row) => String(row.transfers) },
  { title: 'TAKEN', right: true, cell: (row) => usdOrNone(row.debit_usd) },
  { title: 'GIVEN', right: true, cell: (row) => usdOrNone(row.credit_usd) },
  { title: 'BALANCE', right: true, cell: (row) => usdOrNone(row.balance_usd) },
];

export const listAccounts = leaf({
  name: 'accounts',
  about: 'sum what went in and out of each account; all users together are one',
  examples: ['realms ledger accounts'],
  run: async (context) => {
    const { listAccounts } = await import('../../../core/contract/index.ts');
    const sums = await (await context.client()).call(listAccounts, {}, { slow: true });
    return { ...list(sums, COLUMNS, 'no money has moved yet'), names: sums.items.map((sum) => sum.account) };
  },
});
