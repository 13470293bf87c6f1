/** A call that has limits of time. */
export interface Watched {
  /** Monotonic milliseconds at which `timeOut` is called. */
  deadlineMs: number;
  /** Kept by the watch: the call's place in its list. */
  watchSlot: number;
  tick(nowMs: number): void;
  timeOut(): void;
}

/** The place of a call that is in no list. */
export const NOT_WATCHED = -1;

const TICK_MS = 250;

/**
 * One timer for all calls: total time, silence, holding before the commit point, keep-alives, draining. A timer for
 * each would be armed and disarmed on every request; none of these limits needs to be exact to a quarter of a second.
 *
 * The list is an array whose last entry fills a gap. A Set would be shorter, but V8 gives a Set that is old a new table
 * in the old generation every few dozen deletions, and the discarded one keeps every call that ran at that moment, with
 * all that it refers to, alive until the next full collection.
 */
export class Watch {
  readonly #calls: Watched[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(monotonicMs: () => number) {
    this.#timer = setInterval(() => {
      const nowMs = monotonicMs();
      // Backwards: a call that ends in its turn gives its place to one that was asked already.
      for (let slot = this.#calls.length - 1; slot >= 0; slot--) {
        const call = this.#calls[slot];
        if (!call) continue;
        if (nowMs >= call.deadlineMs) call.timeOut();
        else call.tick(nowMs);
      }
    }, TICK_MS);
    this.#timer.unref();
  }

  add(call: Watched): void {
    call.watchSlot = this.#calls.length;
    this.#calls.push(call);
  }

  delete(call: Watched): void {
    const { watchSlot } = call;
    if (watchSlot < 0) return;
    call.watchSlot = NOT_WATCHED;
    const last = this.#calls.pop();
    if (!last || last === call) return;
    last.watchSlot = watchSlot;
    this.#calls[watchSlot] = last;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
