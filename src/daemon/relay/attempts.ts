import {
  type Candidate,
  CLASS_POLICIES,
  classify,
  type ErrorClass,
  matchErrorRule,
  type Pick,
  type PickView,
  pick,
  ruleCooldown,
} from '../../core/scheduling/index.ts';
import type { EpochMs } from '../../core/time.ts';
import type { ErrorRule } from '../../core/upstreams/index.ts';
import type { AttemptTrace } from '../../core/usage/index.ts';
import { Untranslatable } from '../translate/index.ts';
import type { AttemptsResult } from './attempts-result.ts';
import { callFor, unfitFor } from './call-for.ts';
import { accountShare, renewAccount } from './codex/codex-accounts-door.ts';
import type { ExchangeResult } from './exchange.ts';
import type { Journey } from './journey.ts';
import { Leg } from './leg.ts';
import { cooldownDefaults, type RelayHouse } from './relay-house.ts';
import { traceOf } from './trace.ts';

/**
 * The one retry loop: pick, send, judge; until an answer is committed, an error is final, or nothing is left to try.
 * No candidate is asked twice, but for one whose connection broke and that has no alternative, and for an account that
 * got new tokens.
 */
export async function attempts(house: RelayHouse, journey: Journey): Promise<AttemptsResult> {
  const config = house.live.state.settings.effective;
  const tried = new Set<string>();
  const deadlineMs = journey.request.startedMs + config['relay.retry_deadline_ms'];
  let failed: Extract<AttemptsResult, { kind: 'failed' }> | null = null;
  let reconnected = false;
  const renewed = new Set<string>();
  for (let n = 1; n <= config['relay.attempts_max']; n++) {
    const { pinned, preferred, seed } = journey.sticky;
    const picked = pick(journey.route.reach.candidates, viewFor(house, journey), { pinned, preferred, seed, tried });
    const candidate = picked.chosen;
    if (!candidate) return failed ?? { kind: 'nowhere', pick: picked };
    tried.add(candidate.name);
    const call = callFor(house, journey, candidate);
    if (call instanceof Untranslatable) {
      failed = inexpressible(house, journey, picked, candidate, call);
      continue;
    }
    const leg = new Leg(house, journey, candidate, picked, call);
    const result = await resultOf(leg);
    // The leg has closed the journey's books already, before the last bytes of the answer left.
    if (result.kind === 'answered') return { kind: 'served', candidate, result };
    const trace = traceOf(journey, { picked, startedMs: leg.startedMs, endedMs: house.ctx.clock.monotonicMs() });
    if (result.kind === 'abandoned') {
      journey.attempts.push({ ...trace, verdict: `abandoned: ${result.why}` });
      return { kind: 'abandoned', candidate, why: result.why };
    }
    if (house.egress.isDestroyed) {
      journey.attempts.push({ ...trace, verdict: 'abandoned: the relay stops' });
      return { kind: 'abandoned', candidate, why: 'the relay stops' };
    }
    if (!renewed.has(candidate.name) && (await renewAccount(house, candidate, result.error, call.tokenFingerprint))) {
      journey.attempts.push({ ...trace, status: 401, verdict: 'auth: the account got new tokens' });
      renewed.add(candidate.name);
      tried.delete(candidate.name);
      continue;
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

type Failed = Extract<AttemptsResult, { kind: 'failed' }>;

function inexpressible(
  house: RelayHouse,
  journey: Journey,
  picked: Pick,
  candidate: Candidate,
  { field, message }: Untranslatable,
): Failed {
  const errorClass = 'inexpressible';
  const nowMs = house.ctx.clock.monotonicMs();
  const trace = traceOf(journey, { picked, startedMs: nowMs, endedMs: nowMs });
  journey.attempts.push({ ...trace, verdict: errorClass, errorCode: field || null });
  return {
    kind: 'failed',
    candidate,
    errorClass,
    error: { kind: errorClass, field, message },
    answer: null,
    rule: null,
  };
}

function viewFor(house: RelayHouse, journey: Journey): PickView {
  const now = house.ctx.clock.now();
  // A pinned request has no other place to go, so a passing cooldown does not keep it away.
  const pinned = journey.sticky.pinned !== null;
  return {
    now,
    unfit: (candidate) => unfitFor(house, journey, candidate),
    blocking: (candidate) => (pinned ? null : house.cooldowns.blocking(candidate, now)),
    health: (candidate) => house.health.read(candidate.name),
    share: (candidate) => accountShare(house, candidate),
    limited: ({ limited }) => (limited.length === 0 ? null : house.limits.check(limited, journey.estimatedTokens, now)),
  };
}

async function resultOf(leg: Leg): Promise<ExchangeResult> {
  try {
    return await leg.run();
  } finally {
    leg.abandon();
  }
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
    isLast: !journey.route.reach.candidates.some((other) => isAlternative(house, other, candidate, now)),
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

/** The first change of source is immediate; from then on waits double, with jitter. */
async function backOff(house: RelayHouse, attempt: number): Promise<void> {
  if (attempt < 2) return;
  const config = house.live.state.settings.effective;
  const cap = Math.min(config['relay.backoff_base_ms'] * 2 ** (attempt - 1), config['relay.backoff_max_ms']);
  const ms = cap * (0.5 + house.ctx.random.fraction() / 2);
  await new Promise((resolve) => setTimeout(resolve, ms));
}
