import type { Ctx } from '../database/index.ts';
import type { AuditId } from '../ids.ts';
import { cutPage, type Page, type PageRequest } from '../page.ts';
import { epochMs } from '../time.ts';
import type { AuditEvent } from './audit-event.ts';

interface AuditRow {
  readonly id: AuditId;
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly object: string;
  readonly reason: string | null;
  readonly detail: string;
}

export async function insertAudit(ctx: Ctx, row: AuditRow): Promise<void> {
  await ctx.db('audit_events').insert(row);
}

export async function readAuditPage(ctx: Ctx, { limit, after }: PageRequest): Promise<Page<AuditEvent>> {
  const query = ctx
    .db<AuditRow>('audit_events')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (after !== undefined) query.where('id', '<', after);
  const rows: AuditRow[] = await query;
  return cutPage(rows.map(fromRow), limit);
}

function fromRow({ detail, ...row }: AuditRow): AuditEvent {
  const { before = null, after = null } = JSON.parse(detail) as { before?: unknown; after?: unknown };
  return { ...row, at: epochMs(row.at), before, after };
}
