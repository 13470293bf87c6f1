import type { ResponseOf, showGroup } from '../../../core/contract/index.ts';
import { type Answer, type Column, item } from '../../render/answer.ts';
import { instant, onOff, words } from '../../render/cells.ts';

type Group = ResponseOf<typeof showGroup>;

export const GROUP_COLUMNS: readonly Column<Group>[] = [
  { title: 'NAME', cell: (row) => row.name },
  { title: 'ENABLED', cell: (row) => onOff(row.enabled) },
  { title: 'MULTIPLIER', right: true, cell: (row) => row.multiplier },
  { title: 'MEMBERS', cell: (row) => words(row.members) },
];

export function showOne(group: Group): Answer {
  return item(group, [
    ['name', group.name],
    ['id', group.id],
    ['enabled', onOff(group.enabled)],
    ['multiplier', group.multiplier],
    ['members', words(group.members)],
    ['created', instant(group.created_at)],
  ]);
}
