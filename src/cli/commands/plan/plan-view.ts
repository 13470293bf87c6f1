import type { listPlanVersions, ResponseOf, showPlan } from '../../../core/contract/index.ts';
import { type Answer, type Column, item } from '../../render/answer.ts';
import { instant, orNone, usdOrNone, words } from '../../render/cells.ts';

type Plan = ResponseOf<typeof showPlan>;
type Version = ResponseOf<typeof listPlanVersions>['items'][number];
type Terms = Omit<Plan, 'id' | 'code' | 'state' | 'version_id'>;

const UNITS = { hour: 'h', day: 'd', month: 'mo' } as const;
const ON_REPURCHASE = {
  extend: 'extend: the subscription gets longer',
  stack: 'stack: a second one runs at once',
  queue: 'queue: one after the other',
} as const;

const TERM_COLUMNS: readonly Column<Terms>[] = [
  { title: 'VERSION', right: true, cell: (row) => String(row.version) },
  { title: 'NAME', cell: (row) => row.name },
  { title: 'PRICE', right: true, cell: priceOf },
  { title: 'FOR', right: true, cell: lengthOf },
  { title: '5H', right: true, cell: (row) => usdOrNone(row.limit_5h_usd) },
  { title: '1D', right: true, cell: (row) => usdOrNone(row.limit_1d_usd) },
  { title: '7D', right: true, cell: (row) => usdOrNone(row.limit_7d_usd) },
  { title: '30D', right: true, cell: (row) => usdOrNone(row.limit_30d_usd) },
  { title: 'FACTOR', right: true, cell: (row) => row.multiplier },
];

export const PLAN_COLUMNS: readonly Column<Plan>[] = [
  { title: 'CODE', cell: (row) => row.code },
  ...TERM_COLUMNS,
  { title: 'STATE', cell: (row) => ({ text: row.state, tone: row.state === 'active' ? 'good' : 'dim' }) },
];

export const VERSION_COLUMNS: readonly Column<Version>[] = [
  ...TERM_COLUMNS,
  { title: 'SINCE', cell: (row) => instant(row.created_at) },
];

export function showOne(plan: Plan, notes: readonly string[] = []): Answer {
  const limit = (usd: string | null) => (usd === null ? 'unlimited' : `$${usd}`);
  const fields = [
    ['code', plan.code],
    ['name', plan.name],
    ['id', plan.id],
    ['state', plan.state],
    ['version', `${plan.version}, ${plan.version_id}`],
    ['price', `${priceOf(plan)} for ${lengthOf(plan)}`],
    ['within 5 hours', limit(plan.limit_5h_usd)],
    ['within a day', limit(plan.limit_1d_usd)],
    ['within 7 days', limit(plan.limit_7d_usd)],
    ['within 30 days', limit(plan.limit_30d_usd)],
    ['factor', plan.multiplier],
    ['models', words(plan.models, 'all')],
    ['groups', words(plan.groups, 'all')],
    ['requests/min', orNone(plan.rpm)],
    ['tokens/min', orNone(plan.tpm)],
    ['concurrency', orNone(plan.concurrency)],
    ['when exhausted', plan.overage ? 'the balance pays on' : 'refused until a window resets'],
    ['bought again', ON_REPURCHASE[plan.on_repurchase]],
    ['renewed by the provider', plan.renews ? 'yes' : 'no'],
    ['created', instant(plan.created_at)],
  ] as const;
  return item(plan, fields, notes);
}

function priceOf(plan: Pick<Plan, 'price' | 'currency'>): string {
  return `${plan.price} ${plan.currency}`;
}

function lengthOf({ duration }: Pick<Plan, 'duration'>): string {
  return `${duration.count}${UNITS[duration.unit]}`;
}
