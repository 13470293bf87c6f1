import type { TargetName } from './options.ts';
import type { Metric, Sample } from './row.ts';
import type { RowResult } from './run-row.ts';

type TargetRule = NonNullable<Metric['target']>;

const REFERENCE: TargetName = 'pass-through';
const MEASURED: TargetName = 'realms';

export interface MetricResult {
  readonly metric: string;
  readonly unit: string;
  readonly medians: Readonly<Partial<Record<TargetName, number>>>;
  readonly samples: Readonly<Partial<Record<TargetName, readonly number[]>>>;
  /** Realms over the pass-through. */
  readonly ratio: number | null;
  readonly target: TargetRule | null;
  readonly isReached: boolean | null;
}

export function judge({ row, samples }: RowResult): readonly MetricResult[] {
  return row.metrics.map((metric) => {
    const medians: Partial<Record<TargetName, number>> = {};
    const values: Partial<Record<TargetName, readonly number[]>> = {};
    for (const [name, taken] of samples) {
      const own = valuesOf(taken, metric.name);
      if (own.length === 0) continue;
      values[name] = own;
      medians[name] = median(own);
    }
    const [ours, reference] = [medians[MEASURED], medians[REFERENCE]];
    const ratio = ours !== undefined && reference !== undefined && reference > 0 ? ours / reference : null;
    const target = metric.target ?? null;
    return {
      metric: metric.name,
      unit: metric.unit,
      medians,
      samples: values,
      ratio,
      target,
      isReached: isReached(target, ours ?? null, ratio),
    };
  });
}

function isReached(target: TargetRule | null, ours: number | null, ratio: number | null): boolean | null {
  if (target === null || ours === null) return null;
  if ('max' in target) return ours <= target.max;
  return ratio === null ? null : ratio <= target.ratioMax;
}

function valuesOf(samples: readonly Sample[], name: string): number[] {
  return samples.flatMap((sample) => sample[name] ?? []);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? 0;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? 0) + upper) / 2 : upper;
}

const NAME_WIDTH = 34;
const CELL_WIDTH = 14;

export function rowText(result: RowResult): string {
  const names = [...result.samples.keys()];
  const cells = (parts: readonly string[]) => parts.map((part) => part.padStart(CELL_WIDTH)).join('');
  const lines = [
    `${result.row.name}: ${result.row.title}`,
    `${' '.repeat(NAME_WIDTH)}${cells([...names, 'ratio', 'target'])}`,
  ];
  for (const { metric, unit, medians, ratio, target, isReached: reached } of judge(result)) {
    const numbers = names.map((name) => numberText(medians[name], unit));
    const verdict = reached === null ? '' : reached ? '  ok' : '  MISS';
    const label = `  ${metric}`.padEnd(NAME_WIDTH);
    lines.push(
      `${label}${cells([...numbers, ratio === null ? '' : ratio.toFixed(2), targetText(target, unit)])}${verdict}`,
    );
  }
  for (const problem of result.problems) lines.push(`  ! ${problem}`);
  return lines.join('\n');
}

function targetText(target: TargetRule | null, unit: string): string {
  if (target === null) return '';
  return 'max' in target ? `≤ ${target.max} ${unit}` : `≤ ${target.ratioMax}`;
}

function numberText(value: number | undefined, unit: string): string {
  if (value === undefined) return '-';
  const digits = Math.abs(value) >= 1_000 ? 0 : Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`;
}
