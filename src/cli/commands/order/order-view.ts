import type { listOrders, ResponseOf } from '../../../core/contract/index.ts';
import { type Answer, type Cell, type Column, type Field, item } from '../../render/answer.ts';
import { instant, orNone, usdOrNone } from '../../render/cells.ts';

export type Order = ResponseOf<typeof listOrders>['items'][number];

export const KINDS = ['topup', 'subscription'] as const;
export const STATES = ['pending', 'paid', 'fulfilled', 'canceled', 'expired', 'failed', 'paid_late'] as const;

export const ORDER_COLUMNS: readonly Column<Order>[] = [
  { title: 'CREATED', cell: (row) => instant(row.created_at) },
  { title: 'NUMBER', cell: (row) => row.number },
  { title: 'USER', cell: (row) => row.user ?? row.user_id },
  { title: 'FOR', cell: (row) => row.plan ?? row.kind },
  { title: 'AMOUNT', right: true, cell: (row) => `${row.amount} ${row.currency}` },
  { title: 'STATE', cell: (row) => stateCell(row.state) },
  { title: 'CHANNEL', cell: (row) => row.channel ?? row.channel_id },
];

export function orderFields(order: Order): readonly Field[] {
  return [
    ['number', order.number],
    ['id', order.id],
    ['user', order.user ?? order.user_id],
    ['for', order.plan === null ? order.kind : `the plan ${order.plan}`],
    ['state', stateCell(order.state)],
    ['amount', `${order.amount} ${order.currency}`],
    ['worth', `${usdOrNone(order.credit_usd)} at ${order.rate} ${order.currency} for a dollar`],
    ['channel', `${order.channel ?? order.channel_id} (${order.provider})`],
    ['method', orNone(order.method)],
    ['created', instant(order.created_at)],
    ['expires', instant(order.expires_at)],
    ['paid', instant(order.paid_at)],
    ['fulfilled', instant(order.fulfilled_at)],
  ];
}

export function showOne(order: Order, notes: readonly string[] = []): Answer {
  return item(order, orderFields(order), notes);
}

function stateCell(state: Order['state']): Cell {
  if (state === 'fulfilled' || state === 'paid') return { text: state, tone: 'good' };
  return { text: state, tone: state === 'pending' || state === 'paid_late' ? 'warn' : 'dim' };
}
