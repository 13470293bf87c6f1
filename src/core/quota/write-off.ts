import { type Ctx, inTransaction } from '../database/index.ts';
import type { RequestId, UserId } from '../ids.ts';
import { findTransfers, lockBalances, postTransfer, userAccount } from '../ledger/index.ts';
import type { UsdMicros } from '../money.ts';

/** A request that cost its balance more than was held for it. */
export interface Overrun {
  readonly requestId: RequestId;
  readonly userId: UserId;
  readonly overUsdMicros: UsdMicros;
}

/** The id under which what a request left below the floor is written off. */
function writeOffTransferId(requestId: string): string {
  return `writeoff:${requestId}`;
}

/**
 * Brings a balance back to the floor, as far as it is this request that took it below: what a refund or a dispute took
 * stays owed. Once for each request. Returns what was written off.
 */
export async function writeOff(ctx: Ctx, overrun: Overrun, floorUsdMicros: number): Promise<UsdMicros> {
  const { requestId, userId, overUsdMicros } = overrun;
  const id = writeOffTransferId(requestId);
  return await inTransaction(ctx, async (tx) => {
    const balance = (await lockBalances(tx, [userId])).get(userId);
    const short = floorUsdMicros - (balance?.usdMicros ?? 0);
    const amountUsdMicros = Math.min(short, overUsdMicros) as UsdMicros;
    if (amountUsdMicros <= 0 || (await findTransfers(tx, [id])).size > 0) return 0 as UsdMicros;
    await postTransfer(tx, {
      id,
      kind: 'writeoff',
      debitAccount: 'writeoffs',
      creditAccount: userAccount(userId),
      amountUsdMicros,
      refType: 'request',
      refId: requestId,
      actor: 'relay',
      reason: 'cost more than was held, and took the balance below its floor',
    });
    return amountUsdMicros;
  });
}
