import type { RequestId } from '../ids.ts';
import type { EpochMs } from '../time.ts';

/** Why a request went where it went: what `realms explain` shows. Stored as one JSON document for each request. */
export interface Decision {
  readonly id: RequestId;
  readonly at: EpochMs;
  /** The model as asked, and what it resolved to. */
  readonly model: { readonly asked: string; readonly resolved: string; readonly via: 'id' | 'alias' | 'passthrough' };
  /** The key's ladder of groups; empty means every upstream. */
  readonly ladder: readonly string[];
  readonly sticky: StickyTrace | null;
  readonly attempts: readonly AttemptTrace[];
  /** What the quota step said and later settled. */
  readonly quota: { readonly payer: string; readonly settled: string };
  /** Set when Realms itself said no. */
  readonly refusal: { readonly code: string; readonly message: string } | null;
  readonly disconnect: string | null;
}

export interface StickyTrace {
  readonly kind: 'hard' | 'soft';
  /** Which field or header named the conversation. */
  readonly source: string;
  readonly credential: string | null;
  readonly outcome: 'none' | 'followed' | 'left';
}

export interface AttemptTrace {
  /** Everything that was considered for this attempt. Removed candidates have a reason, kept ones a score. */
  readonly candidates: readonly CandidateTrace[];
  /** More candidates than the record holds. */
  readonly omitted: number;
  readonly chosen: string | null;
  readonly startedMs: number;
  readonly tookMs: number;
  readonly status: number | null;
  readonly verdict: string;
  readonly errorCode: string | null;
  readonly cooldown: {
    readonly scope: string;
    readonly until: number;
    readonly source: string;
    readonly reason: string;
  } | null;
}

export interface CandidateTrace {
  /** `upstream/credential` by name. */
  readonly name: string;
  readonly removed?: string;
  readonly score?: number;
}
