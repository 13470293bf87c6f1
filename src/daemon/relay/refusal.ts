import type { EpochMs } from '../../core/time.ts';
import type { Dialect } from './dialects/index.ts';

/** Realms' own no: why, in the words that clients act on. */
export interface Refusal {
  readonly status: number;
  /** Stable and machine-readable. */
  readonly code: string;
  readonly type: string;
  readonly message: string;
  readonly param?: string;
  /** When asking again can help; null when it never will by itself. */
  readonly resetsAt?: EpochMs | null;
  /** False: SDKs must not try again by themselves. */
  readonly mayRetry?: boolean;
}

export interface RefusalAnswer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

const CODEX_AGENT = /^codex[-_ /]/i;
/** Codex CLI sends a turn once on these and six times on other refusals, so theirs become 400 for it. */
const HAMMERED_STATUSES = new Set([401, 402, 403, 404, 413]);

/**
 * Gives a refusal the shape that makes the client at hand stop: Codex CLI obeys only 400 and `usage_limit_reached`
 * with 429; the SDKs obey `x-should-retry` and `retry-after`.
 */
export function refusalAnswer(
  refusal: Refusal,
  { userAgent, dialect }: { readonly userAgent: string; readonly dialect?: Pick<Dialect, 'errorBody'> },
  now: EpochMs,
): RefusalAnswer {
  const isCodex = CODEX_AGENT.test(userAgent);
  const headers = ['content-type', 'application/json'];
  if (refusal.mayRetry === false) headers.push('x-should-retry', 'false');
  const waitMs = refusal.resetsAt ? Math.max(0, refusal.resetsAt - now) : null;
  if (waitMs !== null) {
    headers.push('retry-after', String(Math.ceil(waitMs / 1000)), 'retry-after-ms', String(waitMs));
  }
  const stops = isCodex && refusal.status === 429;
  const error: Record<string, unknown> = {
    message: refusal.message,
    type: stops ? 'usage_limit_reached' : refusal.type,
    param: refusal.param ?? null,
    code: refusal.code,
  };
  if (refusal.resetsAt && waitMs !== null) {
    error['resets_at'] = Math.ceil(refusal.resetsAt / 1000);
    error['resets_in_seconds'] = Math.ceil(waitMs / 1000);
  }
  const status = isCodex && HAMMERED_STATUSES.has(refusal.status) ? 400 : refusal.status;
  const { code, message, param = null } = refusal;
  const shown = dialect?.errorBody ? dialect.errorBody({ status, code, message, field: param }) : { error };
  return { status, headers, body: Buffer.from(JSON.stringify(shown)) };
}
