import { type AuditEvent, listAudit } from '../../core/audit/index.ts';
import * as contract from '../../core/contract/index.ts';
import { toRfc3339 } from '../../core/time.ts';
import type { AdminDeps } from './admin-deps.ts';
import { pageOf, pageView } from './formats.ts';
import { type ServedRoute, serve } from './serve-route.ts';

export function auditRoutes(deps: AdminDeps): readonly ServedRoute[] {
  return [
    serve(contract.listAudit, async ({ query }) => pageView(await listAudit(deps.ctx, pageOf(query)), viewEvent)),
  ];
}

function viewEvent(event: AuditEvent) {
  return {
    id: event.id,
    at: toRfc3339(event.at),
    actor: event.actor,
    action: event.action,
    object: event.object,
    reason: event.reason,
    before: event.before,
    after: event.after,
  };
}
