import type { Ctx } from '../database/index.ts';
import type { CodeBatchId, CodeId, UserId } from '../ids.ts';
import { epochMs } from '../time.ts';
import type { CodeBatch, Redemption } from './redemption-code.ts';

interface RedemptionRow {
  readonly id: string;
  readonly at: number;
  readonly code_id: CodeId;
  readonly batch_id: CodeBatchId;
  readonly user_id: UserId;
  readonly nth: number;
}

/** Counts one more redemption of a user in a batch, and says which it is; null when the user has had all of theirs. */
export async function takeTurn(ctx: Ctx, batch: CodeBatch, userId: UserId): Promise<number | null> {
  const counting = ctx
    .db('redemption_users')
    .insert({ batch_id: batch.id, user_id: userId, redeemed: 1 })
    .onConflict(['batch_id', 'user_id'])
    .merge({ redeemed: ctx.db.raw('redemption_users.redeemed + 1') });
  if (batch.maxPerUser !== null) counting.where('redemption_users.redeemed', '<', batch.maxPerUser);
  const [row]: { redeemed: number }[] = await counting.returning('redeemed');
  return row?.redeemed ?? null;
}

/** Undoes `takeTurn` within its transaction, in which nobody else has seen it. */
export async function giveTurnBack(ctx: Ctx, batch: CodeBatch, userId: UserId): Promise<void> {
  await ctx.db('redemption_users').where({ batch_id: batch.id, user_id: userId }).decrement('redeemed');
}

/** Uses a code once more; false when it is disabled or used up, also when somebody else was faster. */
export async function takeUse(ctx: Ctx, id: CodeId): Promise<boolean> {
  const taken = await ctx
    .db('redemption_codes')
    .where({ id, enabled: 1 })
    .andWhere((free) => free.whereNull('max_redemptions').orWhereRaw('redeemed < max_redemptions'))
    .increment('redeemed');
  return taken === 1;
}

export async function insertRedemption(ctx: Ctx, redemption: Redemption): Promise<void> {
  const { codeId, batchId, userId, ...rest } = redemption;
  const row: RedemptionRow = { ...rest, code_id: codeId, batch_id: batchId, user_id: userId };
  await ctx.db('redemptions').insert(row);
}

/** The latest first. */
export async function readRedemptions(ctx: Ctx, codeId: CodeId, limit: number): Promise<Redemption[]> {
  const rows: RedemptionRow[] = await ctx
    .db('redemptions')
    .where({ code_id: codeId })
    .orderBy([
      { column: 'at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limit);
  return rows.map(({ id, at, code_id, batch_id, user_id, nth }) => ({
    id,
    at: epochMs(at),
    codeId: code_id,
    batchId: batch_id,
    userId: user_id,
    nth,
  }));
}
