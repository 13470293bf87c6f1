import type { listCallbacks, listDifferences, listRefunds, ResponseOf } from '../../../core/contract/index.ts';
import { type Answer, type Cell, type Column, type Field, item } from '../../render/answer.ts';
import { instant, orNone } from '../../render/cells.ts';

export type Callback = ResponseOf<typeof listCallbacks>['items'][number];
export type Refund = ResponseOf<typeof listRefunds>['items'][number];
export type Difference = ResponseOf<typeof listDifferences>['items'][number];

export const CALLBACK_STATES = ['received', 'applied', 'retry', 'refused', 'ignored'] as const;
export const REFUND_STATES = ['requested', 'submitted', 'succeeded', 'failed', 'unknown'] as const;
export const DIFFERENCE_STATES = ['open', 'explained', 'fixed'] as const;

export const CALLBACK_COLUMNS: readonly Column<Callback>[] = [
  { title: 'RECEIVED', cell: (row) => instant(row.received_at) },
  { title: 'CHANNEL', cell: (row) => row.channel ?? row.channel_id },
  { title: 'TYPE', cell: (row) => row.type },
  { title: 'VERDICT', cell: verdictCell },
  { title: 'CAME', right: true, cell: (row) => `${row.deliveries}x` },
  { title: 'TRIED', right: true, cell: (row) => `${row.attempts}x` },
  { title: 'NEXT TRY', cell: (row) => instant(row.next_at) },
  { title: 'ORDER', cell: (row) => orNone(row.order_id) },
  { title: 'ID', cell: (row) => row.id },
];

export const REFUND_COLUMNS: readonly Column<Refund>[] = [
  { title: 'CREATED', cell: (row) => instant(row.created_at) },
  { title: 'AMOUNT', right: true, cell: (row) => `${row.amount} ${row.currency}` },
  { title: 'STATE', cell: (row) => refundCell(row.state) },
  { title: 'REASON', cell: (row) => row.reason },
  { title: 'ORDER', cell: (row) => row.order_id },
  { title: 'ID', cell: (row) => row.id },
];

export const DIFFERENCE_COLUMNS: readonly Column<Difference>[] = [
  { title: 'FOUND', cell: (row) => instant(row.created_at) },
  { title: 'WHAT', cell: (row) => row.kind },
  { title: 'STATE', cell: (row) => ({ text: row.state, tone: row.state === 'open' ? 'bad' : 'dim' }) },
  { title: 'DETAIL', cell: (row) => row.note ?? row.detail },
  { title: 'ORDER', cell: (row) => orNone(row.order_id) },
  { title: 'ID', cell: (row) => row.id },
];

export function callbackFields(callback: Callback): readonly Field[] {
  return [
    ['id', callback.id],
    ['channel', callback.channel ?? callback.channel_id],
    ['type', callback.type],
    ['event key', callback.event_key],
    ['verdict', verdictCell(callback)],
    ['detail', orNone(callback.error)],
    ['order', orNone(callback.order_id)],
    ['came', `${callback.deliveries}x, first ${instant(callback.received_at)}`],
    ['tried', `${callback.attempts}x, next ${instant(callback.next_at)}`],
  ];
}

export function showRefund(refund: Refund, notes: readonly string[] = []): Answer {
  return item(
    refund,
    [
      ['id', refund.id],
      ['amount', `${refund.amount} ${refund.currency}`],
      ['state', refundCell(refund.state)],
      ['payment', refund.payment_id],
      ['order', refund.order_id],
      ['reason', refund.reason],
      ['by', refund.actor],
      ['at the provider', orNone(refund.refund_ref)],
      ['said', orNone(refund.error)],
      ['created', instant(refund.created_at)],
      ['changed', instant(refund.updated_at)],
      ['next look', instant(refund.next_at)],
    ],
    notes,
  );
}

function verdictCell({ state, verdict }: Callback): Cell {
  if (state === 'refused') return { text: verdict, tone: 'bad' };
  return { text: verdict, tone: state === 'applied' ? 'good' : state === 'retry' ? 'warn' : 'dim' };
}

function refundCell(state: Refund['state']): Cell {
  if (state === 'succeeded') return { text: state, tone: 'good' };
  return { text: state, tone: state === 'failed' || state === 'unknown' ? 'bad' : 'warn' };
}
