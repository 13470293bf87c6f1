import type { LoadPlan, LoadResult } from './load-plan.ts';
import type { TargetName } from './options.ts';
import type { Target } from './target.ts';

/** What one measurement gave, by the name of the metric. */
export type Sample = Readonly<Record<string, number>>;

export interface Metric {
  readonly name: string;
  readonly unit: string;
  /** What Realms should reach: a multiple of the pass-through's median, or a number of its own. */
  readonly target?: { readonly ratioMax: number } | { readonly max: number };
}

/** What a row has to measure with. */
export interface Measuring {
  readonly windowMs: number;
  readonly warmUpMs: number;
  readonly warmUpCount: number;
  /** Runs a plan in the load client. Problems that it saw are reported with the row. */
  load(plan: LoadPlan): Promise<LoadResult>;
}

/** One line of what is promised about speed. To add one: a file in rows/, and its name in rows/index.ts. */
export interface Row {
  readonly name: string;
  readonly title: string;
  readonly metrics: readonly Metric[];
  readonly targets: readonly TargetName[];
  /** A fresh process for every sample, where what ran before would show. */
  readonly isFreshEachTime?: boolean;
  measure(target: Target, measuring: Measuring): Promise<Sample>;
}
