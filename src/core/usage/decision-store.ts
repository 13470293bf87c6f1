import type { Ctx, QueuedTable } from '../database/index.ts';
import type { RequestId } from '../ids.ts';
import type { EpochMs } from '../time.ts';
import type { Decision } from './decision.ts';
import { unpackDecision } from './decision-text.ts';
import { deleteOldest } from './usage-store.ts';

export const DECISION_TABLE: QueuedTable = {
  table: 'request_decisions',
  columns: ['id', 'document'],
  onConflict: { columns: ['id'], update: 'ignore' },
};

export async function findDecision(ctx: Ctx, id: RequestId): Promise<Decision | null> {
  const row = await ctx.db<{ id: string; document: string }>('request_decisions').where('id', id).first();
  return row ? unpackDecision(id, row.document) : null;
}

/** Deletes decisions from before `before`, oldest first, at most `limit` of them. Returns how many. */
export function pruneDecisions(ctx: Ctx, before: EpochMs, limit: number): Promise<number> {
  return deleteOldest(ctx, 'request_decisions', before, limit);
}
