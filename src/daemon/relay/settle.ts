import type { DisconnectPolicy } from '../../core/identity/index.ts';
import type { UsdMicros } from '../../core/money.ts';
import {
  costOf,
  type Decision,
  type Outcome,
  recordRequest,
  type TokenUsage,
  type UsageEvent,
  type UsageSource,
} from '../../core/usage/index.ts';
import type { AttemptsResult } from './attempts.ts';
import type { Journey } from './journey.ts';
import type { RelayHouse } from './relay-house.ts';

/** How a journey ended, for the books. */
export interface Ending {
  readonly outcome: Outcome;
  readonly status: number;
  readonly errorCode: string | null;
  readonly refusal: Decision['refusal'];
  readonly attempted: AttemptsResult | null;
}

const BYTES_PER_TOKEN = 4;

/** Closes the books of one request: limits, stickiness, quota, usage event, decision, metrics, log line. */
export function settle(house: RelayHouse, journey: Journey, ending: Ending): void {
  const now = house.ctx.clock.now();
  // First of all, and before anything that could fail: room that is not given back is lost for good.
  const used = usageOf(house, journey, ending);
  if (journey.hold) house.limits.release(journey.hold, used.usage ? used.usage.input + used.usage.output : 0, now);
  const metered = meter(house, journey, ending, used);
  const served = ending.attempted?.kind === 'served' ? ending.attempted : null;
  if (served) remember(house, journey, ending, served, now);
  const settled =
    metered.usageSource === 'none'
      ? house.quota.release(journey.reservation)
      : house.quota.settle(journey.reservation, metered);
  const event = eventOf(house, journey, ending, metered);
  recordRequest(house.queue, event, decisionOf(journey, ending, settled));
  observe(house, event);
}

interface Used {
  readonly usage: TokenUsage | null;
  readonly usageSource: UsageSource;
}

interface Metered extends Used {
  readonly costUsdMicros: UsdMicros | null;
  readonly priceId: UsageEvent['priceId'];
}

function meter(house: RelayHouse, journey: Journey, ending: Ending, { usage, usageSource }: Used): Metered {
  const served = ending.attempted?.kind === 'served' ? ending.attempted : null;
  const price = journey.route.model ? house.live.priceAt(journey.route.model, journey.request.at) : null;
  if (!usage || !price || !served) return { usage, usageSource, costUsdMicros: null, priceId: price?.id ?? null };
  const { multiplierPpm } = served.candidate;
  const costUsdMicros = costOf(usage, price, served.result.facts.serviceTier, multiplierPpm);
  return { usage, usageSource, costUsdMicros, priceId: price.id };
}

function usageOf(house: RelayHouse, journey: Journey, ending: Ending): Used {
  const served = ending.attempted?.kind === 'served' ? ending.attempted.result : null;
  if (!served || !journey.request.route.metered) return { usage: null, usageSource: 'none' };
  const { usage } = served.facts;
  if (usage) return { usage, usageSource: ending.outcome === 'client_gone' ? 'drained' : 'upstream' };
  if (ending.outcome === 'client_gone' && policyOf(house, journey) === 'cancel') {
    return { usage: null, usageSource: 'none' };
  }
  return { usage: estimate(journey, served.outputEvents), usageSource: 'estimated' };
}

function policyOf(house: RelayHouse, journey: Journey): DisconnectPolicy {
  return journey.caller.key.disconnectPolicy ?? house.live.state.settings.effective['relay.disconnect_policy'];
}

/** Input by size, output by the events that arrived: providers send about one event for each token. */
function estimate(journey: Journey, outputEvents: number): TokenUsage {
  const input = Math.ceil(journey.request.body.length / BYTES_PER_TOKEN);
  return { input, cachedInput: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: outputEvents, reasoning: 0 };
}

function remember(
  house: RelayHouse,
  journey: Journey,
  ending: Ending,
  served: Extract<AttemptsResult, { kind: 'served' }>,
  now: UsageEvent['at'],
): void {
  const config = house.live.state.settings.effective;
  const credentialId = served.candidate.credential.id;
  if (journey.sticky.sessionKey && ending.outcome === 'completed') {
    house.sessions.bind(journey.sticky.sessionKey, credentialId, now, config['relay.soft_sticky_ttl_ms']);
  }
  const expiresAt = (now + config['relay.hard_sticky_ttl_ms']) as UsageEvent['at'];
  for (const objectId of served.result.objectIds) {
    house.objects.remember({ objectId, userId: journey.caller.user.id, credentialId, expiresAt });
  }
}

function eventOf(house: RelayHouse, journey: Journey, ending: Ending, metered: Metered): UsageEvent {
  const { request, caller, route, answer } = journey;
  const attempted = ending.attempted;
  const candidate = attempted && attempted.kind !== 'nowhere' ? attempted.candidate : null;
  const result = attempted?.kind === 'served' ? attempted.result : null;
  return {
    id: request.id,
    at: request.at,
    userId: caller.user.id,
    keyId: caller.key.id,
    endpoint: request.route.endpoint,
    model: route.resolved,
    upstreamModel: candidate?.upstreamModel ?? null,
    servedModel: result?.facts.servedModel ?? null,
    upstreamId: candidate?.upstream.id ?? null,
    credentialId: candidate?.credential.id ?? null,
    groupName: candidate?.groupName ?? null,
    multiplierPpm: candidate?.multiplierPpm ?? 1_000_000,
    outcome: ending.outcome,
    status: ending.status,
    errorCode: ending.errorCode,
    stream: request.stream,
    attempts: journey.attempts.length,
    usage: metered.usage,
    usageSource: metered.usageSource,
    serviceTier: result?.facts.serviceTier ?? null,
    priceId: metered.priceId,
    costUsdMicros: metered.costUsdMicros,
    durationMs: Math.round(house.ctx.clock.monotonicMs() - request.startedMs),
    firstOutputMs: result?.firstOutputMs == null ? null : Math.round(result.firstOutputMs),
    requestBytes: request.body.length,
    responseBytes: answer.bodyBytes,
  };
}

function decisionOf(journey: Journey, ending: Ending, settled: string): Decision {
  const { request, route, sticky, attempts, reservation, caller } = journey;
  const last = attempts.at(-1);
  const follows = sticky.trace && last?.chosen ? stickyOutcome(journey, ending) : 'none';
  return {
    id: request.id,
    at: request.at,
    model: { asked: route.asked, resolved: route.resolved, via: route.via },
    ladder: caller.key.groups,
    sticky: sticky.trace && { ...sticky.trace, outcome: follows },
    attempts,
    quota: { payer: reservation.payer, settled },
    refusal: ending.refusal,
    disconnect: ending.outcome === 'client_gone' ? (last?.verdict ?? 'client gone') : null,
  };
}

function stickyOutcome(journey: Journey, ending: Ending): 'none' | 'followed' | 'left' {
  const wanted = journey.sticky.pinned ?? journey.sticky.preferred;
  const attempted = ending.attempted;
  if (wanted === null || !attempted || attempted.kind === 'nowhere') return 'none';
  return attempted.candidate.credential.id === wanted ? 'followed' : 'left';
}

function observe(house: RelayHouse, event: UsageEvent): void {
  house.stats.countRequest(event.endpoint, event.outcome, event.status);
  house.stats.duration.observe(event.durationMs);
  if (event.firstOutputMs !== null) house.stats.firstOutput.observe(event.firstOutputMs);
  house.usedKeys.set(event.keyId, event.at);
  house.ctx.log.info(
    {
      request: event.id,
      user: event.userId,
      key: event.keyId,
      endpoint: event.endpoint,
      model: event.model,
      upstream: event.upstreamId,
      credential: event.credentialId,
      outcome: event.outcome,
      status: event.status,
      code: event.errorCode,
      attempts: event.attempts,
      input: event.usage?.input,
      output: event.usage?.output,
      costUsdMicros: event.costUsdMicros,
      ms: event.durationMs,
      firstOutputMs: event.firstOutputMs,
    },
    'request',
  );
}
