import { type CodexAccounts, hasRoom, type LimitSnapshot, roomAgainAt } from '../core/codex/index.ts';
import type { CooldownBook } from '../core/scheduling/index.ts';
import type { Clock } from '../core/time.ts';

/**
 * Lets a ChatGPT account rest while its limits are reached, and no longer. Only the usage page is believed: it speaks of
 * the whole account, where an answer speaks of the request that it belongs to.
 */
export function restByLimits(accounts: CodexAccounts, cooldowns: CooldownBook, clock: Clock): void {
  accounts.onLimits((id, limits) => {
    if (limits.source !== 'usage') return;
    const room = hasRoom(limits);
    if (room === true) {
      cooldowns.refute(id, 'usage_limit', { at: limits.at, why: 'the provider shows room' }, clock.now());
    }
    if (room === false) beginRest(cooldowns, id, limits, clock);
  });
  accounts.onTokens((id) => {
    const now = clock.now();
    cooldowns.refute(id, 'auth', { at: now, why: 'the account has new tokens' }, now);
  });
}

function beginRest(cooldowns: CooldownBook, id: string, limits: LimitSnapshot, clock: Clock): void {
  const now = clock.now();
  const until = roomAgainAt(limits);
  if (until === null || until <= now) return;
  const evidence = 'usage: limit reached';
  cooldowns.begin({ scope: 'credential', subject: id, until, reason: 'usage_limit', evidence, source: 'body' }, now);
}
