import type { SubscriptionId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import { WINDOW_MS, type WindowSpan } from '../plans/index.ts';
import { type EpochMs, epochMs } from '../time.ts';

/**
 * How much of a limit is left. A window begins with the first use after the one before has ended and has a fixed length;
 * what leases hold counts in whichever window is open. Spans without a limit have no window.
 */
export interface SubscriptionWindow {
  readonly subscriptionId: SubscriptionId;
  readonly span: WindowSpan;
  readonly limitUsdMicros: UsdMicros;
  /** May pass the limit: what was served is charged in full. */
  readonly usedUsdMicros: UsdMicros;
  /** Leased to daemons and not used yet. */
  readonly heldUsdMicros: UsdMicros;
  /** Null: none is open, and the next use begins one. */
  readonly startedAt: EpochMs | null;
}

/** The window as it is at `now`: one that has ended is empty and not open. */
export function windowAt(window: SubscriptionWindow, now: EpochMs): SubscriptionWindow {
  const resetsAt = windowResetsAt(window);
  if (resetsAt !== null && now < resetsAt) return window;
  return { ...window, usedUsdMicros: 0 as UsdMicros, startedAt: null };
}

/** Never below zero. */
export function windowLeft({ limitUsdMicros, usedUsdMicros, heldUsdMicros }: SubscriptionWindow): UsdMicros {
  return Math.max(0, limitUsdMicros - usedUsdMicros - heldUsdMicros) as UsdMicros;
}

/** When it is empty again; null while none is open. */
export function windowResetsAt({ startedAt, span }: Pick<SubscriptionWindow, 'startedAt' | 'span'>): EpochMs | null {
  return startedAt === null ? null : epochMs(startedAt + WINDOW_MS[span]);
}
