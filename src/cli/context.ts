import type { Clock } from '../core/time.ts';
import type { Client } from './client/client.ts';
import type { Target } from './client/target.ts';
import { CommandFailed } from './command-failed.ts';
import { EXIT } from './exit-codes.ts';
import type { GlobalFlags } from './global-flags.ts';
import { canPrompt, type Env, type Io } from './io.ts';
import type { Start } from './start.ts';

/** What a command gets. Nothing is opened before a command asks for it. */
export interface Context {
  readonly io: Io;
  readonly env: Env;
  readonly clock: Clock;
  readonly flags: GlobalFlags;
  readonly start: Start;
  /** Somebody is there to answer a question. */
  readonly canAsk: boolean;
  /** The connection to the daemon; the same one for the whole run. The target counts for the first call. */
  client(target?: Target): Promise<Client>;
  /** Shows a line on stderr, unless --quiet. */
  say(line: string): void;
  /** Lets a destructive command go on, or ends the run before anything was sent. */
  confirm(question: string): Promise<void>;
  close(): Promise<void>;
}

export function createContext(start: Start, flags: GlobalFlags): Context {
  const { io, env } = start;
  let connected: Promise<Client> | undefined;
  const say = (line: string) => {
    if (!flags.quiet) io.stderr.write(`${line}\n`);
  };
  const canAsk = canPrompt(io) && !flags.noInput && !env['REALMS_NO_INPUT'];
  return {
    io,
    env,
    clock: start.clock,
    flags,
    start,
    canAsk,
    say,
    client: (target) => {
      connected ??= connect(flags, env, say, target);
      return connected;
    },
    confirm: async (question) => {
      if (flags.yes) return;
      if (!canAsk) {
        throw new CommandFailed(EXIT.confirmationNeeded, {
          code: 'confirmation_needed',
          message: `not done, because nobody can be asked: ${question}`,
          hint: 'add --yes if that is what you want',
        });
      }
      const { askYesNo } = await import('./prompt.ts');
      if (await askYesNo(io, question)) return;
      throw new CommandFailed(EXIT.failed, { code: 'not_confirmed', message: 'nothing was changed' });
    },
    close: async () => {
      await (await connected?.catch(() => undefined))?.close();
    },
  };
}

async function connect(flags: GlobalFlags, env: Env, say: (line: string) => void, known?: Target): Promise<Client> {
  const [{ openClient }, { findTarget, isExposed }] = await Promise.all([
    import('./client/client.ts'),
    import('./client/target.ts'),
  ]);
  const target = known ?? findTarget(flags, env);
  if (target.kind === 'url' && isExposed(target.url)) {
    say(`warning: ${target.url.origin} is plain http: the token and all answers can be read on their way; use https`);
  }
  const trace = flags.verbose ? say : undefined;
  const actor = env['SUDO_USER'] || env['USER'];
  return openClient(target, {
    timeoutMs: flags.timeoutMs,
    warn: say,
    ...(trace ? { trace } : {}),
    ...(actor ? { actor } : {}),
    ...(flags.reason === undefined ? {} : { reason: flags.reason }),
  });
}
