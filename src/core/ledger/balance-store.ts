import type { Ctx } from '../database/index.ts';
import type { UserId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import { type EpochMs, epochMs } from '../time.ts';

/** What a user has. A projection of the transfers, kept by the database itself. */
export interface Balance {
  readonly userId: UserId;
  /** What we owe the user; below zero when the user owes us. */
  readonly usdMicros: UsdMicros;
  /** Put aside for requests that run. */
  readonly heldUsdMicros: UsdMicros;
  /** What new requests may use. */
  readonly availableUsdMicros: UsdMicros;
  /** Of the last transfer; null before the first. */
  readonly updatedAt: EpochMs | null;
}

interface BalanceRow {
  readonly user_id: UserId;
  readonly usd_micros: number;
  readonly held_usd_micros: number;
  readonly updated_at: number;
}

export async function readBalanceRow(ctx: Ctx, userId: UserId): Promise<Balance | undefined> {
  const row: BalanceRow | undefined = await ctx.db('user_balances').where({ user_id: userId }).first();
  return row && fromRow(row);
}

/** By user, the newest user first. */
export async function readBalanceRows(ctx: Ctx, limit: number, after: string | undefined): Promise<Balance[]> {
  const query = ctx.db('user_balances').orderBy('user_id', 'desc').limit(limit);
  if (after !== undefined) query.where('user_id', '<', after);
  const rows: BalanceRow[] = await query;
  return rows.map(fromRow);
}

const LOCK_CHUNK = 500;

/**
 * The balances of users who have one, inside of a transaction: nobody else changes them until it ends. Rows are locked
 * in the order of their users, as the trigger of the transfers locks them.
 */
export async function lockBalances(tx: Ctx, userIds: readonly UserId[]): Promise<ReadonlyMap<UserId, Balance>> {
  const ordered = [...userIds].sort((a, b) => (a < b ? -1 : Number(a > b)));
  const balances = new Map<UserId, Balance>();
  for (let start = 0; start < ordered.length; start += LOCK_CHUNK) {
    const some = ordered.slice(start, start + LOCK_CHUNK);
    const rows: BalanceRow[] = await tx.db('user_balances').whereIn('user_id', some).orderBy('user_id').forUpdate();
    for (const row of rows) balances.set(row.user_id, fromRow(row));
  }
  return balances;
}

export function emptyBalance(userId: UserId): Balance {
  const nothing = 0 as UsdMicros;
  return { userId, usdMicros: nothing, heldUsdMicros: nothing, availableUsdMicros: nothing, updatedAt: null };
}

function fromRow({ user_id, usd_micros, held_usd_micros, updated_at }: BalanceRow): Balance {
  return {
    userId: user_id,
    usdMicros: usd_micros as UsdMicros,
    heldUsdMicros: held_usd_micros as UsdMicros,
    availableUsdMicros: (usd_micros - held_usd_micros) as UsdMicros,
    updatedAt: epochMs(updated_at),
  };
}
