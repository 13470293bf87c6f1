import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { claudeCode } from './claude-code.ts';
import type { Client } from './client.ts';
import { codexCli } from './codex-cli.ts';
import { installClients } from './install-clients.ts';
import { type Stage, stages } from './stages.ts';
import { type TurnResult, takeTurn } from './take-turn.ts';

/** What stands beside its client and its upstream in the table. */
interface Row extends TurnResult {
  readonly client: string;
  readonly model: string;
  readonly stage: string;
}

/**
 * Real command-line clients, as npm has them, each take a turn with a tool through the built daemon, over each kind of
 * upstream. Arguments choose among the stages by a part of their name, `--clients=<folder>` says where they were installed before.
 */
async function main(args: readonly string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'realms-smoke-'));
  try {
    const installed = args.find((arg) => arg.startsWith('--clients='))?.slice('--clients='.length);
    const programs = installed ?? (await installClients(join(folder, 'clients')));
    const parts = args.filter((arg) => !arg.startsWith('--'));
    const wanted = stages.filter(({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)));
    const rows: Row[] = [];
    for (const stage of wanted) rows.push(...(await playOn(stage, join(folder, stage.name), programs)));
    say(tableOf(rows));
    for (const { client, model, stage, faults, said } of rows) {
      if (faults.length > 0) say(`\n${client}, ${model}, ${stage}: ${faults.join('; ')}\n${said}`);
    }
    if (rows.length === 0 || rows.some(({ faults }) => faults.length > 0)) process.exitCode = 1;
  } finally {
    if (!process.env['REALMS_SMOKE_KEEP']) await rm(folder, { recursive: true, force: true });
  }
}

const CLIENTS: readonly Client[] = [codexCli, claudeCode];

async function playOn(stage: Stage, folder: string, programs: string): Promise<readonly Row[]> {
  await mkdir(folder);
  const rows: Row[] = [];
  const set = await stage.open(
    folder,
    CLIENTS.flatMap(({ models }) => models),
  );
  try {
    for (const client of CLIENTS) {
      if (!stage.clients.includes(client.name)) continue;
      for (const model of client.models) {
        const result = await takeTurn({ client, model, set, programs, folder: join(folder, client.name, model) });
        rows.push({ client: client.name, model, stage: stage.name, ...result });
      }
    }
  } finally {
    await set.close();
  }
  return rows;
}

function tableOf(rows: readonly Row[]): string {
  const table = new Table({ head: ['client', 'model', 'upstream', 'calls', 'seconds', 'result'], style: { head: [] } });
  for (const { client, model, stage, calls, seconds, faults } of rows) {
    table.push([client, model, stage, calls, seconds.toFixed(1), faults.length === 0 ? 'passed' : 'FAILED']);
  }
  return table.toString();
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main(process.argv.slice(2));
