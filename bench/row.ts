import type { LoadPlan, LoadResult } from './load-plan.ts';
import type { TargetName } from './options.ts';
import type { Target } from './target.ts';

/** What one measurement gave, by the name of the metric. */
export type Sample = Readonly<Record<string, number>>;

export interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly target?: TargetRule;
}

/**
 * What the measured target should reach with the median of its rounds: a number, a multiple of the reference, or so much
 * more than `direct`.
 */
export type TargetRule =
  | { readonly max: number }
  | { readonly min: number }
  | { readonly ratioMax: number }
  | { readonly ratioMin: number }
  | { readonly addedMax: number };

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
  /** What `ratio` is of and what the targets are for; realms unless said. */
  readonly measured?: TargetName;
  /** What `ratio` is over; the pass-through unless said. */
  readonly reference?: TargetName;
  /** A fresh process for every sample, where what ran before would show. */
  readonly isFreshEachTime?: boolean;
  measure(target: Target, measuring: Measuring): Promise<Sample>;
}
