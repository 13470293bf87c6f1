import { type Command, RootCommand } from '@bomb.sh/tab';
import { isBranch, type Node } from '../../command.ts';
import { type Flags, flagName } from '../../flags.ts';
import { GLOBAL_FLAGS, GLOBAL_SHORTS } from '../../global-flags.ts';

/** Our tree as the completion library knows it: every command by its words, every flag with its values. */
export function describeTree(tree: readonly Node[]): RootCommand {
  const root = new RootCommand();
  describeFlags(root, GLOBAL_FLAGS);
  for (const node of tree) describeNode(root, node, '');
  return root;
}

function describeNode(root: RootCommand, node: Node, before: string): void {
  if (!isBranch(node) && node.hidden) return;
  const words = before === '' ? node.name : `${before} ${node.name}`;
  const command = root.command(words, node.about);
  describeFlags(command, GLOBAL_FLAGS);
  if (isBranch(node)) for (const child of node.children) describeNode(root, child, words);
  else describeFlags(command, node.flags);
}

function describeFlags(command: Command, flags: Flags): void {
  for (const [key, flag] of Object.entries(flags)) {
    if (flag.hidden) continue;
    const name = flagName(key).slice(2);
    const letter = flags === GLOBAL_FLAGS ? GLOBAL_SHORTS[key]?.slice(1) : undefined;
    if (flag.bothWays) command.option(`no-${name}`, flag.about);
    const choices = flag.choices ?? [];
    if (flag.placeholder === undefined) command.option(name, flag.about, ...(letter ? [letter] : []));
    else command.option(name, flag.about, (complete) => choices.forEach((choice) => void complete(choice, '')), letter);
  }
}
