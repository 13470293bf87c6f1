import type { RequestId, UserId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import { UNPAID } from '../usage/index.ts';
import type { Payer, Reservation, Settled } from './quota.ts';

const FREE: Payer = { kind: 'free' };

/** For what nobody pays for: free mode, requests that were refused, calls that are not metered. */
export function freeReservation(requestId: RequestId, userId: UserId): Reservation {
  return {
    requestId,
    userId,
    payer: FREE,
    payerMultiplierPpm: UNPAID.payerMultiplierPpm,
    heldUsdMicros: 0 as UsdMicros,
    groups: null,
  };
}

export const FREE_SETTLED: Settled = { payment: UNPAID, note: 'nothing charged (free)', rows: [] };
export const FREE_RELEASED: Settled = { payment: UNPAID, note: 'nothing held (free)', rows: [] };
