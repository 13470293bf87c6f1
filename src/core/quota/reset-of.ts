import { type SubscriptionWindow, windowLeft, windowResetsAt } from '../subscriptions/index.ts';
import type { EpochMs } from '../time.ts';

/** When the last of the windows begins anew that have less than `neededUsdMicros`; null when one of them never will. */
export function resetOf(windows: readonly SubscriptionWindow[], neededUsdMicros: number): EpochMs | null {
  let latest: EpochMs | null = null;
  for (const window of windows) {
    if (windowLeft(window) >= neededUsdMicros) continue;
    const resetsAt = windowResetsAt(window);
    // Nothing of it is used: what is missing is held, or more than the plan ever has.
    if (resetsAt === null) return null;
    if (latest === null || resetsAt > latest) latest = resetsAt;
  }
  return latest;
}
