import { Argument, Command, Option } from 'commander';
import { readVersion } from '../core/version.ts';
import { isBranch, type Leaf, type Node } from './command.ts';
import { wrongUsage } from './command-failed.ts';
import { EXIT, EXIT_MEANINGS } from './exit-codes.ts';
import { type Flag, type Flags, flagName } from './flags.ts';
import { GLOBAL_FLAGS, GLOBAL_SHORTS } from './global-flags.ts';
import type { Format } from './render/render.ts';
import { reportFailure } from './render/report-failure.ts';

/** The command that the words name, with what was given to it. */
export interface Chosen {
  readonly leaf: Leaf;
  readonly args: Record<string, unknown>;
  readonly flags: Record<string, unknown>;
  readonly globals: Record<string, unknown>;
}

export interface Wiring {
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** How a wrong command line is reported. */
  readonly format: Format;
  readonly choose: (chosen: Chosen) => void;
}

/** Makes commander's tree out of ours. Nothing runs here: the chosen command is handed to `choose`. */
export function buildProgram(tree: readonly Node[], wiring: Wiring): Command {
  const program = new Command('realms');
  program.description('A headless relay in front of your language-model providers.');
  prepare(program, wiring);
  addFlags(program, GLOBAL_FLAGS, 'own');
  program.version(readVersion(), '-V, --version', 'print the version');
  program.addHelpText('after', `\n${describeExits()}\n\nReads from the environment: ${ENVIRONMENT.join(' ')}`);
  for (const node of tree) addNode([program], node, wiring);
  return program;
}

const ENVIRONMENT = [
  'REALMS_SOCKET',
  'REALMS_URL',
  'REALMS_TOKEN',
  'REALMS_TOKEN_FILE',
  'REALMS_OUTPUT',
  'REALMS_NO_INPUT',
  'NO_COLOR',
];

function addNode(parents: readonly [Command, ...Command[]], node: Node, wiring: Wiring): void {
  const command = (parents.at(-1) ?? parents[0])
    .command(node.name, { hidden: !isBranch(node) && node.hidden === true })
    .description(node.about);
  prepare(command, wiring);
  if (node.alias) command.alias(node.alias);
  if (isBranch(node)) {
    addFlags(command, GLOBAL_FLAGS, 'inherited');
    for (const child of node.children) addNode([...parents, command], child, wiring);
  } else {
    addLeaf([...parents, command], command, node, wiring);
  }
}

function addLeaf(line: readonly Command[], command: Command, leaf: Leaf, wiring: Wiring): void {
  for (const [name, { about, optional, rest }] of Object.entries(leaf.args)) {
    const word = `${argName(name)}${rest ? '...' : ''}`;
    command.addArgument(new Argument(optional ? `[${word}]` : `<${word}>`, about));
  }
  addFlags(command, leaf.flags, 'own');
  addFlags(command, GLOBAL_FLAGS, 'inherited', leaf.flags);
  const examples = leaf.examples.map((example) => `  ${example}`).join('\n');
  command.addHelpText('after', `\n${leaf.examples.length > 1 ? 'Examples' : 'Example'}:\n${examples}`);
  command.action(() => {
    const args = Object.fromEntries(Object.keys(leaf.args).map((name, at) => [name, command.processedArgs[at]]));
    const own = command.opts();
    const levels = line.map((level) => (level === command ? inheritedOf(own, leaf) : known(level.opts())));
    const globals: Record<string, unknown> = Object.assign({}, ...levels);
    wiring.choose({ leaf, args, flags: readFlags(leaf.flags, own), globals });
  });
}

/** The global flags given after the command. Where a flag of the command has the same name, it has only its letter. */
function inheritedOf(given: Record<string, unknown>, leaf: Leaf): Record<string, unknown> {
  const entries = Object.keys(GLOBAL_FLAGS).map((key) => {
    const letter = GLOBAL_SHORTS[key]?.slice(1);
    return [key, key in leaf.flags ? given[letter ?? ''] : given[key]] as const;
  });
  return known(Object.fromEntries(entries));
}

function known(options: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/**
 * Global flags stand on every level, so that they are taken before and after the command; help shows them once. A
 * command may have a flag of the same name (`model add --output` is a price): the long form is then its own.
 */
function addFlags(command: Command, flags: Flags, whose: 'own' | 'inherited', taken: Flags = {}): void {
  for (const [key, flag] of Object.entries(flags)) {
    const name = flagName(key);
    const letter = flags === GLOBAL_FLAGS ? GLOBAL_SHORTS[key] : undefined;
    const names = [letter, key in taken ? undefined : name].filter((part) => part !== undefined);
    if (names.length === 0) continue;
    add(command, valueOption(names.join(', '), flag), whose);
    if (flag.bothWays) add(command, new Option(name.replace('--', '--no-')).hideHelp(), whose);
  }
}

function add(command: Command, option: Option, whose: 'own' | 'inherited'): void {
  command.addOption(whose === 'inherited' ? option.hideHelp() : option);
  // Commander presets `--no-x` to true; what was not given must stay unknown.
  if (option.negate) command.setOptionValueWithSource(option.attributeName(), undefined, 'default');
}

function valueOption(names: string, flag: Flag<unknown>): Option {
  const remark = flag.bothWays ? ' (--no-… turns it off)' : flag.required ? ' (required)' : '';
  const option = new Option(
    flag.placeholder === undefined ? names : `${names} <${flag.placeholder}>`,
    flag.about + remark,
  );
  // A switch that is called `--no-…` is a switch of its own, not the end of another one.
  option.negate = false;
  if (flag.choices) option.choices(flag.choices);
  if (flag.hidden) option.hideHelp();
  if (flag.many) {
    option.argParser((value: string, before: string[] | undefined) => [
      ...(before ?? []),
      ...value
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    ]);
  }
  return option;
}

function readFlags(flags: Flags, given: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(flags).map(([key, flag]) => {
      const value = given[key];
      // Not left to commander, which would complain of what is missing before it names a mistyped flag.
      if (flag.required && value === undefined) throw wrongUsage(`${flagName(key)} is missing`, flag.about);
      return [key, typeof value === 'string' && flag.read ? flag.read(value, flagName(key)) : value];
    }),
  );
}

/** `requestId` → `request-id`. */
function argName(key: string): string {
  return flagName(key).slice(2);
}

/** The same manners for every command: errors are thrown, data and complaints go to the given streams. */
function prepare(command: Command, wiring: Wiring): void {
  command.exitOverride();
  command.enablePositionalOptions();
  command.configureHelp({ showGlobalOptions: true });
  command.helpOption('-h, --help', 'show this help');
  command.configureOutput({
    writeOut: wiring.write,
    writeErr: wiring.writeError,
    outputError: (text, write) => write(reportFailure(fromCommander(text), wiring.format)),
  });
}

function fromCommander(text: string): ReturnType<typeof wrongUsage> {
  const [first = '', ...rest] = text.trim().split('\n');
  const hint = rest.join(' ').replace(/^\(|\)$/g, '');
  return wrongUsage(first.replace(/^error: /, ''), hint || 'see --help');
}

function describeExits(): string {
  const lines = Object.values(EXIT).map((code) => `  ${String(code).padStart(3)}  ${EXIT_MEANINGS[code]}`);
  return `Exit codes:\n${lines.join('\n')}`;
}
