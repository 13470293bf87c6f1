import type { editCodeBatch, editRedemptionCode, ResponseOf } from '../../../core/contract/index.ts';
import type { Cell, Column, Field } from '../../render/answer.ts';
import { instant, usdOrNone } from '../../render/cells.ts';

type Batch = ResponseOf<typeof editCodeBatch>;
type Code = ResponseOf<typeof editRedemptionCode>;

export const BATCH_COLUMNS: readonly Column<Batch>[] = [
  { title: 'ID', cell: (row) => row.id },
  { title: 'NAME', cell: (row) => row.name },
  { title: 'GIVES', cell: givesOf },
  { title: 'CODES', right: true, cell: (row) => String(row.codes) },
  { title: 'ENABLED', right: true, cell: (row) => String(row.enabled_codes) },
  { title: 'REDEEMED', right: true, cell: (row) => String(row.redemptions) },
  { title: 'PER USER', right: true, cell: (row) => orAny(row.max_per_user) },
  { title: 'EXPIRES', cell: (row) => instant(row.expires_at) },
  { title: 'CREATED', cell: (row) => instant(row.created_at) },
];

export const CODE_COLUMNS: readonly Column<Code>[] = [
  { title: 'ID', cell: (row) => row.id },
  { title: 'ENDS IN', cell: (row) => row.hint },
  { title: 'STATE', cell: stateCell },
  { title: 'GIVES', cell: givesOf },
  { title: 'REDEEMED', right: true, cell: (row) => `${row.redeemed} of ${orAny(row.max_redemptions)}` },
  { title: 'EXPIRES', cell: (row) => instant(row.expires_at) },
  { title: 'BATCH', cell: (row) => row.batch },
];

export function codeFields(code: Code): readonly Field[] {
  return [
    ['id', code.id],
    ['ends in', code.hint],
    ['state', stateCell(code)],
    ['gives', givesOf(code)],
    ['redeemed', `${code.redeemed} of ${orAny(code.max_redemptions)}`],
    ['per user', orAny(code.max_per_user)],
    ['expires', instant(code.expires_at)],
    ['batch', `${code.batch} (${code.batch_id})`],
    ['created', instant(code.created_at)],
  ];
}

function givesOf({ amount_usd, plan }: Pick<Code, 'amount_usd' | 'plan'>): string {
  return amount_usd === null ? `plan ${plan}` : usdOrNone(amount_usd);
}

function stateCell({ state }: Code): Cell {
  return { text: state, tone: state === 'ready' ? 'good' : 'dim' };
}

function orAny(limit: number | null): string {
  return limit === null ? 'any' : String(limit);
}
