import { type Database, WriteQueue } from '../../database/index.ts';
import { silentLog } from '../../log.ts';

/** A queue whose rows go nowhere, for what only decides and keeps no rows. */
export function idleQueue(): WriteQueue {
  const database = { writeBatch: async () => [] } as unknown as Database;
  return new WriteQueue(database, { flushIntervalMs: 1, maxRows: 1_000_000 }, silentLog);
}
