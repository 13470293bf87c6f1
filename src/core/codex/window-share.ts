import type { EpochMs } from '../time.ts';
import { type LimitSnapshot, type LimitWindow, lengthMs, MAIN_LIMIT, windowsOf } from './limit-snapshot.ts';

/** What an account gets that is down to the part which is kept: only what nobody else can take. */
const KEPT_SHARE = 0.001;
const PACE_MIN = 0.25;
const PACE_MAX = 4;
/** Just before a reset everything would be infinitely urgent. */
const TIME_LEFT_MIN = 0.02;

/**
 * Which share of the traffic an account should get, 1 being its plain share: more while it has more left of a window than
 * there is time to use it, because what is left at a reset is lost; less where it would run dry before.
 * `keepPercent` of each window is kept for when nothing else is left.
 */
export function windowShare(limits: LimitSnapshot | null, now: EpochMs, keepPercent: number): number {
  const main = limits?.limits.find(({ id }) => id === MAIN_LIMIT);
  if (!main) return 1;
  let share = 1;
  for (const window of windowsOf(main)) {
    if (100 - window.usedPercent <= keepPercent) return KEPT_SHARE;
    share *= paceOf(window, now);
  }
  return share;
}

/** What is left of a window over the time that is left of it. */
function paceOf(window: LimitWindow, now: EpochMs): number {
  const length = lengthMs(window);
  if (window.resetsAt === null || length === 0) return 1;
  const timeLeft = Math.max(TIME_LEFT_MIN, Math.min(1, (window.resetsAt - now) / length));
  const left = (100 - window.usedPercent) / 100;
  return Math.min(PACE_MAX, Math.max(PACE_MIN, left / timeLeft));
}
