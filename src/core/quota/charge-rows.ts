import type { QueuedRow, QueuedTable } from '../database/index.ts';
import type { RequestId, SubscriptionId, UserId } from '../ids.ts';
import { TRANSFER_TABLE, transferRow, userAccount } from '../ledger/index.ts';
import type { UsdMicros } from '../money.ts';
import { CHARGE_TABLE, chargeRow } from '../subscriptions/index.ts';
import type { EpochMs } from '../time.ts';
import type { PayerKind } from '../usage/index.ts';
import { LEASE_TABLE, leaseRow } from './lease-store.ts';
import type { PaidReservation } from './open-reservations.ts';

export interface ChargedRequest {
  readonly requestId: RequestId;
  readonly userId: UserId;
  readonly payerKind: PayerKind;
  /** The user of a balance, or a subscription. */
  readonly payerId: string;
}

// Their triggers lock windows and balances, which everyone locks in this order.
const CHARGES: QueuedTable = { ...CHARGE_TABLE, lockRank: 1 };
const TRANSFERS: QueuedTable = { ...TRANSFER_TABLE, lockRank: 2 };

/** What is written for a request that is charged more than nothing: the charge, and what its lease has left. */
export function chargeRows(
  reservation: PaidReservation,
  chargedUsdMicros: UsdMicros,
  at: EpochMs,
): readonly QueuedRow[] {
  const { lease, payer, requestId, userId } = reservation;
  const payerId = payer.kind === 'subscription' ? payer.id : userId;
  const charge = chargeRowOf({ requestId, userId, payerKind: payer.kind, payerId }, chargedUsdMicros, at);
  return lease ? [charge, { table: LEASE_TABLE, row: leaseRow(lease) }] : [charge];
}

/** The id under which a request is charged to a balance. */
function usageTransferId(requestId: string): string {
  return `usage:${requestId}`;
}

/** Charges a request to a balance or a plan; the same one again changes nothing. */
export function chargeRowOf(
  { requestId, userId, payerKind, payerId }: ChargedRequest,
  amountUsdMicros: UsdMicros,
  at: EpochMs,
): QueuedRow {
  if (payerKind === 'subscription') {
    const subscriptionId = payerId as SubscriptionId;
    return { table: CHARGES, row: chargeRow({ requestId, subscriptionId, at, amountUsdMicros }) };
  }
  const row = transferRow({
    id: usageTransferId(requestId),
    at,
    kind: 'usage',
    debitAccount: userAccount(userId),
    creditAccount: 'revenue:usage',
    amountUsdMicros,
    refType: 'request',
    refId: requestId,
    actor: 'relay',
    reason: null,
  });
  return { table: TRANSFERS, row };
}
