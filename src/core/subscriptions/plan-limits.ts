import type { RateLimits } from '../identity/index.ts';
import type { EpochMs } from '../time.ts';
import { runningAt } from './load-subscriptions.ts';
import type { LiveSubscription } from './subscription.ts';

type LimitName = keyof RateLimits;

/**
 * What a user's running plans allow together, beside the user's own limits: of each limit the highest, and none where a
 * plan has none. Without a running plan nothing is limited here.
 */
export function planLimits(subscriptions: readonly LiveSubscription[], now: EpochMs): RateLimits {
  const limits = runningAt(subscriptions, now).map(({ version }) => version.limits);
  return { rpm: highest(limits, 'rpm'), tpm: highest(limits, 'tpm'), concurrency: highest(limits, 'concurrency') };
}

function highest(limits: readonly RateLimits[], name: LimitName): number | null {
  let found: number | null = null;
  for (const { [name]: limit } of limits) {
    if (limit === null) return null;
    found = Math.max(found ?? 0, limit);
  }
  return found;
}
