import { Secret } from '../core/secret.ts';
import { CommandFailed, wrongUsage } from './command-failed.ts';
import type { Context } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { text, toggle } from './flags.ts';
import type { Input } from './io.ts';

const BYTES_MAX = 65_536;

/** The only ways in which a secret gets in. None of them is an argument, which every user of the machine can read. */
export const SECRET_FLAGS = {
  keyStdin: toggle('read the key from stdin'),
  keyFile: text('FILE', 'read the key from a file'),
  keyEnv: text('NAME', 'read the key from this environment variable'),
};

export interface SecretFlags {
  readonly keyStdin: boolean | undefined;
  readonly keyFile: string | undefined;
  readonly keyEnv: string | undefined;
}

/** Reads a secret from the place that was named; without one, asks on a terminal. */
export async function readSecret(context: Context, flags: SecretFlags, what: string): Promise<Secret> {
  const named = [
    flags.keyStdin && '--key-stdin',
    flags.keyFile !== undefined && '--key-file',
    flags.keyEnv !== undefined && '--key-env',
  ];
  const given = named.filter((name) => typeof name === 'string');
  if (given.length > 1) throw wrongUsage(`${given.join(' and ')} name two places for ${what}`, 'give one of them');
  if (flags.keyFile !== undefined)
    return check(await readFromFile(flags.keyFile, what), what, `the file ${flags.keyFile}`);
  if (flags.keyEnv !== undefined) return check(context.env[flags.keyEnv] ?? '', what, `the variable ${flags.keyEnv}`);
  if (flags.keyStdin) {
    if (context.io.stdin.isTTY)
      throw wrongUsage(
        `--key-stdin was given, but stdin is a terminal`,
        'pipe the key in, or leave the flag out to be asked',
      );
    return check(await readToEnd(context.io.stdin, what), what, 'stdin');
  }
  if (!context.canAsk) {
    throw new CommandFailed(EXIT.usage, {
      code: 'secret_missing',
      message: `${what} is missing`,
      hint: 'give it by --key-stdin, --key-file FILE or --key-env NAME',
    });
  }
  const { askHidden } = await import('./prompt.ts');
  return check(await askHidden(context.io, what), what, 'what was typed');
}

function check(raw: string, what: string, source: string): Secret {
  const value = raw.replace(/\r?\n$/, '');
  if (value.trim() === '') throw wrongUsage(`${what} is empty: nothing came from ${source}`);
  if (/[\u0000-\u001f\u007f]/.test(value)) {
    throw wrongUsage(`${what} from ${source} holds a line end or control character`, 'give one key only, on one line');
  }
  return new Secret(value);
}

async function readFromFile(file: string, what: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw wrongUsage(`${what} cannot be read from ${file}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

async function readToEnd(stdin: Input, what: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk as Buffer);
    size += bytes.length;
    if (size > BYTES_MAX) throw wrongUsage(`${what} on stdin is longer than ${BYTES_MAX} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}
