/** Where load goes and whose cost is read while it lasts. */
export interface Aim {
  readonly port: number;
  /** The process whose CPU time and memory count; null for the mock itself. */
  readonly pid: number | null;
  readonly key: string;
}

interface PlanBase {
  readonly aim: Aim;
  /** Base64, because a plan travels as JSON. */
  readonly body: string;
  /** Load that is made and not counted, before the window. */
  readonly warmUpMs: number;
  readonly windowMs: number;
}

/** N connections, each sends its next request when it has the answer to the last. */
export interface ClosedLoopPlan extends PlanBase {
  readonly kind: 'closed-loop';
  /** Keys that take turns, request by request; absent: the aim's own. */
  readonly keys?: readonly string[];
  readonly connections: number;
  /** The warm-up lasts until so many answers came, too, within bounds: cold code says nothing. */
  readonly warmUpCount: number;
}

/** Requests leave at a fixed rate, however slow the answers are. */
export interface OpenLoopPlan extends PlanBase {
  readonly kind: 'open-loop';
  readonly perSecond: number;
}

/** N streams are opened over `openingMs`, then the warm-up and the window follow, then all run to their end. */
export interface StreamsPlan extends PlanBase {
  readonly kind: 'streams';
  readonly streams: number;
  readonly openingMs: number;
  /** How the client speaks; chat unless said. Of a translated stream no chunk has the mock's stamp. */
  readonly wire?: 'chat' | 'responses';
}

export type LoadPlan = ClosedLoopPlan | OpenLoopPlan | StreamsPlan;

export interface LoadResult {
  /** Answers or chunks within the window. */
  readonly count: number;
  readonly windowMicros: number;
  readonly cpuMicros: number;
  readonly mainThreadMicros: number;
  /** The busiest thread beside the main one: in Realms the worker that owns the database. */
  readonly otherThreadMicros: number;
  readonly rssBytes: number;
  readonly latencyMicros: { readonly p50: number; readonly p99: number; readonly max: number } | null;
  /** What makes the numbers doubtful, such as answers that were errors. */
  readonly problems: readonly string[];
}
