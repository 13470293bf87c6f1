import { freeReservation } from '../../core/quota/index.ts';
import type { Caller } from './authenticate.ts';
import { closeBooks } from './books.ts';
import { closed } from './ending.ts';
import type { Claim } from './idempotency.ts';
import type { Journey } from './journey.ts';
import { IDEMPOTENCY_MISMATCH, IDEMPOTENCY_TOO_LARGE } from './own-refusals.ts';
import { refuseHeld } from './refuse.ts';
import type { RelayHouse } from './relay-house.ts';
import type { RelayRequest } from './relay-request.ts';
import type { Turn } from './turn.ts';

/** What is known of a request before anybody pays for it. */
type Unpaid = Omit<Journey, 'reservation' | 'attempts' | 'isClosed'>;

/** Asks for the right to be the first under the client's Idempotency-Key; null when it has none that counts. */
export function claimOf(house: RelayHouse, request: RelayRequest, caller: Caller): Promise<Claim> | null {
  const { idempotencyKey } = request.incoming;
  const ttlMs = house.live.state.settings.effective['relay.idempotency_ttl_ms'];
  if (idempotencyKey === null || ttlMs === 0 || request.route.onObject) return null;
  return house.idempotency.claim(house.ctx, {
    keyId: caller.key.id,
    idempotencyKey,
    endpoint: request.route.endpoint,
    body: request.body,
    ttlMs,
  });
}

/** Answers a repetition with what was answered before. Returns null: there is nothing to attempt. */
export function answerAgain(turn: Turn, unpaid: Unpaid, claim: Exclude<Claim, { kind: 'first' }>): null {
  const { house, answer } = turn;
  const { request, caller } = unpaid;
  const reservation = freeReservation(request.id, caller.user.id);
  const journey: Journey = { ...unpaid, reservation, attempts: [], isClosed: false };
  turn.journey = journey;
  if (claim.kind === 'mismatch') refuseHeld(turn, IDEMPOTENCY_MISMATCH);
  else if (claim.answer.body === null) refuseHeld(turn, IDEMPOTENCY_TOO_LARGE);
  else {
    const { status, headers, body, requestId } = claim.answer;
    answer.commit(status, [...headers, 'idempotent-replayed', 'true']);
    answer.end(body);
    const refusal = { code: 'replayed', message: `answered from request ${requestId}` };
    closeBooks(house, journey, { ...closed('completed', status), refusal });
  }
  return null;
}
