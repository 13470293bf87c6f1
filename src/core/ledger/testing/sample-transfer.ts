import type { UserId } from '../../ids.ts';
import type { UsdMicros } from '../../money.ts';
import { epochMs } from '../../time.ts';
import { type Transfer, userAccount } from '../transfer.ts';

/** Ids of the form that users have; the books do not ask whether they exist. */
export function userId(n: number): UserId {
  return `usr_${String(n).padStart(26, '0')}` as UserId;
}

/** A charge for a request of user 1, unless said otherwise. */
export function sampleTransfer(changes: Partial<Transfer> = {}): Transfer {
  return {
    id: 'usage:req_1',
    at: epochMs(1_000),
    kind: 'usage',
    debitAccount: userAccount(userId(1)),
    creditAccount: 'revenue:usage',
    amountUsdMicros: 5 as UsdMicros,
    refType: 'request',
    refId: 'req_1',
    actor: 'relay',
    reason: null,
    ...changes,
  };
}
