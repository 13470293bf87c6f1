import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { DatabaseOptions } from '../database/index.ts';

export interface BatchWriter {
  readonly process: ChildProcess;
  /** The last batch whose acknowledgement has been read; -1 before the first. */
  lastAcked(): number;
  /** Ends it without warning and waits until it is gone. */
  kill(): Promise<void>;
}

/** Starts batch-writer-process on the database and waits until it has it open. `hold` opens and writes nothing. */
export async function startBatchWriter(options: DatabaseOptions, life: string): Promise<BatchWriter> {
  const place = options.kind === 'postgres' ? options.url.reveal() : options.path;
  const script = join(import.meta.dirname, 'batch-writer-process.ts');
  const args = ['--import', 'tsx', script, options.kind, place, life];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  while (!printed.includes('open\n')) {
    await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
    if (child.exitCode !== null) throw new Error(`the batch writer ended with ${child.exitCode}: ${complaint}`);
  }
  return {
    process: child,
    // A line that is cut off by the kill is not an acknowledgement.
    lastAcked: () => printed.split('\n').length - 3,
    async kill() {
      const gone = once(child, 'close');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
