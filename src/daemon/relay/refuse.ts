import { freeReservation } from '../../core/quota/index.ts';
import type { AttemptsResult } from './attempts-result.ts';
import { closeBooks } from './books.ts';
import type { ClientAnswer } from './client-answer.ts';
import type { Ending } from './ending.ts';
import type { Journey } from './journey.ts';
import { type Refusal, refusalAnswer } from './refusal.ts';
import type { RelayRequest } from './relay-request.ts';
import { type ModelRoute, reachOf } from './route-table.ts';
import { settle } from './settle.ts';
import type { Turn } from './turn.ts';

const NO_BODY = Buffer.alloc(0);

/** Says no before anything was held. Who asked is known or not; only a known caller gets a usage event. Returns null: there is no journey. */
export function refuse(turn: Turn, refusal: Refusal, request: RelayRequest | null, route?: ModelRoute): null {
  const { house, head, answer, caller } = turn;
  const sent = sendRefusal(turn, refusal);
  // With the queue at its bound, the books of refusals would be what makes it grow without one.
  if (!caller || house.queue.isFull) {
    house.stats.countRequest(head.route.endpoint, 'refused', sent);
    return null;
  }
  const asked = request ?? { ...head, body: NO_BODY, scan: null, model: '', stream: false };
  const journey: Journey = {
    request: asked,
    answer,
    caller,
    route: route ?? { asked: asked.model, resolved: asked.model, via: 'id', reach: reachOf([]), model: null },
    sticky: { pinned: null, preferred: null, sessionKey: null, seed: 0, trace: null },
    price: null,
    reservation: freeReservation(head.id, caller.user.id),
    hold: null,
    estimatedTokens: 0,
    attempts: [],
    isClosed: true,
  };
  settle(house, journey, refusedEnding(refusal, sent, null));
  return null;
}

/** Says no after room was held; what was held is given back. */
export function refuseHeld(turn: Turn, refusal: Refusal, attempted: AttemptsResult | null = null): void {
  const sent = sendRefusal(turn, refusal);
  if (turn.journey) closeBooks(turn.house, turn.journey, refusedEnding(refusal, sent, attempted));
}

/** Sends a small answer whole. */
export function sendWhole(answer: ClientAnswer, status: number, headers: readonly string[], body: Buffer): void {
  answer.commit(status, [...headers, 'content-length', String(body.length)]);
  answer.end(body);
}

function sendRefusal(turn: Turn, refusal: Refusal): number {
  const { house, head, answer } = turn;
  const seen = refusalAnswer(
    refusal,
    { userAgent: head.incoming.userAgent, dialect: head.route.dialect },
    house.ctx.clock.now(),
  );
  // The rest of a body that was not read must not be taken for the next request.
  const unread = refusal.status === 413 || refusal.status === 401 ? ['connection', 'close'] : [];
  sendWhole(answer, seen.status, [...seen.headers, ...unread], seen.body);
  return seen.status;
}

function refusedEnding(refusal: Refusal, status: number, attempted: AttemptsResult | null): Ending {
  const { code, message } = refusal;
  return { outcome: 'refused', status, errorCode: code, refusal: { code, message }, attempted };
}
