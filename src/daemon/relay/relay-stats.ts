const BOUNDS_MS = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 120_000] as const;
const OVERHEAD_BOUNDS_MS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100] as const;

/** Observations in buckets, as Prometheus wants them. */
export class Buckets {
  readonly counts: number[];
  sum = 0;
  count = 0;
  readonly bounds: readonly number[];

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    let at = 0;
    while (at < this.bounds.length && value > (this.bounds[at] as number)) at++;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    this.sum += value;
    this.count++;
  }
}

/** Counters of the relay: plain numbers on the hot path, made into metrics only when somebody asks. */
export class RelayStats {
  /** By `endpoint|outcome|status`. */
  readonly requests = new Map<string, number>();
  /** By `upstream|verdict`. */
  readonly attempts = new Map<string, number>();
  readonly firstOutput = new Buckets(BOUNDS_MS);
  readonly duration = new Buckets(BOUNDS_MS);
  /** Time spent in Realms before the first attempt left. */
  readonly overhead = new Buckets(OVERHEAD_BOUNDS_MS);
  inflight = 0;
  streams = 0;
  draining = 0;
  totalRequests = 0;
  totalFailures = 0;

  countRequest(endpoint: string, outcome: string, status: number): void {
    bump(this.requests, `${endpoint}|${outcome}|${status}`);
    this.totalRequests++;
    if (outcome === 'failed' || outcome === 'refused') this.totalFailures++;
  }

  countAttempt(upstream: string, verdict: string): void {
    bump(this.attempts, `${upstream}|${verdict}`);
  }
}

function bump(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}
