import type { CredentialId, WindowResetId } from '../ids.ts';
import { type EpochMs, MINUTE_MS } from '../time.ts';
import {
  type Limit,
  type LimitSnapshot,
  type LimitWindow,
  lengthMs,
  mergeSnapshots,
  snapshotAt,
  windowsOf,
} from './limit-snapshot.ts';

/** A window that came to its end: what was not used of it is gone. */
export interface WindowReset {
  readonly id: WindowResetId;
  readonly credentialId: CredentialId;
  readonly limitId: string;
  readonly minutes: number;
  /** As last seen before the end. */
  readonly usedPercent: number;
  readonly seenAt: EpochMs;
  readonly resetAt: EpochMs;
}

export type ClosedWindow = Omit<WindowReset, 'id' | 'credentialId'>;

/** Resets of one and the same window differ by this much from one answer to the next, or by a hundredth of its length. */
const JITTER_MIN_MS = MINUTE_MS;
const JITTER_PART = 0.01;

export interface Observed {
  readonly snapshot: LimitSnapshot;
  /** Windows of `before` that have ended since. */
  readonly closed: readonly ClosedWindow[];
}

/**
 * What is known after `next` was seen, or after time has passed without anything being seen. A window has ended when its
 * reset has come, and also when the provider set it back early: its reset jumps ahead and less of it is used.
 */
export function observeLimits(before: LimitSnapshot | null, next: LimitSnapshot | null, now: EpochMs): Observed | null {
  if (!before) return next && { snapshot: next, closed: [] };
  const isNewer = next !== null && next.at >= before.at;
  const later = new Map((isNewer ? next.limits : []).map((limit) => [limit.id, limit]));
  const closed = before.limits.flatMap((limit) => closedOf(limit, later.get(limit.id), now));
  const known = snapshotAt(before, now);
  return { snapshot: next ? mergeSnapshots(known, next) : known, closed };
}

function closedOf(limit: Limit, later: Limit | undefined, now: EpochMs): ClosedWindow[] {
  return windowsOf(limit).flatMap((window) => {
    const end = endOf(window, later, now);
    if (end === null) return [];
    const { minutes, usedPercent } = window;
    return [{ limitId: limit.id, minutes: minutes ?? 0, usedPercent, seenAt: limit.seenAt, resetAt: end }];
  });
}

function endOf(window: LimitWindow, later: Limit | undefined, now: EpochMs): EpochMs | null {
  if (window.resetsAt === null) return null;
  if (window.resetsAt <= now) return window.resetsAt;
  const same = later && windowsOf(later).find(({ minutes }) => minutes === window.minutes);
  if (!same || same.resetsAt === null || same.usedPercent >= window.usedPercent) return null;
  const jitterMs = Math.max(JITTER_MIN_MS, lengthMs(window) * JITTER_PART);
  return same.resetsAt - window.resetsAt > jitterMs ? now : null;
}
