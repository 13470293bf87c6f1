import type { Ctx, QueuedTable, SqlValue } from '../database/index.ts';
import type { CooldownId } from '../ids.ts';
import { type EpochMs, epochMs } from '../time.ts';
import type { Cooldown, CooldownScope } from './cooldown.ts';

export const COOLDOWN_TABLE: QueuedTable = {
  table: 'cooldowns',
  columns: [
    'id',
    'scope',
    'subject',
    'until',
    'reason',
    'evidence',
    'source',
    'rung',
    'created_at',
    'ended_at',
    'ended_why',
  ],
  onConflict: { columns: ['id'], update: ['until', 'reason', 'evidence', 'source', 'rung', 'ended_at', 'ended_why'] },
};

interface CooldownRow {
  id: string;
  scope: string;
  subject: string;
  until: number;
  reason: string;
  evidence: string;
  source: string;
  rung: number;
  created_at: number;
}

export function cooldownRow(cooldown: Cooldown, ended: { at: EpochMs; why: string } | null): readonly SqlValue[] {
  return [
    cooldown.id,
    cooldown.scope,
    cooldown.subject,
    cooldown.until,
    cooldown.reason,
    cooldown.evidence,
    cooldown.source,
    cooldown.rung,
    cooldown.createdAt,
    ended?.at ?? null,
    ended?.why ?? null,
  ];
}

/** Rests that a new process must keep. */
export async function loadOpenCooldowns(ctx: Ctx): Promise<readonly Cooldown[]> {
  const rows = await ctx
    .db<CooldownRow>('cooldowns')
    .where('until', '>', ctx.clock.now())
    .whereNull('ended_at' as never)
    .orderBy('created_at');
  return rows.map((row) => ({
    id: row.id as CooldownId,
    scope: row.scope as CooldownScope,
    subject: row.subject,
    until: epochMs(row.until),
    reason: row.reason,
    evidence: row.evidence,
    source: row.source as Cooldown['source'],
    rung: row.rung,
    createdAt: epochMs(row.created_at),
  }));
}

/** Deletes rests that were over before `before`. Returns how many. */
export function pruneCooldowns(ctx: Ctx, before: EpochMs): Promise<number> {
  return ctx.db('cooldowns').where('until', '<', before).delete();
}
