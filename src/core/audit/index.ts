// Who changed what, when and why. Append only; knows no domain.
export type { AuditEvent } from './audit-event.ts';
export { type AuditInput, listAudit, recordAudit } from './record-audit.ts';
