import { PassThrough, Writable } from 'node:stream';
import type { Io } from '../io.ts';

export interface MemoryIo extends Io {
  out(): string;
  err(): string;
}

export interface MemoryIoOptions {
  /** What stdin holds; without it, stdin is empty. */
  readonly stdin?: string;
  /** Stdin, stdout and stderr are terminals. */
  readonly tty?: boolean;
  readonly columns?: number;
}

/** Streams that keep what was written to them. */
export function memoryIo(options: MemoryIoOptions = {}): MemoryIo {
  const out = sink(options);
  const err = sink(options);
  const stdin = Object.assign(new PassThrough(), { isTTY: options.tty === true, setRawMode: () => undefined });
  stdin.end(options.stdin ?? '');
  return { stdin, stdout: out.stream, stderr: err.stream, out: out.text, err: err.text };
}

function sink({ tty, columns }: MemoryIoOptions): { stream: Io['stdout']; text: () => string } {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  Object.assign(stream, { isTTY: tty === true, columns: tty ? (columns ?? 80) : undefined });
  return { stream, text: () => chunks.join('') };
}
