import type { listCooldowns as listCooldownsRoute, ResponseOf } from '../../../core/contract/index.ts';
import { given, leaf } from '../../command.ts';
import { text } from '../../flags.ts';
import { type Column, list } from '../../render/answer.ts';
import { instant, orNone } from '../../render/cells.ts';

type Cooldown = ResponseOf<typeof listCooldownsRoute>['items'][number];

const COLUMNS: readonly Column<Cooldown>[] = [
  { title: 'ID', cell: (row) => row.id },
  { title: 'UPSTREAM', cell: (row) => orNone(row.upstream ?? row.upstream_id) },
  { title: 'LEFT ALONE', cell: whatIsCooling },
  { title: 'REASON', cell: (row) => ({ text: row.reason, tone: 'warn' }) },
  { title: 'SINCE', cell: (row) => instant(row.since) },
  { title: 'UNTIL', cell: (row) => instant(row.until) },
  { title: 'FROM', cell: (row) => row.source },
  { title: 'EVIDENCE', cell: (row) => orNone(row.evidence) },
];

export const listCooldowns = leaf({
  name: 'list',
  alias: 'ls',
  about: 'list what is left alone for a while, and why',
  examples: ['realms cooldown list', 'realms cooldown list --upstream main'],
  flags: { upstream: text('NAME', 'only of this upstream') },
  run: async (context, { flags }) => {
    const { listCooldowns } = await import('../../../core/contract/index.ts');
    const cooldowns = await (await context.client()).call(listCooldowns, { query: given(flags) });
    return list(cooldowns, COLUMNS, 'nothing is cooling down');
  },
});

function whatIsCooling(cooldown: Cooldown): string {
  const subject = cooldown.endpoint ?? cooldown.credential ?? cooldown.credential_id ?? cooldown.scope;
  return cooldown.model === null ? subject : `${subject} for ${cooldown.model}`;
}
