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

type Label = string | number;
type Branch = Map<Label, Branch | number>;

/** Counts by labels. A tree of maps, because joining the labels to one key would make a new string for every count. */
export class Tally {
  readonly names: readonly string[];
  readonly #root: Branch = new Map();

  constructor(names: readonly string[]) {
    this.names = names;
  }

  add(...labels: Label[]): void {
    let branch = this.#root;
    for (let i = 0; i < labels.length - 1; i++) {
      const label = labels[i] as Label;
      let next = branch.get(label);
      if (!(next instanceof Map)) {
        next = new Map();
        branch.set(label, next);
      }
      branch = next;
    }
    const last = labels[labels.length - 1] as Label;
    branch.set(last, ((branch.get(last) as number | undefined) ?? 0) + 1);
  }

  /** Every combination that was counted, in the order of the first. */
  entries(): [labels: readonly Label[], count: number][] {
    return walk(this.#root, []);
  }
}

function walk(branch: Branch, path: readonly Label[]): [readonly Label[], number][] {
  return [...branch].flatMap(([label, next]): [readonly Label[], number][] =>
    next instanceof Map ? walk(next, [...path, label]) : [[[...path, label], next]],
  );
}

/** Counters of the relay: plain numbers on the hot path, made into metrics only when somebody asks. */
export class RelayStats {
  readonly requests = new Tally(['endpoint', 'outcome', 'status']);
  readonly attempts = new Tally(['upstream', 'verdict']);
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
    this.requests.add(endpoint, outcome, status);
    this.totalRequests++;
    if (outcome === 'failed' || outcome === 'refused') this.totalFailures++;
  }

  countAttempt(upstream: string, verdict: string): void {
    this.attempts.add(upstream, verdict);
  }
}
