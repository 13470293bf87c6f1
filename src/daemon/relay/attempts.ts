import {
  type Candidate,
  CLASS_POLICIES,
  classify,
  type ErrorClass,
  type LimitHold,
  matchErrorRule,
  type Pick,
  type PickView,
  pick,
  ruleCooldown,
  type UpstreamError,
} from '../../core/scheduling/index.ts';
import type { EpochMs } from '../../core/time.ts';
import type { ErrorRule } from '../../core/upstreams/index.ts';
import type { AttemptTrace, CandidateTrace } from '../../core/usage/index.ts';
import type { ExchangeResult, UpstreamRefusal } from './exchange.ts';
import type { Journey } from './journey.ts';
import { cooldownDefaults, type RelayHouse } from './relay-house.ts';
import { send } from './send.ts';

export type AttemptsResult =
  | {
      readonly kind: 'served';
      readonly candidate: Candidate;
      readonly result: Extract<ExchangeResult, { kind: 'answered' }>;
    }
  | {
      readonly kind: 'failed';
      readonly candidate: Candidate;
      readonly errorClass: ErrorClass;
      readonly error: UpstreamError;
      readonly answer: UpstreamRefusal | null;
      readonly rule: ErrorRule | null;
    }
  | { readonly kind: 'nowhere'; readonly pick: Pick }
  | { readonly kind: 'abandoned'; readonly candidate: Candidate; readonly why: string };

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Candidates that a decision record lists for each attempt. */
const TRACED_MAX = 20;

/**
 * The one retry loop: pick, send, judge; until an answer is committed, an error is final, or nothing is left to try.
 * No candidate is asked twice, but for one whose connection broke and that has no alternative.
 */
export async function attempts(house: RelayHouse, journey: Journey): Promise<AttemptsResult> {
  const config = house.live.state.settings.effective;
  const tried = new Set<string>();
  const deadlineMs = journey.request.startedMs + config['relay.retry_deadline_ms'];
  let failed: Extract<AttemptsResult, { kind: 'failed' }> | null = null;
  let reconnected = false;
  for (let n = 1; n <= config['relay.attempts_max']; n++) {
    const { pinned, preferred, seed } = journey.sticky;
    const picked = pick(journey.route.candidates, viewFor(house, journey), { pinned, preferred, seed, tried });
    const candidate = picked.chosen;
    if (!candidate) return failed ?? { kind: 'nowhere', pick: picked };
    tried.add(candidate.name);
    const startedMs = house.ctx.clock.monotonicMs();
    const sentAt = house.ctx.clock.now();
    const result = await sendBetween(house, journey, candidate);
    const trace = traceOf(journey, picked, startedMs, house.ctx.clock.monotonicMs());
    if (result.kind === 'answered') {
      // A rest that began after this call had left is not refuted by it.
      if (result.outcome === 'completed') house.cooldowns.reportSuccess(candidate, house.ctx.clock.now(), sentAt);
      trace.status = result.status;
      trace.verdict = result.outcome;
      trace.errorCode = result.errorCode;
      journey.attempts.push(trace);
      return { kind: 'served', candidate, result };
    }
    if (result.kind === 'abandoned') {
      journey.attempts.push({ ...trace, verdict: `abandoned: ${result.why}` });
      return { kind: 'abandoned', candidate, why: result.why };
    }
    if (house.egress.isDestroyed) {
      journey.attempts.push({ ...trace, verdict: 'abandoned: the relay stops' });
      return { kind: 'abandoned', candidate, why: 'the relay stops' };
    }
    const judged = judgeFailure(house, journey, candidate, result, picked);
    journey.attempts.push({ ...trace, ...judged.trace });
    failed = { ...result, candidate, errorClass: judged.errorClass, rule: judged.rule };
    if (journey.answer.isGone) return { kind: 'abandoned', candidate, why: 'client gone' };
    if (!judged.mayRetry || house.ctx.clock.monotonicMs() >= deadlineMs) return failed;
    if (judged.errorClass === 'network' && !reconnected && isOnly(picked, candidate)) {
      reconnected = true;
      tried.delete(candidate.name);
    }
    await backOff(house, n);
  }
  return failed as AttemptsResult;
}

function viewFor(house: RelayHouse, journey: Journey): PickView {
  const now = house.ctx.clock.now();
  // A pinned request has no other place to go, so a passing cooldown does not keep it away.
  const pinned = journey.sticky.pinned !== null;
  return {
    now,
    blocking: (candidate) => (pinned ? null : house.cooldowns.blocking(candidate, now)),
    health: (candidate) => house.health.read(candidate.name),
    limited: ({ limited }) => (limited.length === 0 ? null : house.limits.check(limited, journey.estimatedTokens, now)),
  };
}

/** Sends between opening and closing the books of the call; a defect on the way closes them too. */
async function sendBetween(house: RelayHouse, journey: Journey, candidate: Candidate): Promise<ExchangeResult> {
  const hold = begin(house, journey, candidate);
  let result: ExchangeResult = { kind: 'abandoned', why: 'a defect' };
  try {
    result = await send(house, journey, candidate);
    return result;
  } finally {
    end(house, candidate, hold, result);
  }
}

/** Opens the books that every call has: load, and room in the credential's limits. */
function begin(house: RelayHouse, journey: Journey, { name, limited }: Candidate): LimitHold | null {
  house.health.began(name);
  return limited.length > 0 ? house.limits.take(limited, journey.estimatedTokens, house.ctx.clock.now()) : null;
}

/** Closes them: what was used, whether it failed, how long the first output took. */
function end(house: RelayHouse, candidate: Candidate, hold: LimitHold | null, result: ExchangeResult): void {
  const answered = result.kind === 'answered' ? result : null;
  const usage = answered?.facts.usage;
  if (hold) house.limits.release(hold, usage ? usage.input + usage.output : hold.tokens, house.ctx.clock.now());
  if (result.kind === 'abandoned') house.health.left(candidate.name);
  else {
    const firstOutputMs = answered?.firstOutputMs ?? null;
    house.health.ended(candidate.name, { failed: isTransientFailure(result), firstOutputMs });
  }
  house.stats.countAttempt(candidate.upstream.name, answered ? answered.outcome : result.kind);
}

function isTransientFailure(result: ExchangeResult): boolean {
  if (result.kind === 'answered') return result.outcome === 'incomplete';
  return result.kind === 'failed' && CLASS_POLICIES[classify(result.error)].transient;
}

function judgeFailure(
  house: RelayHouse,
  journey: Journey,
  candidate: Candidate,
  result: Extract<ExchangeResult, { kind: 'failed' }>,
  picked: Pick,
): { errorClass: ErrorClass; mayRetry: boolean; rule: ErrorRule | null; trace: Partial<AttemptTrace> } {
  const now = house.ctx.clock.now();
  const errorClass = classify(result.error);
  const rule = matchErrorRule(candidate.upstream.errorRules, result.error);
  const sight = {
    candidate,
    error: result.error,
    errorClass,
    rule,
    failuresInRow: Math.max(0, house.health.read(candidate.name).failuresInRow - 1),
    isLast: !journey.route.candidates.some((other) => isAlternative(house, other, candidate, now)),
    now,
  };
  // In passthrough a client may ask for any name; one that nobody has says nothing about the upstream.
  const isInvented = errorClass === 'model_missing' && journey.route.via === 'passthrough' && !rule;
  const wanted = isInvented
    ? null
    : ruleCooldown(sight, house.cooldowns, cooldownDefaults(house.live.state.settings.effective));
  const begun = wanted ? house.cooldowns.begin(wanted, now) : null;
  const mayRetry = rule ? rule.retry === 'continue' : CLASS_POLICIES[errorClass].retry;
  const answer = result.error.kind === 'answer' ? result.error : null;
  return {
    errorClass,
    mayRetry: mayRetry && picked.verdicts.length > 0,
    rule,
    trace: {
      status: answer?.status ?? null,
      verdict: errorClass,
      errorCode: answer?.code || (result.error.kind === 'network' ? result.error.code : null),
      cooldown: begun && { scope: begun.scope, until: begun.until, source: begun.source, reason: begun.reason },
    },
  };
}

/** Another candidate that could take such a request now; the same credential at another endpoint counts. */
function isAlternative(house: RelayHouse, other: Candidate, failed: Candidate, now: EpochMs): boolean {
  return other.name !== failed.name && house.cooldowns.blocking(other, now) === null;
}

function isOnly(picked: Pick, candidate: Candidate): boolean {
  return picked.verdicts.every((verdict) => verdict.candidate === candidate || verdict.kind === 'removed');
}

/** An attempt's trace but for its verdict, which the caller fills in. */
function traceOf(journey: Journey, picked: Pick, startedMs: number, endedMs: number): Writable<AttemptTrace> {
  const candidates: CandidateTrace[] = [];
  for (const verdict of picked.verdicts) {
    if (candidates.length >= TRACED_MAX) break;
    const { name } = verdict.candidate;
    candidates.push(
      verdict.kind === 'removed' ? { name, removed: verdict.why } : { name, score: Math.round(verdict.score) },
    );
  }
  return {
    candidates,
    omitted: picked.verdicts.length - candidates.length,
    chosen: picked.chosen?.name ?? null,
    startedMs: Math.round(startedMs - journey.request.startedMs),
    tookMs: Math.round(endedMs - startedMs),
    status: null,
    verdict: '',
    errorCode: null,
    cooldown: null,
  };
}

/** The first change of source is immediate; from then on waits double, with jitter. */
async function backOff(house: RelayHouse, attempt: number): Promise<void> {
  if (attempt < 2) return;
  const config = house.live.state.settings.effective;
  const cap = Math.min(config['relay.backoff_base_ms'] * 2 ** (attempt - 1), config['relay.backoff_max_ms']);
  const ms = cap * (0.5 + house.ctx.random.fraction() / 2);
  await new Promise((resolve) => setTimeout(resolve, ms));
}
