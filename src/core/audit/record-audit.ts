import type { Ctx } from '../database/index.ts';
import { newId } from '../ids.ts';
import type { Page, PageRequest } from '../page.ts';
import { type AuditEvent, auditDetail } from './audit-event.ts';
import { insertAudit, readAuditPage } from './audit-store.ts';

export interface AuditInput {
  readonly actor: string;
  readonly action: string;
  readonly object: string;
  readonly reason?: string | undefined;
  readonly before?: unknown;
  readonly after?: unknown;
}

const TEXT_MAX_CHARS = 1_000;

/** Writes down a change. Call it in the transaction of the change, so that neither is there without the other. */
export async function recordAudit(ctx: Ctx, input: AuditInput): Promise<void> {
  const at = ctx.clock.now();
  await insertAudit(ctx, {
    id: newId('aud', at, ctx.random),
    at,
    actor: plain(input.actor),
    action: input.action,
    object: plain(input.object),
    reason: input.reason === undefined ? null : plain(input.reason),
    detail: auditDetail(input.before, input.after),
  });
}

/** Newest first. */
export async function listAudit(ctx: Ctx, page: PageRequest): Promise<Page<AuditEvent>> {
  return await readAuditPage(ctx, page);
}

/** PostgreSQL takes no NUL, and nobody wants a terminal to be steered by a reason. */
function plain(text: string): string {
  return text.slice(0, TEXT_MAX_CHARS).replace(/\p{Cc}/gu, ' ');
}
