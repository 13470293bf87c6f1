import type { ResponseOf, showPaymentChannel } from '../../../../core/contract/index.ts';
import { type Answer, type Cell, type Column, item } from '../../../render/answer.ts';
import { instant, onOff, words } from '../../../render/cells.ts';

export type Channel = ResponseOf<typeof showPaymentChannel>;

export const CHANNEL_COLUMNS: readonly Column<Channel>[] = [
  { title: 'NAME', cell: (row) => row.name },
  { title: 'PROVIDER', cell: (row) => row.provider },
  { title: 'STATE', cell: (row) => onOff(row.enabled) },
  { title: 'MONEY', cell: (row) => money(row) },
  { title: 'SECRETS', cell: (row) => secrets(row) },
  { title: 'BY', cell: (row) => row.managed_by },
  { title: 'ID', cell: (row) => row.id },
];

export function showOne(channel: Channel, notes: readonly string[] = []): Answer {
  const settings = Object.entries(channel.settings).map(([name, value]) => [name, String(value)] as const);
  return item(
    channel,
    [
      ['name', channel.name],
      ['id', channel.id],
      ['provider', channel.provider],
      ['state', onOff(channel.enabled)],
      ['money', money(channel)],
      ...settings,
      ['secrets', secrets(channel)],
      ['private addresses', channel.allow_private ? 'allowed' : 'refused'],
      ['called back at', channel.callback_path],
      ['managed by', channel.managed_by],
      ['created', instant(channel.created_at)],
    ],
    notes,
  );
}

function money({ livemode }: Channel): Cell {
  return livemode ? 'real' : { text: 'test', tone: 'warn' };
}

function secrets({ secrets: names }: Channel): Cell {
  return names === null ? { text: 'unreadable', tone: 'bad' } : words(names);
}
