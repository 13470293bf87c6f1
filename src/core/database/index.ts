// The one way to SQLite and PostgreSQL: opening, transactions, batches, migrations. Knows no table but its own.
export { CHANGE_TOPICS, type ChangeTopic, inChange, markChanged, readChangeMarks } from './change-mark.ts';
export type { BatchWrite, Ctx, Database, RejectedRow, SqlValue } from './database.ts';
export { isUniqueViolation } from './database-errors.ts';
export { inSnapshot } from './in-snapshot.ts';
export { inTransaction } from './in-transaction.ts';
export {
  type Migration,
  type MigrationStatus,
  migrateUp,
  migrationStatus,
  requireKnownSchema,
} from './migrate.ts';
export { missingTriggers } from './missing-triggers.ts';
export { type DatabaseOptions, openDatabase } from './open-database.ts';
export { insertQueuedRow, type QueuedRow, type QueuedTable } from './queued-row.ts';
export { rawRows } from './raw-rows.ts';
export { WriteJournal } from './write-journal.ts';
export { WriteQueue, type WriteQueueOptions } from './write-queue.ts';
