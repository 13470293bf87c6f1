import type { DisconnectPolicy } from '../../core/identity/index.ts';
import type { UsdMicros } from '../../core/money.ts';
import { costOf, type TokenUsage, type UsageEvent, type UsageSource } from '../../core/usage/index.ts';
import type { AttemptsResult } from './attempts-result.ts';
import type { Ending } from './ending.ts';
import { inputTokensOf } from './estimate.ts';
import type { Journey } from './journey.ts';
import type { RelayHouse } from './relay-house.ts';
import type { RelayRequest } from './relay-request.ts';

export type Served = Extract<AttemptsResult, { kind: 'served' }>;

interface Used {
  readonly usage: TokenUsage | null;
  readonly usageSource: UsageSource;
}

export interface Metered extends Used {
  readonly costUsdMicros: UsdMicros | null;
  readonly priceId: UsageEvent['priceId'];
}

/** What it costs by the price of the request's own moment, as the provider says that it served it. */
export function costed({ price, reservation }: Journey, ending: Ending, { usage, usageSource }: Used): Metered {
  const served = ending.attempted?.kind === 'served' ? ending.attempted : null;
  if (!usage || !price || !served) return { usage, usageSource, costUsdMicros: null, priceId: price?.id ?? null };
  const { multiplierPpm } = served.candidate;
  const { serviceTier } = served.result.facts;
  const costUsdMicros = costOf(usage, price, serviceTier, multiplierPpm, reservation.payerMultiplierPpm);
  return { usage, usageSource, costUsdMicros, priceId: price.id };
}

/** Known when the provider is done. */
export const NOT_YET: Used = { usage: null, usageSource: 'none' };

/** Whether the provider goes on with the answer whoever listens. */
export function isBackground({ route, scan }: RelayRequest): boolean {
  return route.endpoint === '/v1/responses' && !route.onObject && scan?.get('background')?.kind === 'true';
}

/** The id of an answer that its provider goes on making in the background; null for every other. */
export function runningAnswer({ request }: Journey, served: Served | null): string | null {
  if (!served || !isBackground(request)) return null;
  const { objectId, usage } = served.result.facts;
  return usage === null ? objectId : null;
}

/** What was used, and how that is known. */
export function usageOf(house: RelayHouse, journey: Journey, ending: Ending): Used {
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
  const input = inputTokensOf(journey.request);
  return { input, cachedInput: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: outputEvents, reasoning: 0 };
}
