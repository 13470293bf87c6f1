import { wrongUsage } from './command-failed.ts';
import { readDuration } from './durations.ts';
import { choice, type Flags, type FlagValues, text, toggle } from './flags.ts';
import type { Env } from './io.ts';
import { FORMATS, type Format } from './render/render.ts';

/** Taken before and after every command. */
export const GLOBAL_FLAGS = {
  socket: text('PATH', "the daemon's admin socket"),
  url: text('URL', "the daemon's admin address, with a token"),
  tokenFile: text('FILE', 'file that holds the admin token for --url'),
  output: choice(FORMATS, 'form of the result on stdout'),
  noColor: toggle('no colours, which a pipe never gets'),
  noInput: toggle('ask nothing; what would need an answer fails'),
  yes: toggle('answer every question with yes'),
  quiet: toggle('say nothing on stderr but errors'),
  verbose: toggle('show on stderr what is sent where'),
  reason: text('TEXT', 'why, for the audit log'),
  timeout: text('TIME', 'longest wait for an answer, such as 90s'),
} satisfies Flags;

export const GLOBAL_SHORTS: Readonly<Record<string, string>> = { output: '-o', yes: '-y', quiet: '-q', verbose: '-v' };

export interface GlobalFlags {
  readonly socket: string | undefined;
  readonly url: string | undefined;
  readonly tokenFile: string | undefined;
  readonly format: Format;
  readonly noColor: boolean;
  readonly noInput: boolean;
  readonly reason: string | undefined;
  readonly yes: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Null: what suits the call. */
  readonly timeoutMs: number | null;
}

export function readGlobalFlags(given: Partial<FlagValues<typeof GLOBAL_FLAGS>>, env: Env): GlobalFlags {
  return {
    socket: given.socket,
    url: given.url,
    tokenFile: given.tokenFile,
    format: given.output ?? readFormat(env['REALMS_OUTPUT']),
    noColor: given.noColor === true,
    noInput: given.noInput === true,
    reason: given.reason,
    yes: given.yes === true,
    quiet: given.quiet === true,
    verbose: given.verbose === true || Boolean(env['REALMS_DEBUG']),
    timeoutMs: given.timeout === undefined ? null : readDuration(given.timeout, '--timeout'),
  };
}

/** For errors met before the flags are known: the form that the person most probably asked for. */
export function guessFormat(argv: readonly string[], env: Env): Format {
  const named = argv.flatMap((word, at) => {
    if (word === '-o' || word === '--output') return [argv[at + 1]];
    return /^(--output=|-o)/.test(word) ? [word.replace(/^(--output=|-o=?)/, '')] : [];
  });
  const words = [env['REALMS_OUTPUT'], ...named];
  return words.reduce<Format>((found, word) => FORMATS.find((format) => format === word) ?? found, 'table');
}

function readFormat(text: string | undefined): Format {
  if (!text) return 'table';
  const format = FORMATS.find((known) => known === text);
  if (!format) throw wrongUsage(`REALMS_OUTPUT is "${text}"`, `it may be ${FORMATS.join(', ')}`);
  return format;
}
