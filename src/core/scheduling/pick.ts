import type { CredentialId } from '../ids.ts';
import type { EpochMs } from '../time.ts';
import type { Candidate } from './candidate.ts';
import type { Cooldown } from './cooldown.ts';
import type { HealthReading } from './health.ts';
import type { LimitRefusal } from './limit-book.ts';

/** What a pick looks at besides the candidates; all of it is read, nothing is changed. */
export interface PickView {
  readonly now: EpochMs;
  /** Why this candidate can never serve such a request; null when it can. */
  unfit(candidate: Candidate): Unfitness | null;
  blocking(candidate: Candidate): Cooldown | null;
  health(candidate: Candidate): HealthReading;
  /** Factor on its weight, for what the operator's weights cannot know: 1 changes nothing. */
  share(candidate: Candidate): number;
  /** The limit of the credential, or of its model, that has no room. */
  limited(candidate: Candidate): LimitRefusal | null;
}

export interface PickWish {
  /** Names of candidates that this request has tried. */
  readonly tried: ReadonlySet<string>;
  /** Hard stickiness: no other credential can serve this request. */
  readonly pinned: CredentialId | null;
  /** Soft stickiness: where the conversation's cache is. */
  readonly preferred: CredentialId | null;
  /** Same seed, same view, same pick. */
  readonly seed: number;
}

export type Verdict =
  | { readonly candidate: Candidate; readonly kind: 'scored'; readonly score: number }
  | { readonly candidate: Candidate; readonly kind: 'removed'; readonly why: Removal; readonly until: EpochMs | null };

export type Unfitness = `has no ${string}`;

export type Removal =
  | 'tried already'
  | Unfitness
  | 'not the pinned credential'
  | 'credential expired'
  | `cooling: ${string}`
  | `limit: ${string}`;

export interface Pick {
  readonly chosen: Candidate | null;
  readonly verdicts: readonly Verdict[];
  /** When nothing could be chosen: the earliest moment at which something may be free again, if that is known. */
  readonly freeAt: EpochMs | null;
}

const RUNG_POINTS = 1_000_000;
const PRIORITY_POINTS = 1_000;
const PRIORITY_MAX = 400;
/** Worth more than any priority and less than a rung: the cache may cost another upstream, never another price. */
const CACHE_BONUS = 500_000;
const DRAW_POINTS = 999;
const LOAD_SCALE = 16;
/** Below this quality the cache is not worth staying for. */
const ESCAPE_QUALITY = 0.25;
const FIRST_OUTPUT_SCALE_MS = 20_000;

/**
 * Chooses among candidates. Filters only remove, each with a reason; what is left is scored: ladder rung, then
 * priority, then a draw weighted by the operator's weights, recent errors, load and time to first output.
 */
export function pick(candidates: readonly Candidate[], view: PickView, wish: PickWish): Pick {
  const verdicts: Verdict[] = [];
  let chosen: Candidate | null = null;
  let best = Number.NEGATIVE_INFINITY;
  let freeAt: EpochMs | null = null;
  for (const candidate of candidates) {
    const verdict = judge(candidate, view, wish);
    verdicts.push(verdict);
    if (verdict.kind === 'removed') {
      if (verdict.until !== null && (freeAt === null || verdict.until < freeAt)) freeAt = verdict.until;
    } else if (verdict.score > best) {
      best = verdict.score;
      chosen = candidate;
    }
  }
  return { chosen, verdicts, freeAt: chosen ? null : freeAt };
}

function judge(candidate: Candidate, view: PickView, wish: PickWish): Verdict {
  if (wish.tried.has(candidate.name)) return removed(candidate, 'tried already', null);
  const unfit = view.unfit(candidate);
  if (unfit !== null) return removed(candidate, unfit, null);
  const pinnedHere = wish.pinned === candidate.credential.id;
  if (wish.pinned !== null && !pinnedHere) return removed(candidate, 'not the pinned credential', null);
  const { expiresAt } = candidate.credential;
  if (expiresAt !== null && expiresAt <= view.now) return removed(candidate, 'credential expired', null);
  const cooldown = view.blocking(candidate);
  if (cooldown) return removed(candidate, `cooling: ${cooldown.reason}`, cooldown.until);
  const refusal = view.limited(candidate);
  if (refusal) {
    return removed(candidate, `limit: ${refusal.limit}`, (view.now + refusal.retryAfterMs) as EpochMs);
  }
  return { candidate, kind: 'scored', score: score(candidate, view, wish) };
}

function removed(candidate: Candidate, why: Removal, until: EpochMs | null): Verdict {
  return { candidate, kind: 'removed', why, until };
}

function score(candidate: Candidate, view: PickView, wish: PickWish): number {
  const quality = qualityOf(view.health(candidate));
  const share = quality * view.share(candidate);
  const weight = Math.max(0.001, candidate.upstream.weight * candidate.credential.weight * share);
  // Weighted sampling (Efraimidis and Spirakis): the largest draw^(1/weight) wins in proportion to weight. This form has
  // the same order and keeps small weights apart, where the power would vanish beside the points of rung and priority.
  const draw = weight / (weight - Math.log(drawOf(candidate.hash, wish.seed)));
  const priority = Math.min(candidate.precedence, PRIORITY_MAX);
  const cached = wish.preferred === candidate.credential.id && quality >= ESCAPE_QUALITY ? CACHE_BONUS : 0;
  return cached + draw * DRAW_POINTS - candidate.rung * RUNG_POINTS - priority * PRIORITY_POINTS;
}

/** 1 for a healthy idle candidate, towards 0 with errors, load and slowness. */
export function qualityOf(health: HealthReading): number {
  const reliability = (1 - health.errorRate) ** 2;
  const room = 1 / (1 + health.inflight / LOAD_SCALE);
  const speed = 1 / (1 + health.firstOutputMs / FIRST_OUTPUT_SCALE_MS);
  return reliability * room * speed;
}

/** An even draw in (0, 1) from two 32-bit numbers (the finaliser of MurmurHash3). */
function drawOf(hash: number, seed: number): number {
  let mixed = (hash ^ seed) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  mixed = (mixed ^ (mixed >>> 16)) >>> 0;
  return (mixed + 0.5) / 0x1_0000_0000;
}
