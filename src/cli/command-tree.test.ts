import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isBranch, type Leaf, type Node } from './command.ts';
import { loadWholeTree } from './command-tree.ts';
import { EXIT_MEANINGS } from './exit-codes.ts';
import { flagName } from './flags.ts';
import { GLOBAL_FLAGS } from './global-flags.ts';
import { run } from './testing/run.ts';
import { type StubDaemon, startStubDaemon } from './testing/stub-daemon.ts';

interface Placed {
  readonly words: string;
  readonly leaf: Leaf;
}

const commandTree = await loadWholeTree();
const leaves = commandTree.flatMap((node) => place(node, []));
const examples = leaves.flatMap(({ words, leaf }) => leaf.examples.map((example) => ({ words, example })));
/** Not the data of one object: a daemon that runs, and what shells read. */
const WITHOUT_DATA = new Set(['serve', 'completion', 'complete']);

describe('the command tree', () => {
  test('is what it was', () => {
    const file = join(import.meta.dirname, 'command-tree.golden.txt');
    const tree = `${commandTree.flatMap((node) => draw(node, 0)).join('\n')}\n`;
    if (process.env['UPDATE_GOLDENS']) writeFileSync(file, tree);
    expect(tree).toBe(readFileSync(file, 'utf8'));
  });

  test.each(leaves)('$words says what it does and shows how', ({ words, leaf }) => {
    expect(leaf.about).toMatch(/^[a-z].*[^.]$/);
    expect(leaf.examples.length).toBeGreaterThan(0);
    for (const example of leaf.examples) expect(example).toContain(`realms ${words}`);
  });

  test('no flag of a command hides a global one, but the price of output', () => {
    const taken = leaves.flatMap(({ words, leaf }) =>
      Object.keys(leaf.flags)
        .filter((key) => key in GLOBAL_FLAGS)
        .map((key) => `${words} ${key}`),
    );
    expect(taken).toEqual(['model add output', 'model price set output']);
  });

  test('no command takes a secret as a value', () => {
    const flags = leaves.flatMap(({ leaf }) => Object.entries(leaf.flags));
    const risky = flags.filter(
      ([key, flag]) => flag.placeholder !== undefined && /secret|password|token$|apiKey/i.test(key),
    );
    expect(risky).toEqual([]);
  });
});

describe('every example', () => {
  let daemon: StubDaemon;
  const home = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), 'realms-examples-'));

  beforeAll(async () => {
    daemon = await startStubDaemon();
    for (const file of ['second.key', 'new.key']) writeFileSync(join(folder, file), 'sk-from-a-file\n');
    for (const file of ['model_prices.json', 'auth.json']) writeFileSync(join(folder, file), '{}');
    writeFileSync(join(folder, 'config.yaml'), `data: { dir: ${folder} }\n`);
    process.chdir(folder);
  });

  afterAll(async () => {
    process.chdir(home);
    rmSync(folder, { recursive: true, force: true });
    await daemon[Symbol.asyncDispose]();
  });

  test.each(examples)('$example', async ({ words, example }) => {
    const argv = wordsOf(example.replaceAll('/etc/realms/', `${folder}/`));
    const stdin = stdinOf(words);
    const result = await run([...argv, '--yes', '-o', 'json'], { stdin, socket: daemon.address, env: { KEY: 'x' } });
    const wanted = words === 'migrate up' ? 5 : 0;
    expect({ code: result.code, err: wanted === 0 ? result.err.match(/realms: .*/) : null }).toEqual({
      code: wanted,
      err: null,
    });
    expect(Object.keys(EXIT_MEANINGS)).toContain(String(result.code));
    if (wanted === 0 && !WITHOUT_DATA.has(words)) expect(JSON.parse(result.out)).toBeTypeOf('object');
  });

  test.each(examples.filter(({ words }) => !WITHOUT_DATA.has(words) && words !== 'migrate up'))(
    '$example as a table',
    async ({ words, example }) => {
      const argv = wordsOf(example.replaceAll('/etc/realms/', `${folder}/`)).filter(
        (word) => !['-o', 'json', 'name'].includes(word),
      );
      const stdin = stdinOf(words);
      const result = await run([...argv, '--yes'], { stdin, socket: daemon.address });
      expect(result.out).not.toMatch(/undefined|\[object|NaN/);
      if (words !== 'settings list') expect(result.out).not.toBe('');
    },
  );
});

function place(node: Node, before: readonly string[]): Placed[] {
  const words = [...before, node.name];
  if (isBranch(node)) return node.children.flatMap((child) => place(child, words));
  return [{ words: words.join(' '), leaf: node }];
}

function draw(node: Node, depth: number): string[] {
  const indent = '  '.repeat(depth);
  const alias = node.alias ? ` (${node.alias})` : '';
  if (isBranch(node))
    return [`${indent}${node.name}${alias}`, ...node.children.flatMap((child) => draw(child, depth + 1))];
  const args = Object.entries(node.args).map(
    ([name, { optional, rest }]) => ` ${optional ? '[' : '<'}${name}${rest ? '…' : ''}${optional ? ']' : '>'}`,
  );
  const flags = Object.entries(node.flags).map(([key, flag]) => {
    const name = flagName(key);
    const value = flag.choices ? ` ${flag.choices.join('|')}` : flag.placeholder ? ` ${flag.placeholder}` : '';
    return `${indent}    ${name}${value}${flag.bothWays ? ' (or --no-)' : ''}${flag.required ? ' (required)' : ''}`;
  });
  return [`${indent}${node.name}${alias}${args.join('')}${node.hidden ? ' (hidden)' : ''}`, ...flags];
}

function stdinOf(words: string): string {
  if (words === 'model import' || words === 'codex import') return '{}';
  return words.startsWith('pay channel') ? '{"key": "from-stdin"}' : 'sk-from-stdin';
}

/** The words of the `realms` command in a line of shell. */
function wordsOf(example: string): string[] {
  const [, line = ''] = /realms ([^|)>]*)/.exec(example) ?? [];
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}
