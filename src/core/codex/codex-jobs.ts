import { describeError } from '../failure.ts';
import { epochMs, MINUTE_MS, SECOND_MS } from '../time.ts';
import type { CodexAccount } from './codex-account.ts';
import { readAccounts, takeUsageTurn } from './codex-account-store.ts';
import type { CodexAccounts } from './codex-accounts.ts';
import type { CodexDesk } from './codex-desk.ts';
import { pruneLogins } from './codex-login-store.ts';
import { readUsage } from './read-usage.ts';
import { refreshDueAt } from './refresh-tokens.ts';

/** What the jobs work with. */
export interface CodexHouse {
  readonly desk: CodexDesk;
  readonly accounts: CodexAccounts;
}

export interface CodexJob {
  readonly name: string;
  readonly everyMs: number;
  run(house: CodexHouse): Promise<unknown>;
}

const AT_ONCE = 4;
const USAGE_JITTER_PART = 0.2;

/** What is done by the clock. Each may run in several daemons at once. */
export const CODEX_JOBS: readonly CodexJob[] = [
  { name: 'codex-limits', everyMs: 5 * SECOND_MS, run: ({ accounts }) => accounts.flush() },
  { name: 'codex-refresh', everyMs: 30 * SECOND_MS, run: refreshDue },
  { name: 'codex-usage', everyMs: 15 * SECOND_MS, run: readDueUsage },
  { name: 'codex-logins', everyMs: 10 * MINUTE_MS, run: ({ desk }) => pruneLogins(desk.ctx, desk.ctx.clock.now()) },
];

/** Refreshes what ends soon or is old, before any request is refused for it. Also for credentials that are switched off. */
export async function refreshDue({ desk, accounts }: CodexHouse): Promise<void> {
  const now = desk.ctx.clock.now();
  const config = desk.config();
  const due = (await readAccounts(desk.ctx)).filter(
    (account) => account.state === 'active' && refreshDueAt(account, config, spreadOf(account)) <= now,
  );
  await eachOf(desk, due, ({ credentialId, fingerprint }) => accounts.refresh(credentialId, { fingerprint }));
}

/** Reads the usage of every account whose turn has come; of several daemons, one takes the turn. */
export async function readDueUsage({ desk, accounts }: CodexHouse): Promise<void> {
  const everyMs = desk.config()['codex.usage_interval_ms'];
  if (everyMs === 0) return;
  const all = await readAccounts(desk.ctx);
  await eachOf(
    desk,
    all.filter(({ state }) => state !== 'needs_login'),
    async ({ credentialId }) => {
      const now = desk.ctx.clock.now();
      const nextAt = now + everyMs * (1 + desk.ctx.random.fraction() * USAGE_JITTER_PART);
      if (!(await takeUsageTurn(desk.ctx, credentialId, now, epochMs(Math.round(nextAt))))) return;
      const reading = await readUsage(desk, accounts, credentialId);
      if (reading.kind === 'trouble') {
        desk.ctx.log.warn({ credential: credentialId, why: reading.why }, 'usage of a Codex account was not read');
      }
    },
  );
}

/** A few at a time; one that fails keeps no other from its turn. */
async function eachOf(
  desk: CodexDesk,
  accounts: readonly CodexAccount[],
  work: (account: CodexAccount) => Promise<unknown>,
): Promise<void> {
  const queue = accounts.values();
  const worker = async (): Promise<void> => {
    for (const account of queue) {
      await work(account).catch((error: unknown) => {
        const fields = { credential: account.credentialId, error: describeError(error) };
        desk.ctx.log.error(fields, 'a Codex account was not looked after');
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** 0 to 1, the same for the same tokens, so that every daemon has the same idea of when it is time. */
function spreadOf({ fingerprint }: CodexAccount): number {
  return Number.parseInt(fingerprint.slice(0, 4), 16) / 0xffff;
}
