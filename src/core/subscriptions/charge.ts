import type { QueuedTable, SqlValue } from '../database/index.ts';
import type { RequestId, SubscriptionId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import type { EpochMs } from '../time.ts';

/** What one request took from a subscription. */
export interface SubscriptionCharge {
  /** A request is charged once, however often its row is written. */
  readonly requestId: RequestId;
  readonly subscriptionId: SubscriptionId;
  /** When it was settled: it counts in the windows that are open then. */
  readonly at: EpochMs;
  /** From 0; with the plan's multiplier applied. */
  readonly amountUsdMicros: UsdMicros;
}

/** For the write queue. The database adds each charge to the windows as it is inserted. */
export const CHARGE_TABLE: QueuedTable = {
  table: 'subscription_charges',
  columns: ['id', 'subscription_id', 'at', 'amount_usd_micros'],
  onConflict: { columns: ['id'], update: 'ignore' },
};

export function chargeRow(charge: SubscriptionCharge): readonly SqlValue[] {
  return [charge.requestId, charge.subscriptionId, charge.at, charge.amountUsdMicros];
}
