import { type Clock, type EpochMs, epochMs, systemClock } from '../time.ts';

/** A clock that stands still until it is told to move. */
export interface FakeClock extends Clock {
  advance(ms: number): void;
}

/** 2026-01-01T00:00:00Z: late enough for every id and price to be plausible. */
const START_MS = Date.UTC(2026, 0, 1);

export function fakeClock(startMs: number = START_MS): FakeClock {
  let elapsedMs = 0;
  return {
    now: (): EpochMs => epochMs(Math.floor(startMs + elapsedMs)),
    monotonicMs: () => elapsedMs,
    advance(ms) {
      elapsedMs += ms;
    },
  };
}

/** The machine's own, from which `advance` goes forward: for a fake beside a program that lives in real time. */
export function machineClock(): FakeClock {
  let aheadMs = 0;
  return {
    now: () => epochMs(systemClock.now() + aheadMs),
    monotonicMs: () => systemClock.monotonicMs() + aheadMs,
    advance(ms) {
      aheadMs += ms;
    },
  };
}
