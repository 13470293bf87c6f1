import type { Ctx } from '../database/index.ts';
import type { UserId } from '../ids.ts';
import { cutPage, type Page, type PageRequest } from '../page.ts';
import { type Balance, emptyBalance, readBalanceRow, readBalanceRows } from './balance-store.ts';

/** Nothing of everything for a user who never had a transfer. */
export async function readBalance(ctx: Ctx, userId: UserId): Promise<Balance> {
  return (await readBalanceRow(ctx, userId)) ?? emptyBalance(userId);
}

/** Everybody who ever had a transfer or a hold, the newest user first. */
export async function listBalances(ctx: Ctx, { limit, after }: PageRequest): Promise<Page<Balance>> {
  const rows = await readBalanceRows(ctx, limit + 1, after);
  const page = cutPage(
    rows.map((row) => ({ id: row.userId, row })),
    limit,
  );
  return { items: page.items.map(({ row }) => row), nextCursor: page.nextCursor };
}
