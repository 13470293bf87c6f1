import { createInterface } from 'node:readline/promises';
import { CommandFailed } from './command-failed.ts';
import { EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';

/** Asks on stderr; only a clear yes counts. */
export async function askYesNo(io: Io, question: string): Promise<boolean> {
  const lines = createInterface({ input: io.stdin, output: io.stderr, terminal: false });
  try {
    io.stderr.write(`${question} [y/N] `);
    const answer = await new Promise<string>((resolve) => {
      lines.once('line', resolve);
      lines.once('close', () => resolve(''));
    });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}

/** Asks on stderr without showing what is typed. */
export async function askHidden(io: Io, question: string): Promise<string> {
  io.stderr.write(`${question}: `);
  io.stdin.setRawMode?.(true);
  io.stdin.setEncoding('utf8');
  try {
    return await readHiddenLine(io);
  } finally {
    io.stdin.setRawMode?.(false);
    io.stdin.pause();
    io.stderr.write('\n');
  }
}

function readHiddenLine(io: Io): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed = '';
    const stop = () => {
      io.stdin.off('data', take);
      io.stdin.off('end', finish);
    };
    const finish = () => {
      stop();
      resolve(typed);
    };
    const take = (chunk: string | Buffer) => {
      for (const char of String(chunk)) {
        if (char === CTRL_C) {
          stop();
          reject(new CommandFailed(EXIT.interrupted, { code: 'interrupted', message: 'interrupted' }));
          return;
        }
        if (char === '\r' || char === '\n' || char === CTRL_D) return finish();
        typed = char === '\u007f' || char === '\b' ? typed.slice(0, -1) : typed + char;
      }
    };
    io.stdin.on('data', take);
    io.stdin.on('end', finish);
    io.stdin.resume();
  });
}
