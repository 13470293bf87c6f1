import { LRUCache } from 'lru-cache';
import { type Clock, MINUTE_MS } from '../core/time.ts';

const SUBJECTS_MAX = 10_000;

/**
 * Wrong guesses by whoever makes them (an address, a user), in windows of a minute. Bounded: those seen longest ago are
 * forgotten.
 */
export class AttemptLimit {
  readonly #clock: Clock;
  readonly #failuresMax: number;
  readonly #windows = new LRUCache<string, { startedMs: number; failures: number }>({ max: SUBJECTS_MAX });

  constructor(clock: Clock, failuresMax: number) {
    this.#clock = clock;
    this.#failuresMax = failuresMax;
  }

  /** How long the subject has to wait before it may guess again; 0: it may now. */
  waitMs(subject: string): number {
    const window = this.#open(subject);
    if (!window || window.failures < this.#failuresMax) return 0;
    return window.startedMs + MINUTE_MS - this.#clock.monotonicMs();
  }

  count(subject: string): void {
    const window = this.#open(subject) ?? { startedMs: this.#clock.monotonicMs(), failures: 0 };
    this.#windows.set(subject, { ...window, failures: window.failures + 1 });
  }

  #open(subject: string): { startedMs: number; failures: number } | undefined {
    const window = this.#windows.get(subject);
    return window && this.#clock.monotonicMs() < window.startedMs + MINUTE_MS ? window : undefined;
  }
}
