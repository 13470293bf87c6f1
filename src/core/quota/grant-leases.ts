import { type Ctx, inTransaction } from '../database/index.ts';
import type { SubscriptionId, UserId } from '../ids.ts';
import { type Balance, lockBalances } from '../ledger/index.ts';
import {
  beginWindows,
  lockWindows,
  type SubscriptionWindow,
  type WindowsBySubscription,
  windowLeft,
} from '../subscriptions/index.ts';
import type { EpochMs } from '../time.ts';
import type { Lease } from './lease.ts';
import { insertHolder, keepHolder, type LeaseHolder, payersOf, writeGranted } from './lease-store.ts';
import { type SliceInput, sliceOf } from './slice.ts';

export interface LeaseWish extends Omit<SliceInput, 'availableUsdMicros'> {
  readonly lease: Lease;
}

export interface LeaseGrant {
  /** On top of what the lease had. */
  readonly grantedUsdMicros: number;
  /** What the payer has left in the database afterwards. */
  readonly leftUsdMicros: number;
  /** Of a subscription, before the grant. */
  readonly windows: readonly SubscriptionWindow[];
}

/**
 * Leases more of their payers, for all wishes in one durable transaction, and shows that the holder lives. Answers in the
 * order of the wishes, or `swept` when the holder was taken for dead, with everything that it held.
 */
export async function grantLeases(
  ctx: Ctx,
  holder: LeaseHolder & { readonly isNew: boolean },
  wishes: readonly LeaseWish[],
  now: EpochMs,
): Promise<readonly LeaseGrant[] | 'swept'> {
  return await inTransaction(ctx, async (tx) => {
    if (holder.isNew) await insertHolder(tx, holder);
    else if (!(await keepHolder(tx, holder.id, holder.expiresAt))) return 'swept';
    const payers = payersOf(wishes.map(({ lease }) => lease));
    // Windows before balances, as a batch of the write queue takes them.
    const windows: WindowsBySubscription =
      payers.subscriptionIds.length === 0 ? new Map() : await lockWindows(tx, payers.subscriptionIds, now);
    const balances: ReadonlyMap<UserId, Balance> =
      payers.userIds.length === 0 ? new Map() : await lockBalances(tx, payers.userIds);
    const grants = wishes.map((wish) => decide(wish, windows, balances));
    const given = wishes.flatMap(({ lease }, at) => {
      const amount = grants[at]?.grantedUsdMicros ?? 0;
      return amount === 0 ? [] : [{ lease, totalUsdMicros: lease.grantedUsdMicros + amount }];
    });
    if (given.length > 0) await writeGranted(tx, holder.id, given);
    const begun = given.flatMap(({ lease }) => (hasClosedWindow(windowsOf(lease, windows)) ? [lease.payerId] : []));
    if (begun.length > 0) await beginWindows(tx, begun as SubscriptionId[], now);
    return grants;
  });
}

function decide(wish: LeaseWish, windows: WindowsBySubscription, balances: ReadonlyMap<UserId, Balance>): LeaseGrant {
  const { lease } = wish;
  const own = windowsOf(lease, windows);
  const available =
    lease.payerKind === 'balance'
      ? (balances.get(lease.userId)?.availableUsdMicros ?? 0)
      : Math.min(...own.map(windowLeft));
  // Without a window there is no limit, and then nobody asks for a lease.
  const availableUsdMicros = Number.isFinite(available) ? available : 0;
  const grantedUsdMicros = sliceOf({ ...wish, availableUsdMicros });
  return { grantedUsdMicros, leftUsdMicros: availableUsdMicros - grantedUsdMicros, windows: own };
}

function windowsOf(lease: Lease, windows: WindowsBySubscription): readonly SubscriptionWindow[] {
  return lease.payerKind === 'subscription' ? (windows.get(lease.payerId as SubscriptionId) ?? []) : [];
}

function hasClosedWindow(windows: readonly SubscriptionWindow[]): boolean {
  return windows.some(({ startedAt }) => startedAt === null);
}
