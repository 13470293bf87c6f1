/** An instant in milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number & { readonly __brand: 'EpochMs' };

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** The only source of time in core: production reads the machine, stories turn a fake one. */
export interface Clock {
  /** Wall time. */
  now(): EpochMs;
  /** Milliseconds, with fractions, from an arbitrary start; never goes back. For durations only. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  now: () => Date.now() as EpochMs,
  monotonicMs: () => performance.now(),
};

/** Brands a number that is known to be an instant (a row, a parsed header). */
export function epochMs(value: number): EpochMs {
  return value as EpochMs;
}

/** RFC 3339 in UTC, as JSON output shows instants. */
export function toRfc3339(at: EpochMs): string {
  return new Date(at).toISOString();
}
