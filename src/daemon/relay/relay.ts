import type { IncomingMessage, ServerResponse } from 'node:http';
import { describeError, Failure } from '../../core/failure.ts';
import { tokenCost, type UsdMicros } from '../../core/money.ts';
import type { ReserveAnswer, ReserveInput } from '../../core/quota/index.ts';
import type { LimitHold } from '../../core/scheduling/index.ts';
import type { EpochMs } from '../../core/time.ts';
import { type AttemptsResult, attempts } from './attempts.ts';
import { authenticate } from './authenticate.ts';
import { callerSubjects, limitRefusal } from './caller-limits.ts';
import { ClientAnswer } from './client-answer.ts';
import { failedAnswer, nowhereRefusal } from './failed-answer.ts';
import { storedAnswer } from './idempotency.ts';
import type { Journey } from './journey.ts';
import {
  failureRefusal,
  IDEMPOTENCY_MISMATCH,
  IDEMPOTENCY_TOO_LARGE,
  overloaded,
  quotaRefusal,
} from './own-refusals.ts';
import { readHead, readRequest } from './read-request.ts';
import { refuse, refuseHeld, sendWhole } from './refuse.ts';
import type { RelayHouse } from './relay-house.ts';
import type { RelayRequest, RelayRoute } from './relay-request.ts';
import type { ModelRoute } from './route-table.ts';
import { stick } from './stick.ts';
import { closeBooks, closed, type Turn } from './turn.ts';

/** The journey of one request. Each step only adds to what the ones before it found. */
export async function relay(
  house: RelayHouse,
  route: RelayRoute,
  path: { readonly upstreamPath: string; readonly objectId: string | null },
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const head = readHead(house, req, route, path);
  const answer = new ClientAnswer(res, head.id);
  const turn: Turn = { house, head, answer, caller: null, open: null };
  house.stats.inflight++;
  try {
    await journeyOf(turn, req);
  } catch (error) {
    if (!(error instanceof Failure)) {
      house.ctx.log.error({ request: head.id, error: describeError(error) }, 'request failed within Realms');
    }
    if (answer.isCommitted) {
      answer.cut();
      closeBooks(turn, { ...closed('failed', 500), errorCode: 'internal_error' });
    } else if (turn.open) refuseHeld(turn, failureRefusal(error));
    else refuse(turn, failureRefusal(error), null);
  } finally {
    house.stats.inflight--;
  }
}

async function journeyOf(turn: Turn, req: IncomingMessage): Promise<void> {
  const { house, head, answer } = turn;
  const { settings, identity, routes } = house.live.state;
  const config = settings.effective;
  const authenticated = authenticate(head.incoming, identity, head.at);
  turn.caller = authenticated.caller;
  if (authenticated.kind === 'refused') return refuse(turn, authenticated.refusal, null);
  const { caller } = authenticated;
  if (house.stats.inflight > config['relay.inflight_max'] || house.queue.isFull) {
    return refuse(turn, overloaded(), null);
  }
  const request = await readRequest(req, head, config);
  const resolved = request.route.onObject
    ? { kind: 'route' as const, route: objectRoute(house, request) }
    : routes.resolve(request.model, caller.key);
  if (resolved.kind === 'refused') return refuse(turn, resolved.refusal, request);
  const sticking = stick(house, request, caller);
  // Most requests need no look into the database, and then no turn of the microtask queue either.
  const stuck = sticking instanceof Promise ? await sticking : sticking;
  if (stuck.kind === 'refused') return refuse(turn, stuck.refusal, request, resolved.route);
  const now = house.ctx.clock.now();
  const subjects = callerSubjects(caller, config);
  const estimatedTokens = Math.ceil(request.body.length / 4);
  const limited = subjects.length > 0 ? house.limits.check(subjects, estimatedTokens, now) : null;
  if (limited) return refuse(turn, limitRefusal(limited, caller, now), request, resolved.route);
  // Taken in the same turn as it was checked: after an await, another request could have taken the same room.
  const hold = subjects.length > 0 ? house.limits.take(subjects, estimatedTokens, now) : null;
  const reserved = await reserve(house, hold, {
    requestId: request.id,
    userId: caller.user.id,
    keyId: caller.key.id,
    model: resolved.route.resolved,
    estimatedUsdMicros: estimateCost(house, resolved.route, request, estimatedTokens),
    now,
  });
  if (reserved.kind === 'refused') {
    if (hold) house.limits.release(hold, 0, now);
    return refuse(turn, quotaRefusal(reserved), request, resolved.route);
  }
  const journey: Journey = {
    request,
    answer,
    caller,
    route: resolved.route,
    sticky: stuck.sticky,
    reservation: reserved.reservation,
    hold,
    estimatedTokens,
    attempts: [],
  };
  turn.open = journey;
  house.stats.overhead.observe(house.ctx.clock.monotonicMs() - request.startedMs);
  const { idempotencyKey } = request.incoming;
  if (idempotencyKey === null || config['relay.idempotency_ttl_ms'] === 0 || request.route.onObject) {
    await attemptAndSettle(turn, journey);
  } else await answerOnce(turn, journey, idempotencyKey);
}

/** Runs the attempts under the client's Idempotency-Key. */
async function answerOnce(turn: Turn, journey: Journey, idempotencyKey: string): Promise<void> {
  const { house, answer } = turn;
  const { request, caller } = journey;
  const config = house.live.state.settings.effective;
  const claim = await house.idempotency.claim(house.ctx, {
    keyId: caller.key.id,
    idempotencyKey,
    endpoint: request.route.endpoint,
    body: request.body,
    ttlMs: config['relay.idempotency_ttl_ms'],
  });
  if (claim.kind === 'mismatch') return refuseHeld(turn, IDEMPOTENCY_MISMATCH);
  if (claim.kind === 'replay') {
    if (claim.answer.body === null) return refuseHeld(turn, IDEMPOTENCY_TOO_LARGE);
    answer.commit(claim.answer.status, [...claim.answer.headers, 'idempotent-replayed', 'true']);
    answer.end(claim.answer.body);
    const refusal = { code: 'replayed', message: `answered from request ${claim.answer.requestId}` };
    return closeBooks(turn, { ...closed('completed', claim.answer.status), refusal });
  }
  answer.keepCopy(config['relay.idempotency_body_max_bytes']);
  let stored = null;
  try {
    // Also one that was read on for a client that left: it was paid for, and a repeat must not be paid again.
    const isWhole = await attemptAndSettle(turn, journey);
    if (isWhole && answer.copy) stored = storedAnswer(request.id, answer.copy);
  } finally {
    claim.finish(stored);
  }
}

/** Resolves to whether the upstream's answer is there to its end, whoever was still listening. */
async function attemptAndSettle(turn: Turn, journey: Journey): Promise<boolean> {
  const { house, answer } = turn;
  const isStream = journey.request.stream;
  if (isStream) house.stats.streams++;
  let result: AttemptsResult;
  try {
    result = await attempts(house, journey);
  } finally {
    if (isStream) house.stats.streams--;
  }
  const now = house.ctx.clock.now();
  switch (result.kind) {
    case 'served': {
      const { outcome, status, errorCode } = result.result;
      closeBooks(turn, { outcome, status, errorCode, refusal: null, attempted: result });
      return result.result.isWhole;
    }
    case 'abandoned':
      closeBooks(turn, { ...closed('client_gone', answer.status || CLIENT_GONE), attempted: result });
      return false;
    case 'failed': {
      const seen = failedAnswer(
        result,
        journey.request,
        journey.attempts.length,
        freeAt(house, journey, result, now),
        now,
      );
      sendWhole(answer, seen.status, seen.headers, seen.body);
      closeBooks(turn, { ...closed('failed', seen.status), errorCode: seen.code, attempted: result });
      return false;
    }
    case 'nowhere':
      refuseHeld(turn, nowhereRefusal(result.pick, journey.route.asked, now), result);
      return false;
  }
}

/** When a request like this may work again, as far as the rests in force and the last answer tell. */
function freeAt(
  house: RelayHouse,
  journey: Journey,
  { error }: Extract<AttemptsResult, { kind: 'failed' }>,
  now: EpochMs,
): EpochMs | null {
  const hintMs = error.kind === 'answer' ? (error.bodyResetMs ?? error.retryAfterMs) : null;
  let soonest = hintMs === null ? null : now + hintMs;
  for (const candidate of journey.route.candidates) {
    const until = house.cooldowns.blocking(candidate, now)?.until;
    if (until !== undefined && (soonest === null || until < soonest)) soonest = until;
  }
  return soonest as EpochMs | null;
}

/** Asks the quota step; whatever becomes of it, room that was taken for nothing is given back. */
async function reserve(house: RelayHouse, hold: LimitHold | null, input: ReserveInput): Promise<ReserveAnswer> {
  try {
    return await house.quota.reserve(input);
  } catch (error) {
    if (hold) house.limits.release(hold, 0, house.ctx.clock.now());
    throw error;
  }
}

/** For the books alone: nobody is there to see a status. nginx uses the same number. */
const CLIENT_GONE = 499;

/** A verb on an object goes to the account that has the object, whatever the key's groups say. */
function objectRoute(house: RelayHouse, request: RelayRequest): ModelRoute {
  const candidates = house.live.state.routes.everyCandidate();
  return { asked: request.model, resolved: request.model, via: 'passthrough', candidates, model: null };
}

/** The list price of what may come, for the quota step: the input by its size, the output by the model's cap. */
function estimateCost(
  house: RelayHouse,
  route: ModelRoute,
  request: RelayRequest,
  inputTokens: number,
): UsdMicros | null {
  const price = route.model && request.route.metered ? house.live.priceAt(route.model, request.at) : null;
  if (!price) return null;
  return tokenCost([
    { tokens: inputTokens, price: price.standard.input },
    { tokens: route.model?.maxOutputTokens ?? 0, price: price.standard.output },
  ]);
}
