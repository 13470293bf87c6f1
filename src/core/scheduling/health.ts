/** What recent requests say about a credential at an endpoint. */
export interface HealthReading {
  /** Share of failures, 0 to 1, recent ones weighing most. */
  readonly errorRate: number;
  /** Smoothed time to first output in milliseconds; 0 when unknown. */
  readonly firstOutputMs: number;
  /** Requests running now. */
  readonly inflight: number;
  /** Transient failures since the last success. */
  readonly failuresInRow: number;
}

interface MutableReading {
  errorRate: number;
  firstOutputMs: number;
  inflight: number;
  failuresInRow: number;
}

const SMOOTHING = 0.2;
const UNKNOWN: HealthReading = { errorRate: 0, firstOutputMs: 0, inflight: 0, failuresInRow: 0 };

/** Running figures by candidate name. Lost at a restart on purpose: old latency says little, and cooldowns are kept elsewhere. */
export class HealthBoard {
  readonly #readings = new Map<string, MutableReading>();

  read(name: string): HealthReading {
    return this.#readings.get(name) ?? UNKNOWN;
  }

  began(name: string): void {
    this.#of(name).inflight++;
  }

  /** The call was given up for reasons that say nothing about the candidate. */
  left(name: string): void {
    this.#of(name).inflight--;
  }

  ended(name: string, result: { readonly failed: boolean; readonly firstOutputMs: number | null }): void {
    const reading = this.#of(name);
    reading.inflight--;
    reading.errorRate += SMOOTHING * ((result.failed ? 1 : 0) - reading.errorRate);
    reading.failuresInRow = result.failed ? reading.failuresInRow + 1 : 0;
    if (result.firstOutputMs !== null) {
      const before = reading.firstOutputMs || result.firstOutputMs;
      reading.firstOutputMs = before + SMOOTHING * (result.firstOutputMs - before);
    }
  }

  #of(name: string): MutableReading {
    const known = this.#readings.get(name);
    if (known) return known;
    const fresh = { errorRate: 0, firstOutputMs: 0, inflight: 0, failuresInRow: 0 };
    this.#readings.set(name, fresh);
    return fresh;
  }
}
