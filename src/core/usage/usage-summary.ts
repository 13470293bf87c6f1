import type { Ctx } from '../database/index.ts';
import { DAY_MS } from '../time.ts';
import { narrow, type UsageFilter } from './usage-store.ts';

export const SUMMARY_AXES = ['model', 'user', 'key', 'upstream', 'day'] as const;
export type SummaryAxis = (typeof SUMMARY_AXES)[number];

export interface UsageSummaryRow {
  /** The model's name, an id, or a UTC day as `2026-11-20`. */
  readonly group: string;
  readonly requests: number;
  /** Requests that did not complete. */
  readonly failures: number;
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly costUsdMicros: number;
  /** What was taken from balances and plans for it. */
  readonly chargedUsdMicros: number;
  /** Requests whose model had no price, so that their cost is not in the sum. */
  readonly unpriced: number;
}

const GROUPS_MAX = 1_000;
const COLUMNS: Readonly<Record<Exclude<SummaryAxis, 'day'>, string>> = {
  model: 'model',
  user: 'user_id',
  key: 'key_id',
  upstream: 'upstream_id',
};

/** Adds usage up along one axis, the costliest group first; days in calendar order. At most 1,000 groups, of days the latest. */
export async function summariseUsage(
  ctx: Ctx,
  input: { readonly by: SummaryAxis } & UsageFilter,
): Promise<readonly UsageSummaryRow[]> {
  // `at - at % day` is the same whole-number arithmetic on both databases.
  const group = input.by === 'day' ? ctx.db.raw(`(at - at % ${DAY_MS})`) : ctx.db.ref(COLUMNS[input.by]);
  const rows: Record<string, unknown>[] = await narrow(ctx.db('usage_events'), input)
    .select({ group_key: group })
    .select(
      ctx.db.raw('count(*) as requests'),
      ctx.db.raw("sum(case when outcome = 'completed' then 0 else 1 end) as failures"),
      ctx.db.raw('sum(input_tokens) as input_tokens'),
      ctx.db.raw('sum(cached_input_tokens) as cached_input_tokens'),
      ctx.db.raw('sum(output_tokens) as output_tokens'),
      ctx.db.raw('sum(reasoning_tokens) as reasoning_tokens'),
      ctx.db.raw('sum(cost_usd_micros) as cost_usd_micros'),
      ctx.db.raw('sum(charged_usd_micros) as charged_usd_micros'),
      ctx.db.raw("sum(case when usage_source <> 'none' and cost_usd_micros is null then 1 else 0 end) as unpriced"),
    )
    .groupBy('group_key')
    .orderByRaw(input.by === 'day' ? '1 desc' : 'sum(cost_usd_micros) desc nulls last, 1')
    .limit(GROUPS_MAX);
  const summary = rows.map((row) => toSummaryRow(row, input.by));
  return input.by === 'day' ? summary.reverse() : summary;
}

function toSummaryRow(row: Record<string, unknown>, by: SummaryAxis): UsageSummaryRow {
  const key = row['group_key'];
  return {
    group: by === 'day' ? new Date(Number(key)).toISOString().slice(0, 10) : String(key ?? '-'),
    requests: Number(row['requests']),
    failures: Number(row['failures']),
    inputTokens: Number(row['input_tokens'] ?? 0),
    cachedInputTokens: Number(row['cached_input_tokens'] ?? 0),
    outputTokens: Number(row['output_tokens'] ?? 0),
    reasoningTokens: Number(row['reasoning_tokens'] ?? 0),
    costUsdMicros: Number(row['cost_usd_micros'] ?? 0),
    chargedUsdMicros: Number(row['charged_usd_micros'] ?? 0),
    unpriced: Number(row['unpriced']),
  };
}
