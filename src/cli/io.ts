import type { Readable, Writable } from 'node:stream';

export type Input = Readable & { readonly isTTY?: boolean; setRawMode?(on: boolean): unknown };
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** The streams of one run: results go to `stdout` alone, everything said to a person goes to `stderr`. */
export interface Io {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
}

export type Env = Readonly<Record<string, string | undefined>>;

export function processIo(): Io {
  return { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr };
}

/** Writes all of it before the promise resolves; a reader that went away (`| head`) is not an error. */
export function writeAll(stream: Output, text: string): Promise<void> {
  if (text === '') return Promise.resolve();
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (error && (error as NodeJS.ErrnoException).code !== 'EPIPE') reject(error);
      else resolve();
    });
  });
}

/** Someone can be asked: both ends of the conversation are a terminal. */
export function canPrompt(io: Io): boolean {
  return io.stdin.isTTY === true && io.stderr.isTTY === true;
}
