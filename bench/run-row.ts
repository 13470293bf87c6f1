import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchChild, nextMessage } from './child.ts';
import type { LoadPlan, LoadResult } from './load-plan.ts';
import type { Options, TargetName } from './options.ts';
import type { Measuring, Row, Sample } from './row.ts';
import { startTarget, type Target } from './target.ts';

export interface Bench {
  readonly options: Options;
  readonly targetNames: readonly TargetName[];
  readonly folder: string;
  readonly mock: BenchChild;
  readonly loadClient: BenchChild;
  /** The targets that run already. */
  readonly running: Map<TargetName, Target>;
  /** Numbers the folders of the targets. */
  readonly started: { count: number };
}

export interface RowResult {
  readonly row: Row;
  readonly samples: ReadonlyMap<TargetName, readonly Sample[]>;
  readonly problems: readonly string[];
}

/** All targets in turn, round after round, so that what disturbs the machine disturbs them alike. */
export async function runRow(bench: Bench, row: Row): Promise<RowResult> {
  const { options } = bench;
  const names = row.targets.filter((name) => bench.targetNames.includes(name));
  const samples = new Map<TargetName, Sample[]>(names.map((name) => [name, []]));
  const problems = new Set<string>();
  for (let round = 1; round <= options.rounds; round++) {
    for (const name of names) {
      progress(`${row.name}: round ${round} of ${options.rounds}, ${name}`);
      const target = await targetOf(bench, row, name);
      const load = (plan: LoadPlan) => runPlan(bench, plan, (what) => problems.add(`${name}: ${what}`));
      // In its first round a process is slow until its hot code is compiled.
      const warmUpMs = round === 1 ? options.warmUpMs * 2 : options.warmUpMs;
      const warmUpCount = round === 1 ? FIRST_WARM_UP_COUNT : 0;
      const measuring: Measuring = { windowMs: options.windowMs, warmUpMs, warmUpCount, load };
      samples.get(name)?.push(await row.measure(target, measuring));
      if (row.isFreshEachTime) await target.stop();
    }
  }
  progress('');
  return { row, samples, problems: [...problems] };
}

/** Ends what no later row needs: beside many others that only wait, the one that is measured is disturbed. */
export async function stopUnneeded(bench: Bench, later: readonly Row[]): Promise<void> {
  for (const [name, target] of bench.running) {
    if (later.some(({ targets }) => targets.includes(name))) continue;
    bench.running.delete(name);
    await target.stop();
  }
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

const FIRST_WARM_UP_COUNT = 20_000;

async function targetOf(bench: Bench, row: Row, name: TargetName): Promise<Target> {
  const known = bench.running.get(name);
  if (known && !row.isFreshEachTime) return known;
  const folder = join(bench.folder, `${name}-${bench.started.count++}`);
  mkdirSync(folder);
  const target = await startTarget(name, {
    mockPort: bench.mock.port,
    folder,
    realmsRoot: bench.options.realmsRoot,
    realmsNodeFlags: nodeFlagsOf(bench.options),
  });
  if (!row.isFreshEachTime) bench.running.set(name, target);
  return target;
}

function nodeFlagsOf({ profileFolder, nodeFlags }: Options): readonly string[] {
  if (!profileFolder) return nodeFlags;
  return [...nodeFlags, '--cpu-prof', '--cpu-prof-dir', profileFolder, '--cpu-prof-interval', '500'];
}

async function runPlan(bench: Bench, plan: LoadPlan, onProblem: (what: string) => void): Promise<LoadResult> {
  const answer = nextMessage(bench.loadClient.process);
  bench.loadClient.process.send(plan);
  const reply = (await answer) as { result?: LoadResult; error?: string };
  if (!reply.result) throw new Error(`the load client failed: ${reply.error}`);
  for (const problem of reply.result.problems) onProblem(problem);
  if (reply.result.count === 0) throw new Error(`nothing was answered: ${reply.result.problems.join(', ')}`);
  return reply.result;
}
