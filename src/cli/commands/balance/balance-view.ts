import type { ResponseOf, showBalance } from '../../../core/contract/index.ts';
import type { Cell, Column, Field } from '../../render/answer.ts';
import { instant, usdOrNone } from '../../render/cells.ts';

type Balance = ResponseOf<typeof showBalance>;

export const BALANCE_COLUMNS: readonly Column<Balance>[] = [
  { title: 'USER', cell: (row) => row.user ?? row.user_id },
  { title: 'BALANCE', right: true, cell: (row) => money(row.balance_usd) },
  { title: 'HELD', right: true, cell: (row) => usdOrNone(row.held_usd) },
  { title: 'AVAILABLE', right: true, cell: (row) => money(row.available_usd) },
  { title: 'LAST MOVED', cell: (row) => instant(row.updated_at) },
];

export function balanceFields(balance: Balance): readonly Field[] {
  return [
    ['user', balance.user ?? balance.user_id],
    ['balance', money(balance.balance_usd)],
    ['held', usdOrNone(balance.held_usd)],
    ['available', money(balance.available_usd)],
    ['last moved', instant(balance.updated_at)],
  ];
}

function money(amount: string): Cell {
  const text = usdOrNone(amount);
  return amount.startsWith('-') ? { text, tone: 'bad' } : text;
}
