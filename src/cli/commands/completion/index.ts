import type { Node } from '../../command.ts';
import { arg, type Leaf, leaf } from '../../command.ts';
import { wrongUsage } from '../../command-failed.ts';
import { EXIT } from '../../exit-codes.ts';
import { writeAll } from '../../io.ts';
import { nothing } from '../../render/answer.ts';

const SHELLS = ['bash', 'zsh', 'fish'];

export const completion = leaf({
  name: 'completion',
  about: 'print the completion script of a shell',
  examples: ['source <(realms completion bash)', 'realms completion fish > ~/.config/fish/completions/realms.fish'],
  args: { shell: arg(SHELLS.join(', ')) },
  run: async (context, { args }) => {
    if (!SHELLS.includes(args.shell))
      throw wrongUsage(`there is no completion for ${args.shell}`, `one of ${SHELLS.join(', ')}`);
    const { script } = await import('@bomb.sh/tab');
    await writeAll(
      context.io.stdout,
      printed(() => script(args.shell, 'realms', 'realms')),
    );
    return nothing(EXIT.done);
  },
});

/** What the completion scripts call: `realms complete -- upstream a`. Gets the tree from outside, since it is a part of it. */
export function completeIn(tree: () => Promise<readonly Node[]>): Leaf {
  return leaf({
    name: 'complete',
    hidden: true,
    about: 'answer the completion script of a shell',
    examples: ['realms complete -- upstream a'],
    args: { words: { about: 'the words so far, the last one perhaps unfinished', rest: true, optional: true } },
    run: async (context, { args }) => {
      const [{ describeTree }, nodes] = await Promise.all([import('./describe-tree.ts'), tree()]);
      const words = (args.words as string[] | undefined) ?? [];
      await writeAll(
        context.io.stdout,
        printed(() => describeTree(nodes).parse(words)),
      );
      return nothing(EXIT.done);
    },
  });
}

/** The library prints; what it prints belongs to the streams of this run. */
function printed(print: () => void): string {
  const lines: string[] = [];
  const { log } = console;
  console.log = (line: string) => lines.push(line);
  try {
    print();
  } finally {
    console.log = log;
  }
  return lines.map((line) => `${line}\n`).join('');
}
