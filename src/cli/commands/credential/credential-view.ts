import type { editCredential, ResponseOf } from '../../../core/contract/index.ts';
import { type Answer, type Column, item } from '../../render/answer.ts';
import { instant, onOff } from '../../render/cells.ts';
import { limitFields } from '../limit-flags.ts';
import { stateCell } from '../upstream/upstream-view.ts';

type Credential = ResponseOf<typeof editCredential>;

export const CREDENTIAL_COLUMNS: readonly Column<Credential>[] = [
  { title: 'ID', cell: (row) => row.id },
  { title: 'UPSTREAM', cell: (row) => row.upstream },
  { title: 'NAME', cell: (row) => row.name },
  { title: 'HINT', cell: (row) => row.hint },
  { title: 'STATE', cell: (row) => stateCell(row.state) },
  { title: 'UNTIL', cell: (row) => instant(row.cooldowns[0]?.until) },
  { title: 'WEIGHT', right: true, cell: (row) => String(row.weight) },
  { title: 'EXPIRES', cell: (row) => instant(row.expires_at) },
];

export function showOne(credential: Credential, notes: readonly string[] = []): Answer {
  const cooldowns = credential.cooldowns.map((one) => `${one.reason} until ${instant(one.until)}`);
  return item(
    credential,
    [
      ['id', credential.id],
      ['upstream', credential.upstream],
      ['name', credential.name],
      ['key', `${credential.hint} (fingerprint ${credential.fingerprint})`],
      ['state', stateCell(credential.state)],
      ['enabled', onOff(credential.enabled)],
      ['cooldowns', cooldowns.length === 0 ? null : cooldowns.join('; ')],
      ['weight', String(credential.weight)],
      ['proxy', credential.has_proxy ? 'own egress proxy' : '-'],
      ...limitFields(credential),
      [
        'model limits',
        Object.keys(credential.model_limits).length === 0 ? '-' : JSON.stringify(credential.model_limits),
      ],
      ['expires', instant(credential.expires_at)],
      ['created', instant(credential.created_at)],
    ],
    notes,
  );
}
