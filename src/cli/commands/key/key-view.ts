import type { createKey, ResponseOf, showKey } from '../../../core/contract/index.ts';
import { type Answer, type Column, item } from '../../render/answer.ts';
import { instant, onOff, orNone, words } from '../../render/cells.ts';
import { limitFields } from '../limit-flags.ts';

type Key = ResponseOf<typeof showKey>;

export const KEY_COLUMNS: readonly Column<Key>[] = [
  { title: 'ID', cell: (row) => row.id },
  { title: 'USER', cell: (row) => orNone(row.user) },
  { title: 'NAME', cell: (row) => row.name },
  { title: 'HINT', cell: (row) => row.hint },
  { title: 'ENABLED', cell: (row) => onOff(row.enabled) },
  { title: 'GROUPS', cell: (row) => words(row.groups, 'all') },
  { title: 'EXPIRES', cell: (row) => instant(row.expires_at) },
  { title: 'LAST USED', cell: (row) => instant(row.last_used_at) },
];

export function showOne(key: Key): Answer {
  return item(key, [
    ['id', key.id],
    ['user', key.user ?? key.user_id],
    ['name', key.name],
    ['key', key.hint],
    ['enabled', onOff(key.enabled)],
    ['models', words(key.models, 'all')],
    ['addresses', words(key.ips, 'all')],
    ['groups', words(key.groups, 'every upstream')],
    ...limitFields(key),
    ['client gone', key.disconnect_policy ?? 'as the setting says'],
    ['valid from', key.not_before && instant(key.not_before)],
    ['expires', instant(key.expires_at)],
    ['last used', instant(key.last_used_at)],
    ['created', instant(key.created_at)],
  ]);
}

/** The only time at which the key itself is shown. */
export function showNew(key: ResponseOf<typeof createKey>): Answer {
  return item(
    key,
    [
      ['id', key.id],
      ['user', key.user ?? key.user_id],
      ['name', key.name],
      ['key', key.key],
    ],
    ['this is the only time that the key is shown: store it now'],
  );
}
