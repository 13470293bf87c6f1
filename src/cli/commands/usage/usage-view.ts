import type { listUsage, ResponseOf, summariseUsage } from '../../../core/contract/index.ts';
import type { Cell, Column } from '../../render/answer.ts';
import { instant, orNone, span, usdOrNone } from '../../render/cells.ts';

export type UsageEvent = ResponseOf<typeof listUsage>['items'][number];
type SummaryRow = ResponseOf<typeof summariseUsage>['items'][number];

export const USAGE_COLUMNS: readonly Column<UsageEvent>[] = [
  { title: 'AT', cell: (row) => instant(row.at) },
  { title: 'REQUEST', cell: (row) => row.id },
  { title: 'USER', cell: (row) => row.user ?? row.user_id },
  { title: 'KEY', cell: (row) => row.key ?? row.key_id },
  { title: 'MODEL', cell: (row) => row.model },
  { title: 'UPSTREAM', cell: (row) => orNone(row.upstream ?? row.upstream_id) },
  { title: 'OUTCOME', cell: (row) => outcomeCell(row.outcome) },
  { title: 'STATUS', right: true, cell: (row) => String(row.status) },
  { title: 'TRIES', right: true, cell: (row) => String(row.attempts) },
  { title: 'IN', right: true, cell: (row) => orNone(row.usage?.input_tokens) },
  { title: 'CACHED', right: true, cell: (row) => orNone(row.usage?.cached_input_tokens) },
  { title: 'OUT', right: true, cell: (row) => orNone(row.usage?.output_tokens) },
  { title: 'COST', right: true, cell: (row) => usdOrNone(row.cost_usd) },
  { title: 'CHARGED', right: true, cell: (row) => (row.payer === 'free' ? 'free' : usdOrNone(row.charged_usd)) },
  { title: 'TOOK', right: true, cell: (row) => span(row.duration_ms) },
];

export const SUMMARY_COLUMNS: readonly Column<SummaryRow>[] = [
  { title: 'OF', cell: (row) => orNone(row.label ?? row.group) },
  { title: 'REQUESTS', right: true, cell: (row) => String(row.requests) },
  { title: 'FAILED', right: true, cell: (row) => String(row.failures) },
  { title: 'IN', right: true, cell: (row) => String(row.input_tokens) },
  { title: 'CACHED', right: true, cell: (row) => String(row.cached_input_tokens) },
  { title: 'OUT', right: true, cell: (row) => String(row.output_tokens) },
  { title: 'COST', right: true, cell: (row) => usdOrNone(row.cost_usd) },
  { title: 'CHARGED', right: true, cell: (row) => usdOrNone(row.charged_usd) },
];

export function outcomeCell(outcome: string): Cell {
  if (outcome === 'completed') return { text: outcome, tone: 'good' };
  return { text: outcome, tone: outcome === 'failed' || outcome === 'refused' ? 'bad' : 'warn' };
}
