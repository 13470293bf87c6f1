import type { Ctx } from '../database/index.ts';
import { type CredentialId, newId, type WindowResetId } from '../ids.ts';
import { cutPage, type Page, type PageRequest } from '../page.ts';
import { type EpochMs, epochMs } from '../time.ts';
import type { ClosedWindow, WindowReset } from './window-reset.ts';

interface ResetRow {
  readonly id: WindowResetId;
  readonly credential_id: CredentialId;
  readonly limit_id: string;
  readonly window_minutes: number;
  readonly used_bp: number;
  readonly seen_at: number;
  readonly reset_at: number;
}

const BP_PER_PERCENT = 100;

/** Writes down windows that have ended; one that is there already stays as it is. */
export async function insertResets(
  ctx: Ctx,
  credentialId: CredentialId,
  closed: readonly ClosedWindow[],
): Promise<void> {
  for (const window of closed) {
    const row: ResetRow = {
      id: newId('cwr', ctx.clock.now(), ctx.random),
      credential_id: credentialId,
      limit_id: window.limitId,
      window_minutes: window.minutes,
      used_bp: Math.round(window.usedPercent * BP_PER_PERCENT),
      seen_at: window.seenAt,
      reset_at: window.resetAt,
    };
    const key = ['credential_id', 'limit_id', 'window_minutes', 'reset_at'];
    await ctx.db('codex_window_resets').insert(row).onConflict(key).ignore();
  }
}

/** Newest first, of one account or of all. */
export async function readResets(
  ctx: Ctx,
  { limit, after }: PageRequest,
  credentialId?: CredentialId,
): Promise<Page<WindowReset>> {
  const query = ctx
    .db('codex_window_resets')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (after !== undefined) query.where('id', '<', after);
  if (credentialId !== undefined) query.where({ credential_id: credentialId });
  const rows: ResetRow[] = await query;
  return cutPage(rows.map(fromRow), limit);
}

/** Deletes at most `limit` resets before `before`. Returns how many. */
export async function pruneWindowResets(ctx: Ctx, before: EpochMs, limit: number): Promise<number> {
  const old = ctx.db('codex_window_resets').select('id').where('reset_at', '<', before).limit(limit);
  return await ctx.db('codex_window_resets').whereIn('id', old).delete();
}

function fromRow(row: ResetRow): WindowReset {
  return {
    id: row.id,
    credentialId: row.credential_id,
    limitId: row.limit_id,
    minutes: row.window_minutes,
    usedPercent: row.used_bp / BP_PER_PERCENT,
    seenAt: epochMs(row.seen_at),
    resetAt: epochMs(row.reset_at),
  };
}
