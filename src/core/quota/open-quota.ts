import type { Ctx, WriteQueue } from '../database/index.ts';
import type { UserId } from '../ids.ts';
import { folderId } from './folder-id.ts';
import { LeaseDesk } from './lease-desk.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { LeasedQuota, type QuotaFacts } from './leased-quota.ts';
import { Overruns } from './overruns.ts';
import type { QuotaProvider } from './quota.ts';
import { recoverQuota } from './recover-quota.ts';

export interface OpenQuotaInput {
  readonly ctx: Ctx;
  /** With the journal in it: what is charged must survive this process. */
  readonly queue: WriteQueue;
  readonly facts: QuotaFacts;
  readonly dataDir: string;
  readonly leaseMs: number;
  /** No other process can have this database, as with SQLite. */
  readonly isAlone: boolean;
}

/** The quota step, and what it needs beside requests. */
export interface OpenQuota {
  readonly provider: QuotaProvider;
  /** Does what is due now instead of at the next tick. */
  tick(): Promise<void>;
  /** Gives back what nobody uses of a user's leases, so that it can be spent otherwise at once. */
  giveBackIdle(userId: UserId): Promise<void>;
  /**
   * Ends it after the last request has settled. `isFlushed`: the queue wrote everything. Otherwise leases stay until the
   * next start has replayed the journal: with them given back, the same money could be spent twice meanwhile.
   */
  close(isFlushed: boolean): Promise<void>;
}

/** Recovers from the last run, then opens the quota step. Call it when the journal is replayed. */
export async function openQuota(input: OpenQuotaInput): Promise<OpenQuota> {
  const { ctx, queue, facts, dataDir, leaseMs, isAlone } = input;
  const folder = folderId(dataDir, ctx.random);
  const floorUsdMicros = facts.config()['billing.balance_floor_usd_micros'];
  await recoverQuota(ctx, { folder, isAlone, floorUsdMicros });
  const desk = new LeaseDesk(ctx, { folder, leaseMs });
  const overruns = new Overruns();
  const keeper = new LeaseKeeper({ ctx, desk, queue, overruns, facts, leaseMs });
  keeper.start();
  return {
    provider: new LeasedQuota(desk, facts, overruns),
    tick: () => keeper.tick(),
    giveBackIdle: (userId) => keeper.giveBackIdle(userId),
    async close(isFlushed) {
      await keeper.stop();
      if (!isFlushed) return;
      const floor = facts.config()['billing.balance_floor_usd_micros'];
      await overruns.writeOff(ctx, queue, floor);
      await desk.close();
    },
  };
}
