import type { listAudit as listAuditRoute, ResponseOf } from '../../../core/contract/index.ts';
import { leaf } from '../../command.ts';
import { type Column, list } from '../../render/answer.ts';
import { instant, orNone } from '../../render/cells.ts';
import { PAGE_FLAGS, pageOf } from '../page-flags.ts';

const COLUMNS: readonly Column<ResponseOf<typeof listAuditRoute>['items'][number]>[] = [
  { title: 'AT', cell: (row) => instant(row.at) },
  { title: 'ACTOR', cell: (row) => row.actor },
  { title: 'ACTION', cell: (row) => row.action },
  { title: 'OBJECT', cell: (row) => row.object },
  { title: 'REASON', cell: (row) => orNone(row.reason) },
  { title: 'CHANGED', cell: (row) => (row.after === null ? '-' : JSON.stringify(row.after)) },
];

export const listAudit = leaf({
  name: 'list',
  alias: 'ls',
  about: 'list changes, newest first',
  examples: ['realms audit list --limit 20'],
  flags: PAGE_FLAGS,
  run: async (context, { flags }) => {
    const { listAudit } = await import('../../../core/contract/index.ts');
    return list(await (await context.client()).call(listAudit, { query: pageOf(flags) }), COLUMNS, 'no changes yet');
  },
});
