import type { LoadResult } from './load-plan.ts';
import { nowMicros } from './now-micros.ts';
import { type ProcessCost, readProcessCost, threadsBetween } from './process-cost.ts';

/** The stretch of a load that counts: between `open` and `close`, in time and in the cost of the measured process. */
export class MeasureWindow {
  isOpen = false;
  count = 0;
  readonly #pid: number | null;
  readonly #latencies: number[] = [];
  readonly #problems = new Map<string, number>();
  #openedAt = 0;
  #before: ProcessCost | null = null;

  constructor(pid: number | null) {
    this.#pid = pid;
  }

  open(): void {
    this.isOpen = true;
    this.#before = this.#pid === null ? null : readProcessCost(this.#pid);
    this.#openedAt = nowMicros();
  }

  tally(latencyMicros: number | null): void {
    if (!this.isOpen) return;
    this.count++;
    if (latencyMicros !== null) this.#latencies.push(latencyMicros);
  }

  problem(what: string): void {
    this.#problems.set(what, (this.#problems.get(what) ?? 0) + 1);
  }

  /** Ends the window. Latencies may still be added until the result is taken. */
  close(): () => LoadResult {
    const windowMicros = nowMicros() - this.#openedAt;
    const before = this.#before;
    const after = this.#pid === null ? null : readProcessCost(this.#pid);
    this.isOpen = false;
    const count = this.count;
    const threads = before && after ? threadsBetween(before, after) : [];
    const cost = {
      count,
      windowMicros,
      cpuMicros: before && after ? after.cpuMicros - before.cpuMicros : 0,
      mainThreadMicros: threads.find(({ id }) => id === this.#pid)?.cpuMicros ?? 0,
      otherThreadMicros: threads.find(({ id }) => id !== this.#pid)?.cpuMicros ?? 0,
      rssBytes: after?.rssBytes ?? 0,
    };
    return () => ({
      ...cost,
      latencyMicros: spread(this.#latencies),
      problems: [...this.#problems].map(([what, times]) => `${what} (${times} times)`),
    });
  }

  /** For an answer that was due within the window and came after it. */
  addLate(latencyMicros: number): void {
    this.#latencies.push(latencyMicros);
  }
}

function spread(values: readonly number[]): LoadResult['latencyMicros'] {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}
