import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { DatabaseOptions } from '../../database/index.ts';
import type { CodexAccount } from '../codex-account.ts';

export interface Refresher {
  /** Begins. */
  go(): void;
  /** What came of each refresh, once the process has ended. */
  outcomes(): Promise<readonly string[]>;
  /** Ends it without warning and waits until it is gone. */
  kill(): Promise<void>;
}

export interface RefresherWish {
  readonly options: DatabaseOptions;
  readonly authBaseUrl: string;
  readonly account: CodexAccount;
  readonly count: number;
  readonly leaseMs: number;
}

/** Starts refresher-process and waits until it has the database open. */
export async function startRefresher(wish: RefresherWish): Promise<Refresher> {
  const { options, authBaseUrl, account, count, leaseMs } = wish;
  const place = options.kind === 'postgres' ? options.url.reveal() : options.path;
  const script = join(import.meta.dirname, 'refresher-process.ts');
  const facts = [options.kind, place, authBaseUrl, account.credentialId, account.fingerprint, count, leaseMs];
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...facts.map(String)], { stdio: 'pipe' });
  let printed = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const gone = once(child, 'close');
  while (!printed.includes('open\n')) {
    await Promise.race([once(child.stdout, 'data'), gone]);
    if (child.exitCode !== null) throw new Error(`the refresher ended with ${child.exitCode}: ${complaint}`);
  }
  return {
    go: () => child.stdin.write('go\n'),
    async outcomes() {
      await gone;
      const [, line = ''] = printed.split('\n');
      if (line === '') throw new Error(`the refresher said nothing: ${complaint}`);
      return JSON.parse(line) as string[];
    },
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
