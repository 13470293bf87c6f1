import { join } from 'node:path';
import { type Database, openDatabase } from '../../../core/database/index.ts';
import { silentLog } from '../../../core/log.ts';
import type { Order } from '../../../core/orders/index.ts';
import { Secret } from '../../../core/secret.ts';
import type { PaidShop } from './paid-shop.ts';

/** A column holds text or a number; money fits. */
export type Row = Readonly<Record<string, string | number | null>>;

export interface OrderRow {
  readonly id: string;
  readonly kind: Order['kind'];
  readonly userId: string;
  readonly state: Order['state'];
  readonly amountMinor: number;
  readonly currency: string;
  readonly creditUsdMicros: number;
}

export interface ShopBooks {
  readonly events: readonly Row[];
  readonly transfers: readonly Row[];
  readonly charges: readonly Row[];
  readonly orders: readonly OrderRow[];
  readonly payments: readonly Row[];
  readonly grants: readonly Row[];
  readonly subscriptions: readonly Row[];
  readonly windows: readonly Row[];
  readonly balances: readonly Row[];
  /** Of tables that are empty when nothing runs: how many rows are there all the same. */
  readonly leftovers: Readonly<Record<string, number>>;
}

const EMPTY_WHEN_IDLE = ['quota_leases', 'quota_daemons', 'pending_answers'] as const;

/** Opens the database of a shop whose daemon has ended; nothing of it is changed by that. */
export async function openBooks({ boot }: PaidShop): Promise<Database> {
  const url = boot.overrides['database.url'];
  return await openDatabase(
    url === undefined
      ? { kind: 'sqlite', path: join(boot.folder, 'realms.db') }
      : { kind: 'postgres', url: new Secret(url), poolMax: 2 },
    silentLog,
  );
}

export async function readBooks({ knex }: Database): Promise<ShopBooks> {
  const rows = async (table: string): Promise<readonly Row[]> => await knex(table).select('*');
  const leftovers: Record<string, number> = {};
  for (const table of EMPTY_WHEN_IDLE) {
    const { length } = await rows(table);
    if (length > 0) leftovers[table] = length;
  }
  return {
    events: await rows('usage_events'),
    transfers: await rows('ledger_transfers'),
    charges: await rows('subscription_charges'),
    orders: [
      ...(await rows('topup_orders')).map((row) => orderOf('topup', row)),
      ...(await rows('subscription_orders')).map((row) => orderOf('subscription', row)),
    ],
    payments: await rows('payments'),
    grants: await rows('subscription_grants'),
    subscriptions: await rows('user_subscriptions'),
    windows: await rows('subscription_windows'),
    balances: await rows('user_balances'),
    leftovers,
  };
}

function orderOf(kind: Order['kind'], row: Row): OrderRow {
  return {
    kind,
    id: String(row['id']),
    userId: String(row['user_id']),
    state: row['state'] as Order['state'],
    amountMinor: Number(row['amount_minor']),
    currency: String(row['currency']),
    creditUsdMicros: Number(row['credit_usd_micros']),
  };
}
