import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export const TARGET_NAMES = [
  'direct',
  'pass-through',
  'nginx',
  'realms',
  'realms-balance',
  'realms-subscription',
  'realms-postgres',
  'realms-crowd',
  'quota-each',
  'quota-leased',
] as const;
export type TargetName = (typeof TARGET_NAMES)[number];

export interface Options {
  /** Names of rows; null is all of them. */
  readonly only: readonly string[] | null;
  readonly targets: readonly TargetName[];
  readonly rounds: number;
  readonly windowMs: number;
  readonly warmUpMs: number;
  readonly jsonFile: string | null;
  readonly realmsRoot: string;
  /** Flags for the Node that runs Realms. */
  readonly nodeFlags: readonly string[];
  readonly profileFolder: string | null;
  /** How far the measured programs go before others of the machine, 0 to 20; needs root. */
  readonly priority: number;
  readonly isHelpAsked: boolean;
}

export const USAGE = `npm run bench -- [--only ROW,…] [--targets NAME,…] [--quick] [--rounds N] [--seconds S]
                  [--json FILE] [--profile FOLDER] [--realms FOLDER] [--node-flags FLAGS]
                  [--priority N]

  --only        the rows to run, by name
  --targets     of ${TARGET_NAMES.slice(0, 5).join(', ')},
                ${TARGET_NAMES.slice(5).join(', ')}
  --quick       1 round of 2 seconds
  --rounds      rounds of each row, interleaved over the targets; their median counts (default 3)
  --seconds     length of each measurement (default 5)
  --json        write everything that was measured to this file
  --profile     run Realms under Node's CPU profiler, show where the time went, keep the profiles there
  --realms      another built checkout whose bin/realms is measured
  --node-flags  flags for the Node that runs Realms, such as --node-flags=--max-semi-space-size=64
  --priority    0 to 20: what is measured goes before other work of the machine (needs root; default 0)`;

const ROUNDS_MAX = 100;
const SECONDS_MAX = 600;
const PRIORITY_MAX = 20;

export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      targets: { type: 'string' },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      json: { type: 'string' },
      profile: { type: 'string' },
      realms: { type: 'string' },
      'node-flags': { type: 'string' },
      priority: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const seconds = numberOf('--seconds', values.seconds ?? (values.quick ? '2' : '5'), SECONDS_MAX);
  return {
    only: values.only?.split(',') ?? null,
    targets: values.targets?.split(',').map(targetName) ?? TARGET_NAMES,
    rounds: Math.ceil(numberOf('--rounds', values.rounds ?? (values.quick ? '1' : '3'), ROUNDS_MAX)),
    windowMs: seconds * 1_000,
    warmUpMs: values.quick ? 1_000 : 2_000,
    jsonFile: values.json ?? null,
    realmsRoot: values.realms ?? dirname(dirname(fileURLToPath(import.meta.url))),
    nodeFlags: values['node-flags']?.split(' ').filter(Boolean) ?? [],
    profileFolder: values.profile ?? null,
    priority: values.priority === undefined ? 0 : numberOf('--priority', values.priority, PRIORITY_MAX),
    isHelpAsked: values.help,
  };
}

function numberOf(flag: string, text: string, max: number): number {
  const value = Number(text);
  if (!(value > 0 && value <= max)) throw new Error(`${flag} takes a number up to ${max}, not ${text}`);
  return value;
}

function targetName(text: string): TargetName {
  const found = TARGET_NAMES.find((name) => name === text);
  if (!found) throw new Error(`no target is called ${text}: there are ${TARGET_NAMES.join(', ')}`);
  return found;
}
