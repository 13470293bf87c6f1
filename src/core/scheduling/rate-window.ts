import type { EpochMs } from '../time.ts';

const BUCKET_MS = 1_000;
const BUCKETS = 60;
const WINDOW_MS = BUCKET_MS * BUCKETS;

/** A sum over the last 60 seconds, to the second. */
export class RateWindow {
  readonly #buckets = new Float64Array(BUCKETS);
  #sum = 0;
  #latest = -1;

  add(amount: number, now: EpochMs): void {
    this.#turnTo(now);
    const at = this.#latest % BUCKETS;
    this.#buckets[at] = (this.#buckets[at] ?? 0) + amount;
    this.#sum += amount;
  }

  /** Changes what was added at `then`, if that is still in the window. */
  correct(change: number, then: EpochMs, now: EpochMs): void {
    this.#turnTo(now);
    const bucket = Math.floor(then / BUCKET_MS);
    if (bucket <= this.#latest - BUCKETS || bucket > this.#latest) return;
    const at = bucket % BUCKETS;
    this.#buckets[at] = (this.#buckets[at] ?? 0) + change;
    this.#sum += change;
  }

  sum(now: EpochMs): number {
    this.#turnTo(now);
    return this.#sum;
  }

  /** Milliseconds until `amount` more fits under `limit`; at most the whole window. */
  roomInMs(amount: number, limit: number, now: EpochMs): number {
    this.#turnTo(now);
    let sum = this.#sum;
    for (let age = BUCKETS - 1; age >= 0; age--) {
      if (sum + amount <= limit) return Math.min(Math.max(BUCKET_MS, waitFor(age, this.#latest, now)), WINDOW_MS);
      sum -= this.#buckets[(this.#latest - age + BUCKETS) % BUCKETS] ?? 0;
    }
    return WINDOW_MS;
  }

  #turnTo(now: EpochMs): void {
    const bucket = Math.floor(now / BUCKET_MS);
    // A clock that was set back by more than the window would otherwise freeze it until that time comes again.
    const wasSetBack = bucket <= this.#latest - BUCKETS;
    if (bucket <= this.#latest && !wasSetBack) return;
    const passed = wasSetBack ? BUCKETS : Math.min(bucket - this.#latest, BUCKETS);
    for (let i = 0; i < passed; i++) {
      const at = (bucket - i) % BUCKETS;
      this.#sum -= this.#buckets[at] ?? 0;
      this.#buckets[at] = 0;
    }
    this.#latest = bucket;
  }
}

/** How long until the bucket that is one second older than `age` leaves the window. */
function waitFor(age: number, latest: number, now: EpochMs): number {
  return (latest - age - 1) * BUCKET_MS + WINDOW_MS - now;
}
