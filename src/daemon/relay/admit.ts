import type { LimitHold } from '../../core/scheduling/index.ts';
import type { Arrival } from '../transport/index.ts';
import { authenticate, type Caller } from './authenticate.ts';
import { callerSubjects, limitRefusal } from './caller-limits.ts';
import { estimateOf } from './estimate.ts';
import type { Journey, Sticky } from './journey.ts';
import { overloaded, quotaRefusal } from './own-refusals.ts';
import { readRequest } from './read-request.ts';
import { refuse } from './refuse.ts';
import type { RelayHouse } from './relay-house.ts';
import type { RelayRequest } from './relay-request.ts';
import { answerAgain, claimOf } from './replay.ts';
import { type ModelRoute, reachOf } from './route-table.ts';
import { stick } from './stick.ts';
import type { Turn } from './turn.ts';

/**
 * Everything before the first attempt: who asks, for what, where it may go, and whether there is room for it in the limits
 * and with a payer. Null: it was refused, and the refusal is sent. From a journey on, the books are open.
 */
export async function admit(turn: Turn, arrival: Arrival): Promise<Journey | null> {
  const { house, head } = turn;
  const { settings, identity, routes } = house.live.state;
  const config = settings.effective;
  const authenticated = authenticate(head.incoming, identity, head.at);
  turn.caller = authenticated.caller;
  if (authenticated.kind === 'refused') return refuse(turn, authenticated.refusal, null);
  const { caller } = authenticated;
  if (house.stats.inflight > config['relay.inflight_max'] || house.queue.isFull) {
    return refuse(turn, overloaded(), null);
  }
  const reading = readRequest(arrival, head, config);
  const request = reading instanceof Promise ? await reading : reading;
  const resolved = request.route.onObject
    ? { kind: 'route' as const, route: objectRoute(house, request) }
    : routes.resolve(request.model, caller.key);
  if (resolved.kind === 'refused') return refuse(turn, resolved.refusal, request);
  const sticking = stick(house, request, caller);
  // Most requests need no look into the database, and then no turn of the microtask queue either.
  const stuck = sticking instanceof Promise ? await sticking : sticking;
  if (stuck.kind === 'refused') return refuse(turn, stuck.refusal, request, resolved.route);
  return await takeRoom(turn, request, caller, resolved.route, stuck.sticky);
}

/** Takes room in the caller's limits and with a payer, or neither. */
async function takeRoom(
  turn: Turn,
  request: RelayRequest,
  caller: Caller,
  route: ModelRoute,
  sticky: Sticky,
): Promise<Journey | null> {
  const { house, answer } = turn;
  const now = house.ctx.clock.now();
  const subjects = callerSubjects(house.live.state, caller, now);
  const price = route.model ? house.live.priceAt(route.model, request.at) : null;
  const { inputTokens, mostUsdMicros, leastUsdMicros } = estimateOf(request, route, price);
  const limited = subjects.length > 0 ? house.limits.check(subjects, inputTokens, now) : null;
  if (limited) return refuse(turn, limitRefusal(limited, caller, now), request, route);
  // Taken in the same turn as it was checked: after an await, another request could have taken the same room.
  const hold = subjects.length > 0 ? house.limits.take(subjects, inputTokens, now) : null;
  const known = { request, answer, caller, route, price, sticky, hold, estimatedTokens: inputTokens };
  // Before the quota step: a repetition buys nothing, so it needs no room with a payer.
  const claiming = claimOf(house, request, caller);
  const claim = claiming && (await orGiveBack(house, hold, claiming));
  if (claim && claim.kind !== 'first') return answerAgain(turn, known, claim);
  turn.claim = claim;
  const answering = house.quota.reserve({
    requestId: request.id,
    userId: caller.user.id,
    keyId: caller.key.id,
    model: route.resolved,
    asked: route.asked,
    groups: route.reach.groups,
    listUsdMicros: mostUsdMicros,
    minimumUsdMicros: leastUsdMicros,
    now: claim ? house.ctx.clock.now() : now,
  });
  const reserved = answering instanceof Promise ? await orGiveBack(house, hold, answering) : answering;
  if (reserved.kind === 'refused') {
    if (hold) house.limits.release(hold, 0, now);
    return refuse(turn, quotaRefusal(reserved), request, route);
  }
  const { reservation } = reserved;
  const within = reservation.groups ? withinGroups(route, reservation.groups) : route;
  turn.journey = { ...known, route: within, reservation, attempts: [], isClosed: false };
  return turn.journey;
}

/** Whatever becomes of the step, room that was taken for nothing is given back. */
async function orGiveBack<T>(house: RelayHouse, hold: LimitHold | null, answering: Promise<T>): Promise<T> {
  try {
    return await answering;
  } catch (error) {
    if (hold) house.limits.release(hold, 0, house.ctx.clock.now());
    throw error;
  }
}

/** A verb on an object goes to the account that has the object, whatever the key's groups say. */
function objectRoute(house: RelayHouse, request: RelayRequest): ModelRoute {
  const reach = house.live.state.routes.everyCandidate();
  return { asked: request.model, resolved: request.model, via: 'passthrough', reach, model: null };
}

/** What a plan pays for runs only where the plan may go. */
function withinGroups(route: ModelRoute, groups: ReadonlySet<string>): ModelRoute {
  const { candidates } = route.reach;
  return {
    ...route,
    reach: reachOf(candidates.filter(({ groupName }) => groupName !== null && groups.has(groupName))),
  };
}
