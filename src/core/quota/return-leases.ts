import { type Ctx, inTransaction } from '../database/index.ts';
import { lockBalances } from '../ledger/index.ts';
import { lockWindows } from '../subscriptions/index.ts';
import type { Lease } from './lease.ts';
import {
  deleteHolders,
  deleteLeases,
  type HolderFilter,
  type LeasePayers,
  lockHolders,
  payersOf,
  readPayers,
} from './lease-store.ts';

/** Gives back what is left of leases. Whatever was charged out of them must be in the database before. */
export async function returnLeases(ctx: Ctx, leases: readonly Lease[]): Promise<void> {
  await inTransaction(ctx, async (tx) => {
    await lockPayers(tx, payersOf(leases));
    await deleteLeases(
      tx,
      leases.map(({ id }) => id),
    );
  });
}

/**
 * Ends holders with all their leases: those that have died, or that end now. Requests that hold room of them are charged
 * all the same when they settle. Returns how many holders there were.
 */
export async function releaseHolders(ctx: Ctx, filter: HolderFilter): Promise<number> {
  return await inTransaction(ctx, async (tx) => {
    const holders = await lockHolders(tx, filter);
    if (holders.length === 0) return 0;
    await lockPayers(tx, await readPayers(tx, holders));
    await deleteHolders(tx, holders);
    return holders.length;
  });
}

/** Before their leases, and in the order in which everybody locks them; see QueuedTable.lockRank. */
async function lockPayers(tx: Ctx, { subscriptionIds, userIds }: LeasePayers): Promise<void> {
  if (subscriptionIds.length > 0) await lockWindows(tx, subscriptionIds, tx.clock.now());
  if (userIds.length > 0) await lockBalances(tx, userIds);
}
