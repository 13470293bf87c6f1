import { hashText, sessionKeyOf } from '../../core/scheduling/index.ts';
import type { Caller } from './authenticate.ts';
import type { Sticky } from './journey.ts';
import type { Refusal } from './refusal.ts';
import type { RelayHouse } from './relay-house.ts';
import type { RelayRequest } from './relay-request.ts';
import { type HardSign, hardSigns, softSign } from './sticky-signs.ts';

export type StickAnswer =
  | { readonly kind: 'stick'; readonly sticky: Sticky }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * Says where a request has to go (an object lives there, and it is this user's) or should go (its cache is there).
 * A hard sign that names an object which is unknown or another user's is refused, never sent elsewhere.
 */
export function stick(house: RelayHouse, request: RelayRequest, caller: Caller): StickAnswer | Promise<StickAnswer> {
  const signs = hardSigns(request);
  if (signs.length > 0) return stickHard(house, request, caller, signs);
  return { kind: 'stick', sticky: stickSoftly(house, request, caller) };
}

async function stickHard(
  house: RelayHouse,
  request: RelayRequest,
  caller: Caller,
  signs: readonly HardSign[],
): Promise<StickAnswer> {
  for (const sign of signs) {
    const ref = await house.objects.find(house.ctx, sign.objectId);
    if (!ref || ref.userId !== caller.user.id) {
      if (sign.mustBeKnown) return { kind: 'refused', refusal: objectNotFound(sign.source, sign.objectId) };
      continue;
    }
    const trace = {
      kind: 'hard' as const,
      source: sign.source,
      credential: ref.credentialId,
      outcome: 'none' as const,
    };
    const sticky = { pinned: ref.credentialId, preferred: null, sessionKey: null, seed: 0, trace };
    return { kind: 'stick', sticky };
  }
  return { kind: 'stick', sticky: stickSoftly(house, request, caller) };
}

function stickSoftly(house: RelayHouse, request: RelayRequest, caller: Caller): Sticky {
  const sign = softSign(request);
  if (!sign) return { pinned: null, preferred: null, sessionKey: null, seed: hashText(request.id), trace: null };
  const sessionKey = sessionKeyOf(caller.user.id, sign.name);
  const preferred = house.sessions.find(sessionKey, house.ctx.clock.now());
  return {
    pinned: null,
    preferred,
    sessionKey,
    // A conversation without a binding draws the same candidate every time, also after a restart.
    seed: hashText(sessionKey),
    trace: { kind: 'soft', source: sign.source, credential: preferred, outcome: 'none' },
  };
}

function objectNotFound(source: string, objectId: string): Refusal {
  const shown = objectId.slice(0, 100);
  if (source === 'path') {
    return {
      status: 404,
      code: 'not_found',
      type: 'invalid_request_error',
      message: `No response with id "${shown}" was made with your keys.`,
      mayRetry: false,
    };
  }
  return {
    status: 400,
    code: 'previous_response_not_found',
    type: 'invalid_request_error',
    message: `Previous response with id "${shown}" was not found.`,
    param: source,
    mayRetry: false,
  };
}
