import { CommanderError } from 'commander';
import { buildProgram, type Chosen } from './build-program.ts';
import { asCommandFailed, type CommandFailed } from './command-failed.ts';
import { loadTree } from './command-tree.ts';
import { createContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { guessFormat, readGlobalFlags } from './global-flags.ts';
import { writeAll } from './io.ts';
import { refuseSecrets } from './refuse-secrets.ts';
import { render, wantsColor } from './render/render.ts';
import { reportFailure } from './render/report-failure.ts';
import type { Start } from './start.ts';

export type { ServeFlags, Start } from './start.ts';

/** Runs one command line from words to exit code. Never throws, never ends the process. */
export async function runCli(start: Start): Promise<number> {
  try {
    refuseSecrets(start.argv);
    const chosen = await parse(start);
    return chosen === null ? EXIT.done : await run(start, chosen);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    return fail(start, asCommandFailed(error));
  }
}

/** Null when the words were answered already: help or version. */
async function parse(start: Start): Promise<Chosen | null> {
  let chosen: Chosen | null = null;
  const program = buildProgram(await loadTree(start.argv), {
    write: (text) => start.io.stdout.write(text),
    writeError: (text) => start.io.stderr.write(text),
    format: guessFormat(start.argv, start.env),
    choose: (next) => {
      chosen = next;
    },
  });
  await program.parseAsync([...start.argv], { from: 'user' });
  return chosen;
}

async function run(start: Start, chosen: Chosen): Promise<number> {
  const flags = readGlobalFlags(chosen.globals, start.env);
  const context = createContext(start, flags);
  try {
    const answer = await chosen.leaf.run(context, { args: chosen.args, flags: chosen.flags });
    const color = wantsColor(start.io.stdout, start.env, flags.noColor);
    await render(answer, { format: flags.format, color, quiet: flags.quiet }, start.io);
    return answer.exit ?? EXIT.done;
  } finally {
    await context.close();
  }
}

async function fail(start: Start, failed: CommandFailed): Promise<number> {
  await writeAll(start.io.stderr, reportFailure(failed, guessFormat(start.argv, start.env)));
  if (start.env['REALMS_DEBUG'] && failed.cause instanceof Error) start.io.stderr.write(`${failed.cause.stack}\n`);
  return failed.exit;
}
