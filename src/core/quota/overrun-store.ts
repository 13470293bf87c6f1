import { type Ctx, rawRows } from '../database/index.ts';
import { firstIdAt, type RequestId, type UserId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import type { EpochMs } from '../time.ts';
import type { Overrun } from './write-off.ts';

interface OverrunRow {
  readonly id: RequestId;
  readonly user_id: UserId;
  readonly over: number;
}

/** Requests since `since` that cost more than was held, and whose balance is below the floor without a write-off of theirs. */
export async function readOverruns(ctx: Ctx, since: EpochMs, floorUsdMicros: number): Promise<readonly Overrun[]> {
  const rows = await rawRows<OverrunRow>(
    ctx.db,
    `select e.id, e.user_id, e.charged_usd_micros - e.reserved_usd_micros as over
     from user_balances b join usage_events e on e.user_id = b.user_id
     where b.usd_micros < ? and e.id >= ? and e.payer_kind = 'balance' and e.charged_usd_micros > e.reserved_usd_micros
       and not exists (select 1 from ledger_transfers w where w.id = 'writeoff:' || e.id)
     order by e.id`,
    [floorUsdMicros, firstIdAt('req', since)],
  );
  return rows.map((row) => ({ requestId: row.id, userId: row.user_id, overUsdMicros: row.over as UsdMicros }));
}
