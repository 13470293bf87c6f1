import type { Candidate, Unfitness } from '../../core/scheduling/index.ts';
import { Untranslatable } from '../translate/index.ts';
import { accountUnfit, doorFor } from './codex/codex-accounts-door.ts';
import { codexCall } from './codex/codex-call.ts';
import type { Journey } from './journey.ts';
import type { RelayHouse } from './relay-house.ts';
import { baseOf, buildCall, type UpstreamCall } from './upstream-call.ts';

/** Why a candidate can never serve this request; null when it can. */
export function unfitFor(house: RelayHouse, { request }: Journey, candidate: Candidate): Unfitness | null {
  const { kinds, endpoint } = request.route;
  if (kinds !== null && !kinds.includes(candidate.upstream.kind)) return `has no ${endpoint}`;
  return accountUnfit(house, candidate);
}

/** The call for a candidate, or why the request cannot be said in its wire; then another may still know how. */
export function callFor(house: RelayHouse, journey: Journey, candidate: Candidate): UpstreamCall | Untranslatable {
  const { request } = journey;
  try {
    if (candidate.upstream.kind !== 'codex') return buildCall(request, candidate);
    const { origin, pathname } = baseOf(candidate.endpoint.baseUrl);
    const call = codexCall(request, candidate, doorFor(house, journey, candidate));
    return { ...call, origin, path: `${pathname}${call.path}` };
  } catch (error) {
    if (error instanceof Untranslatable) return error;
    throw error;
  }
}
