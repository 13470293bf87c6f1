import { payerText, type Settled } from '../../core/quota/index.ts';
import type { EpochMs } from '../../core/time.ts';
import {
  type Decision,
  pendingRow,
  recordRequest,
  type StartedAnswer,
  type UsageEvent,
  type UsagePayment,
} from '../../core/usage/index.ts';
import type { Ending } from './ending.ts';
import type { Journey } from './journey.ts';
import { costed, type Metered, NOT_YET, runningAnswer, type Served, usageOf } from './meter.ts';
import type { RelayHouse } from './relay-house.ts';

/** Closes the books of one request: limits, stickiness, quota, usage event, decision, metrics, log line. */
export function settle(house: RelayHouse, journey: Journey, ending: Ending): void {
  const now = house.ctx.clock.now();
  const served = ending.attempted?.kind === 'served' ? ending.attempted : null;
  const running = runningAnswer(journey, served);
  const used = running === null ? usageOf(house, journey, ending) : NOT_YET;
  // Before anything that could fail: room that is not given back is lost for good.
  if (journey.hold) house.limits.release(journey.hold, used.usage ? used.usage.input + used.usage.output : 0, now);
  const metered = costed(journey, ending, used);
  if (served) remember(house, journey, ending, served, now);
  const pending = running && served ? pendingOf(journey, served, running) : null;
  const settled = settleQuota(house, journey, metered, pending, now);
  const event = eventOf(house, journey, ending, metered, settled.payment);
  const rows = pending ? [pendingRow(pending)] : settled.rows;
  recordRequest(house.queue, event, decisionOf(journey, ending, settled.note), rows);
  observe(house, event);
}

function settleQuota(
  house: RelayHouse,
  { reservation }: Journey,
  { usageSource, costUsdMicros }: Metered,
  pending: StartedAnswer | null,
  now: EpochMs,
): Settled {
  if (pending) {
    house.background.hold(pending, reservation);
    return house.quota.defer(reservation);
  }
  return usageSource === 'none'
    ? house.quota.release(reservation, now)
    : house.quota.settle(reservation, costUsdMicros, now);
}

function pendingOf({ request, price }: Journey, { candidate }: Served, objectId: string): StartedAnswer {
  const credentialId = candidate.credential.id;
  return { objectId, requestId: request.id, credentialId, price, createdAt: request.at };
}

function remember(house: RelayHouse, journey: Journey, ending: Ending, served: Served, now: UsageEvent['at']): void {
  const config = house.live.state.settings.effective;
  const credentialId = served.candidate.credential.id;
  if (journey.sticky.sessionKey && ending.outcome === 'completed') {
    house.sessions.bind(journey.sticky.sessionKey, credentialId, now, config['relay.soft_sticky_ttl_ms']);
  }
  const { facts } = served.result;
  // That it was deleted says nothing of what it used, unless it says so.
  const isSeen = journey.request.incoming.method !== 'DELETE' || facts.usage !== null;
  if (journey.request.route.onObject && facts.objectId && isSeen) {
    void house.background.seen({ objectId: facts.objectId, credentialId }, facts);
  }
  const expiresAt = (now + config['relay.hard_sticky_ttl_ms']) as UsageEvent['at'];
  for (const objectId of served.result.objectIds) {
    house.objects.remember({ objectId, userId: journey.caller.user.id, credentialId, expiresAt });
  }
}

function eventOf(
  house: RelayHouse,
  journey: Journey,
  ending: Ending,
  metered: Metered,
  payment: UsagePayment,
): UsageEvent {
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
    payment,
    durationMs: Math.round(house.ctx.clock.monotonicMs() - request.startedMs),
    firstOutputMs: result?.firstOutputMs == null ? null : Math.round(result.firstOutputMs),
    requestBytes: request.body.length,
    responseBytes: answer.bodyBytes + (result?.lastBytes ?? 0),
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
    quota: { payer: payerText(reservation.payer), settled },
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
