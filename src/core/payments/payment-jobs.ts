import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../time.ts';
import { askProviders } from './ask-providers.ts';
import type { Cashier } from './cashier.ts';
import { expireOrders } from './close-orders.ts';
import { pruneInbox, retryInbox } from './inbox.ts';
import { reconcile } from './reconcile.ts';
import { followRefunds } from './send-refunds.ts';
import { stopRenewals } from './stop-renewals.ts';

export interface PaymentJob {
  readonly name: string;
  readonly everyMs: number;
  run(cashier: Cashier): Promise<unknown>;
}

/**
 * What is done by the clock, also while billing is switched off: money that is on its way does not wait. Each may run in
 * several daemons at once and a second time before the first has ended.
 */
export const PAYMENT_JOBS: readonly PaymentJob[] = [
  { name: 'retry-callbacks', everyMs: 10 * SECOND_MS, run: retryInbox },
  { name: 'ask-providers', everyMs: 15 * SECOND_MS, run: askProviders },
  { name: 'expire-orders', everyMs: 30 * SECOND_MS, run: expireOrders },
  { name: 'follow-refunds', everyMs: 30 * SECOND_MS, run: followRefunds },
  { name: 'stop-renewals', everyMs: 10 * MINUTE_MS, run: stopRenewals },
  { name: 'reconcile-payments', everyMs: 6 * HOUR_MS, run: (cashier) => reconcile(cashier) },
  { name: 'prune-callbacks', everyMs: DAY_MS, run: pruneInbox },
];
