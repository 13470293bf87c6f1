import type { Ctx } from '../database/index.ts';
import { type EpochMs, HOUR_MS } from '../time.ts';
import type { HolderFilter } from './lease-store.ts';
import { readOverruns } from './overrun-store.ts';
import { releaseHolders } from './return-leases.ts';
import { writeOff } from './write-off.ts';

/** Longer than any request runs: an over-run that nobody looked at is not older. */
const OVERRUNS_SINCE_MS = 6 * HOUR_MS;

export interface RecoverInput {
  readonly folder: string;
  /** No other process can have this database: whatever leases it has are left over. */
  readonly isAlone: boolean;
  readonly floorUsdMicros: number;
}

/**
 * Puts right what a killed process of this data folder left: its leases are given back, and over-runs that it had no
 * time to look at are. Call it when the journal is replayed: what was charged out of a lease comes before its rest.
 */
export async function recoverQuota(ctx: Ctx, input: RecoverInput): Promise<void> {
  const filter: HolderFilter = input.isAlone ? 'all' : { folder: input.folder };
  const holders = await releaseHolders(ctx, filter);
  if (holders > 0) ctx.log.info({ holders }, 'leases of the last run were given back');
  const since = (ctx.clock.now() - OVERRUNS_SINCE_MS) as EpochMs;
  for (const overrun of await readOverruns(ctx, since, input.floorUsdMicros)) {
    await writeOff(ctx, overrun, input.floorUsdMicros);
  }
}
