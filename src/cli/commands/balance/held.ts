import type { listHolds as listHoldsRoute, ResponseOf } from '../../../core/contract/index.ts';
import { given, leaf } from '../../command.ts';
import { text } from '../../flags.ts';
import { type Column, list } from '../../render/answer.ts';
import { instant, orNone, usdOrNone } from '../../render/cells.ts';

type Hold = ResponseOf<typeof listHoldsRoute>['items'][number];

const COLUMNS: readonly Column<Hold>[] = [
  { title: 'HELD BY', cell: (row) => row.kind },
  { title: 'ID', cell: (row) => row.id },
  { title: 'USER', cell: (row) => row.user ?? row.user_id },
  { title: 'OF', cell: (row) => (row.payer === 'balance' ? 'balance' : `plan ${row.plan ?? row.subscription_id}`) },
  { title: 'AMOUNT', right: true, cell: (row) => usdOrNone(row.held_usd) },
  { title: 'SINCE', cell: (row) => instant(row.since) },
  { title: 'DAEMON', cell: (row) => orNone(row.daemon_id) },
  { title: 'UNTIL', cell: (row) => instant(row.expires_at) },
];

export const listHolds = leaf({
  name: 'held',
  about: 'list what is held right now, by running requests and by the leases that they draw on',
  examples: ['realms balance held', 'realms balance held --user alice'],
  flags: { user: text('NAME', 'only of this user') },
  run: async (context, { flags }) => {
    const { listHolds } = await import('../../../core/contract/index.ts');
    const holds = await (await context.client()).call(listHolds, { query: given(flags) });
    return list(holds, COLUMNS, 'nothing is held');
  },
});
