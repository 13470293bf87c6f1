import { type EpochMs, MINUTE_MS } from '../time.ts';

/** A window of use and how much of it is gone. */
export interface LimitWindow {
  /** 0 to 100, with fractions; a little more after the last answer that fitted in. */
  readonly usedPercent: number;
  readonly minutes: number | null;
  readonly resetsAt: EpochMs | null;
}

/** One family of limits. `codex` is the one of all models; others belong to single models or features. */
export interface Limit {
  readonly id: string;
  readonly name: string | null;
  readonly short: LimitWindow | null;
  readonly long: LimitWindow | null;
  /** Null when the source does not say. */
  readonly isReached: boolean | null;
  readonly seenAt: EpochMs;
}

export interface Credits {
  readonly has: boolean;
  readonly unlimited: boolean;
  /** As the provider writes it. */
  readonly balance: string | null;
}

/** What is known of an account's limits, whether it came by the usage page, in headers or within a stream. */
export interface LimitSnapshot {
  readonly at: EpochMs;
  readonly source: 'usage' | 'headers' | 'event';
  readonly plan: string | null;
  readonly limits: readonly Limit[];
  readonly credits: Credits | null;
}

export const MAIN_LIMIT = 'codex';
/** More families than this are a defect. */
export const LIMITS_MAX = 32;

const FULL_PERCENT = 100;
const DAY_MINUTES = 1_440;

/** Which of two windows is the short one is told by their lengths, not by their names. */
export function limitOf(
  facts: Pick<Limit, 'id' | 'name' | 'isReached' | 'seenAt'>,
  primary: LimitWindow | null,
  secondary: LimitWindow | null,
): Limit {
  const [short, long] = inOrder(primary, secondary);
  return { ...facts, id: limitId(facts.id), short, long };
}

/** Header names have dashes where other places have underscores. */
function limitId(text: string): string {
  return text.toLowerCase().replaceAll('-', '_');
}

/** Lays what was seen later over what was known. The usage page is complete; other sources name only some families. */
export function mergeSnapshots(before: LimitSnapshot | null, next: LimitSnapshot): LimitSnapshot {
  if (!before) return next;
  const [older, newer] = next.at >= before.at ? [before, next] : [next, before];
  const kept = newer.source === 'usage' ? [] : older.limits;
  const limits = new Map(kept.map((limit) => [limit.id, limit]));
  for (const limit of newer.limits) limits.set(limit.id, limit);
  return {
    at: newer.at,
    source: newer.source,
    plan: newer.plan ?? older.plan,
    limits: [...limits.values()].slice(0, LIMITS_MAX),
    credits: newer.credits ?? older.credits,
  };
}

/** The same as of a later moment: a window whose reset has come is empty, and when it ends next nobody knows. */
export function snapshotAt(snapshot: LimitSnapshot, now: EpochMs): LimitSnapshot {
  return {
    ...snapshot,
    limits: snapshot.limits.map((limit) => {
      const short = windowAt(limit.short, now);
      const long = windowAt(limit.long, now);
      if (short === limit.short && long === limit.long) return limit;
      return { ...limit, short, long, isReached: null };
    }),
  };
}

/** Whether the account can be asked for anything: null when that is not known. */
export function hasRoom(snapshot: LimitSnapshot): boolean | null {
  const main = snapshot.limits.find((limit) => limit.id === MAIN_LIMIT);
  if (!main) return null;
  if (main.isReached === true) return false;
  const windows = windowsOf(main);
  if (windows.some(isFull)) return false;
  return main.isReached === false || windows.length > 0 ? true : null;
}

/** When the account has room again, as far as it is known: the end of its last full window. */
export function roomAgainAt(snapshot: LimitSnapshot): EpochMs | null {
  const main = snapshot.limits.find((limit) => limit.id === MAIN_LIMIT);
  const windows = main ? windowsOf(main) : [];
  const full = windows.filter(isFull);
  const ends = (full.length > 0 ? full : windows).map(({ resetsAt }) => resetsAt).filter((at) => at !== null);
  if (ends.length === 0) return null;
  // Reached without a full window: the one that ends first is the hopeful guess, and the next reading corrects it.
  return (full.length > 0 ? Math.max(...ends) : Math.min(...ends)) as EpochMs;
}

export function windowsOf(limit: Limit): LimitWindow[] {
  return [limit.short, limit.long].filter((window) => window !== null);
}

function isFull(window: LimitWindow): boolean {
  return window.usedPercent >= FULL_PERCENT;
}

function windowAt(window: LimitWindow | null, now: EpochMs): LimitWindow | null {
  if (window?.resetsAt == null || window.resetsAt > now) return window;
  return { usedPercent: 0, minutes: window.minutes, resetsAt: null };
}

function inOrder(primary: LimitWindow | null, secondary: LimitWindow | null): [LimitWindow | null, LimitWindow | null] {
  if (primary && secondary) {
    const isSwapped = primary.minutes !== null && secondary.minutes !== null && primary.minutes > secondary.minutes;
    return isSwapped ? [secondary, primary] : [primary, secondary];
  }
  const only = primary ?? secondary;
  if (!only) return [null, null];
  const isLong = only.minutes === null ? only === secondary : only.minutes > DAY_MINUTES;
  return isLong ? [null, only] : [only, null];
}

/** The length of a window in milliseconds; 0 when it is not known. */
export function lengthMs(window: LimitWindow): number {
  return (window.minutes ?? 0) * MINUTE_MS;
}
