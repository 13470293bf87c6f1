import type { TargetName } from './options.ts';
import type { Sample, TargetRule } from './row.ts';
import type { RowResult } from './run-row.ts';

/** Whose latency there is without any relay. */
const DIRECT: TargetName = 'direct';

export interface MetricResult {
  readonly metric: string;
  readonly unit: string;
  readonly medians: Readonly<Partial<Record<TargetName, number>>>;
  readonly samples: Readonly<Partial<Record<TargetName, readonly number[]>>>;
  /** The measured target over the reference. */
  readonly ratio: number | null;
  /** The measured target less `direct`. */
  readonly added: number | null;
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
    const ours = medians[row.measured ?? 'realms'];
    const [reference, direct] = [medians[row.reference ?? 'pass-through'], medians[DIRECT]];
    const ratio = ours !== undefined && reference !== undefined && reference > 0 ? ours / reference : null;
    const added = ours !== undefined && direct !== undefined ? ours - direct : null;
    const target = metric.target ?? null;
    return {
      metric: metric.name,
      unit: metric.unit,
      medians,
      samples: values,
      ratio,
      added,
      target,
      isReached: target && isReached(target, { ours: ours ?? null, ratio, added }),
    };
  });
}

interface Measured {
  readonly ours: number | null;
  readonly ratio: number | null;
  readonly added: number | null;
}

/** Null where what the rule is about was not measured. */
function isReached(target: TargetRule, { ours, ratio, added }: Measured): boolean | null {
  const atMost = (value: number | null, most: number) => (value === null ? null : value <= most);
  const atLeast = (value: number | null, least: number) => (value === null ? null : value >= least);
  if ('max' in target) return atMost(ours, target.max);
  if ('min' in target) return atLeast(ours, target.min);
  if ('ratioMax' in target) return atMost(ratio, target.ratioMax);
  if ('ratioMin' in target) return atLeast(ratio, target.ratioMin);
  return atMost(added, target.addedMax);
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
  const widths = names.map((name) => Math.max(CELL_WIDTH, name.length + 2));
  const cells = (parts: readonly string[]) => parts.map((part, at) => part.padStart(widths[at] ?? CELL_WIDTH)).join('');
  const lines = [
    `${result.row.name}: ${result.row.title}`,
    `${' '.repeat(NAME_WIDTH)}${cells([...names, 'ratio', 'target'])}`,
  ];
  for (const judged of judge(result)) {
    const { metric, unit, medians, target, isReached: reached } = judged;
    const numbers = names.map((name) => numberText(medians[name], unit));
    const verdict = reached === null ? '' : reached ? '  ok' : '  MISS';
    const label = `  ${metric}`.padEnd(NAME_WIDTH);
    lines.push(`${label}${cells([...numbers, comparisonText(judged), targetText(target, unit)])}${verdict}`);
  }
  for (const problem of result.problems) lines.push(`  ! ${problem}`);
  return lines.join('\n');
}

function targetText(target: TargetRule | null, unit: string): string {
  if (target === null) return '';
  if ('max' in target) return `≤ ${target.max} ${unit}`;
  if ('min' in target) return `≥ ${target.min} ${unit}`;
  if ('ratioMax' in target) return `≤ ${target.ratioMax}`;
  if ('ratioMin' in target) return `≥ ${target.ratioMin}`;
  return `≤ +${target.addedMax} ${unit}`;
}

/** The ratio, or where the target is about it what is added to `direct`. */
function comparisonText({ ratio, added, target, unit }: MetricResult): string {
  if (target && 'addedMax' in target) return added === null ? '' : `${added < 0 ? '' : '+'}${numberText(added, unit)}`;
  return ratio === null ? '' : ratio.toFixed(2);
}

function numberText(value: number | undefined, unit: string): string {
  if (value === undefined) return '-';
  const digits = Math.abs(value) >= 1_000 ? 0 : Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`;
}
