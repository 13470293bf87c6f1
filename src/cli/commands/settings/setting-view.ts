import type { ResponseOf, showSetting } from '../../../core/contract/index.ts';
import { type Answer, type Column, item } from '../../render/answer.ts';
import { orNone } from '../../render/cells.ts';

type Setting = ResponseOf<typeof showSetting>;

export const SETTING_COLUMNS: readonly Column<Setting>[] = [
  { title: 'KEY', cell: (row) => row.key },
  { title: 'VALUE', cell: (row) => orNone(row.value) },
  { title: 'FROM', cell: (row) => row.source },
  { title: 'RUNTIME', cell: (row) => (row.runtime ? 'yes' : 'restart') },
  { title: 'MEANING', cell: (row) => row.doc },
];

export function showOne(setting: Setting, notes: readonly string[] = []): Answer {
  return item(
    setting,
    [
      ['key', setting.key],
      ['value', orNone(setting.value)],
      ['from', setting.source],
      ['changes', setting.runtime ? 'at once, with: realms settings set' : 'in the config file, with a restart'],
      ['meaning', setting.doc],
    ],
    notes,
  );
}
