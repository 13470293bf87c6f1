import { describeError, Failure } from '../../core/failure.ts';
import type { EpochMs } from '../../core/time.ts';
import type { AnswerWriter, Arrival } from '../transport/index.ts';
import { admit } from './admit.ts';
import { attempts } from './attempts.ts';
import type { AttemptsResult } from './attempts-result.ts';
import { closeBooks } from './books.ts';
import { ClientAnswer } from './client-answer.ts';
import { answerEstimate, mustEstimate } from './count-tokens.ts';
import { closed } from './ending.ts';
import { failedAnswer, nowhereRefusal } from './failed-answer.ts';
import { type FirstClaim, storedAnswer } from './idempotency.ts';
import type { Journey } from './journey.ts';
import { failureRefusal } from './own-refusals.ts';
import { readHead } from './read-request.ts';
import { refuse, refuseHeld, sendWhole } from './refuse.ts';
import type { RelayHouse } from './relay-house.ts';
import type { RelayMatch } from './routes.ts';
import type { Turn } from './turn.ts';

/** The journey of one request. Each step only adds to what the ones before it found. */
export async function relay(
  house: RelayHouse,
  match: RelayMatch,
  arrival: Arrival,
  writer: AnswerWriter,
): Promise<void> {
  const head = readHead(house, arrival, match.route, match.path);
  const answer = new ClientAnswer(writer, head.id);
  const turn: Turn = { house, head, answer, caller: null, journey: null, claim: null };
  house.stats.inflight++;
  try {
    await journeyOf(turn, arrival);
  } catch (error) {
    if (!(error instanceof Failure)) {
      house.ctx.log.error({ request: head.id, error: describeError(error) }, 'request failed within Realms');
    }
    if (answer.isCommitted) {
      answer.cut();
      if (turn.journey) closeBooks(house, turn.journey, { ...closed('failed', 500), errorCode: 'internal_error' });
    } else if (turn.journey) refuseHeld(turn, failureRefusal(error));
    else refuse(turn, failureRefusal(error), null);
  } finally {
    turn.claim?.finish(null);
    house.stats.inflight--;
  }
}

async function journeyOf(turn: Turn, arrival: Arrival): Promise<void> {
  const { house } = turn;
  const journey = await admit(turn, arrival);
  if (!journey) return;
  const { request } = journey;
  house.stats.overhead.observe(house.ctx.clock.monotonicMs() - request.startedMs);
  if (mustEstimate(journey)) return answerEstimate(turn, journey);
  const { method, objectId } = request.incoming;
  const { pinned } = journey.sticky;
  if (method === 'DELETE' && objectId && pinned) {
    await house.background.beforeDelete({ objectId, credentialId: pinned });
  }
  if (turn.claim) await attemptOnce(turn, journey, turn.claim);
  else await attemptAndSettle(turn, journey);
}

/** Runs the attempts under the client's Idempotency-Key. */
async function attemptOnce(turn: Turn, journey: Journey, claim: FirstClaim): Promise<void> {
  const { house, answer } = turn;
  answer.keepCopy(house.live.state.settings.effective['relay.idempotency_body_max_bytes']);
  // Also one that was read on for a client that left: it was paid for, and a repeat must not be paid again.
  const isWhole = await attemptAndSettle(turn, journey);
  if (!isWhole || !answer.copy) return;
  claim.finish(storedAnswer(journey.request.id, answer.copy));
  turn.claim = null;
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
    case 'served':
      return result.result.isWhole;
    case 'abandoned':
      closeBooks(house, journey, { ...closed('client_gone', answer.status || CLIENT_GONE), attempted: result });
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
      closeBooks(house, journey, { ...closed('failed', seen.status), errorCode: seen.code, attempted: result });
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
  for (const candidate of journey.route.reach.candidates) {
    const until = house.cooldowns.blocking(candidate, now)?.until;
    if (until !== undefined && (soonest === null || until < soonest)) soonest = until;
  }
  return soonest as EpochMs | null;
}

/** For the books alone: nobody is there to see a status. nginx uses the same number. */
const CLIENT_GONE = 499;
