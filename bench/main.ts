import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { childSettings, leaveRelayCore, pinning, startBenchProgram, stopAllChildren } from './child.ts';
import { hasNginx } from './nginx.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import { profileText } from './profile-text.ts';
import { judge, rowText } from './report.ts';
import { rows } from './rows/index.ts';
import { type Bench, type RowResult, runRow, stopUnneeded } from './run-row.ts';

async function main(): Promise<void> {
  let folder: string | null = null;
  const leave = async () => {
    await stopAllChildren();
    if (folder) rmSync(folder, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void leave().finally(() => process.exit(130)));
  }
  try {
    const options = readOptions(process.argv.slice(2));
    if (options.isHelpAsked) {
      console.log(`${USAGE}\n\nrows: ${rows.map(({ name }) => name).join(', ')}`);
      return;
    }
    folder = mkdtempSync(join(tmpdir(), 'realms-bench-'));
    await runBench(options, folder);
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  } finally {
    await leave();
  }
  process.exit();
}

async function runBench(options: Options, folder: string): Promise<void> {
  const wanted = rows.filter(({ name }) => options.only?.includes(name) ?? true);
  const unknown = options.only?.filter((name) => !rows.some((row) => row.name === name)) ?? [];
  if (unknown.length > 0)
    throw new Error(`no row is called ${unknown.join(', ')}: there are ${rows.map(({ name }) => name).join(', ')}`);
  if (options.profileFolder) mkdirSync(options.profileFolder, { recursive: true });
  childSettings.priority = options.priority;
  leaveRelayCore();
  const nginx = hasNginx();
  const bench: Bench = {
    options,
    folder,
    targetNames: options.targets.filter((name) => name !== 'nginx' || nginx),
    mock: await startBenchProgram('load', new URL('./mock-upstream.ts', import.meta.url)),
    loadClient: await startBenchProgram('load', new URL('./load-client.ts', import.meta.url)),
    running: new Map(),
    started: { count: 0 },
  };
  const machine = { ...machineFacts(), pinning, nginx };
  console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; ${pinning}`);
  console.log(
    `${options.rounds} rounds of ${options.windowMs / 1_000} s, medians${nginx ? '' : '; nginx is not installed'}`,
  );
  if (machine.load > BUSY_LOAD)
    console.log(`! the machine is busy (load ${machine.load.toFixed(1)}): latencies and throughput say little`);
  const results: RowResult[] = [];
  for (const [at, row] of wanted.entries()) {
    const result = await runRow(bench, row);
    results.push(result);
    console.log(`\n${rowText(result)}`);
    await stopUnneeded(bench, wanted.slice(at + 1));
  }
  if (options.jsonFile)
    writeFileSync(options.jsonFile, `${JSON.stringify(everything(results, machine, options), null, 2)}\n`);
  await stopAllChildren();
  if (options.profileFolder) console.log(`\n${profileText(options.profileFolder)}`);
}

/** Above this, something else takes a good part of a core. */
const BUSY_LOAD = 0.7;

function machineFacts() {
  const cpuInfo = readFileSync('/proc/cpuinfo', 'latin1');
  return {
    cpu: /^model name\s*: (.*)$/m.exec(cpuInfo)?.[1] ?? 'unknown processor',
    cores: cpuInfo.match(/^processor\s*:/gm)?.length ?? 1,
    node: process.versions.node,
    load: loadavg()[0] ?? 0,
  };
}

function everything(results: readonly RowResult[], machine: object, options: Options): object {
  return {
    measuredAt: new Date().toISOString(),
    machine,
    options,
    rows: results.map((result) => ({
      name: result.row.name,
      title: result.row.title,
      metrics: judge(result),
      problems: result.problems,
    })),
  };
}

await main();
