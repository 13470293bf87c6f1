import type { DatabaseOptions } from '../database/index.ts';

/** Where a test's database is, so that a second opener or another process can be pointed at it. */
export interface TestPlace {
  readonly options: DatabaseOptions;
  /** Call it when nobody has the database open. */
  remove(): Promise<void>;
}
