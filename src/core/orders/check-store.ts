import { type Ctx, rawRows } from '../database/index.ts';
import { type LedgerCheck, triggerCheck, VIOLATIONS_MAX, type Violation } from '../ledger/index.ts';

// A check compares what two rooms have written, so it reads the tables of both; nobody else does.

interface OrderTable {
  readonly table: string;
  /** Where the money of a fulfilled order must be, as SQL over `o`. */
  readonly home: string;
}

const TABLES: readonly OrderTable[] = [
  { table: 'topup_orders', home: `'user:' || o.user_id` },
  { table: 'subscription_orders', home: `'revenue:plans'` },
];

/** What must hold of orders and of what was done with their money. */
export const ORDER_CHECKS: readonly LedgerCheck[] = [
  {
    name: 'orders-paid-once',
    doc: 'each paid order has exactly one transfer, of the amount that was agreed on, from its channel to where it belongs',
    find: (ctx) => findInBoth(ctx, misposted),
  },
  {
    name: 'orders-unpaid-without-money',
    doc: 'an order that was not paid has moved no money',
    find: (ctx) =>
      findInBoth(
        ctx,
        ({ table }) => `
      select o.id as subject, 'is ' || o.state || ' and has the transfer ' || t.id as detail
      from ${table} o join ledger_transfers t on t.id = 'order:' || o.id
      where o.state in ('pending', 'canceled', 'expired', 'failed')`,
      ),
  },
  {
    name: 'order-transfers-explained',
    doc: 'each transfer for an order names one that is there, and is the only one of it',
    find: (ctx) =>
      rows(
        ctx,
        `
      select t.id as subject, 'is for ' || t.ref_id || ', which is no order or has another transfer' as detail
      from ledger_transfers t
      where t.ref_type = 'order' and (t.id <> 'order:' || t.ref_id or not exists (
        select 1 from topup_orders o where o.id = t.ref_id
        union all select 1 from subscription_orders s where s.id = t.ref_id
      ))`,
      ),
  },
  {
    name: 'plans-granted',
    doc: 'each plan order that was fulfilled gave its user time on that version of the plan',
    find: (ctx) =>
      rows(
        ctx,
        `
      select o.id as subject, case when g.source is null then 'gave nothing' else 'gave something else' end as detail
      from subscription_orders o
      left join subscription_grants g on g.source = 'order:' || o.id
      left join user_subscriptions s on s.id = g.subscription_id
      where o.state = 'fulfilled'
        and (g.source is null or g.plan_version_id <> o.plan_version_id or s.user_id <> o.user_id)`,
      ),
  },
  triggerCheck('orders', [
    ...TABLES.flatMap(({ table }) => [`${table}_no_delete`, `${table}_frozen`]),
    'order_events_no_update',
    'order_events_no_delete',
  ]),
];

function misposted({ table, home }: OrderTable): string {
  const source = `case when o.provider = 'balance' then 'user:' || o.user_id else 'channel:' || o.channel_id end`;
  const isNotByHand = `(o.provider = 'balance' or t.debit_account <> 'manual')`;
  return `
    select o.id as subject, 'is ' || o.state || ' for ' || o.credit_usd_micros || ' and ' || coalesce(
      'moved ' || t.amount_usd_micros || ' from ' || t.debit_account || ' to ' || t.credit_account, 'moved nothing'
    ) as detail
    from ${table} o left join ledger_transfers t on t.id = 'order:' || o.id
    where o.state in ('paid', 'fulfilled', 'paid_late') and (
      t.id is null or t.amount_usd_micros <> o.credit_usd_micros or (t.debit_account <> ${source} and ${isNotByHand})
      or (o.state <> 'paid_late' and t.credit_account <> ${home})
      or (o.state = 'paid_late' and t.credit_account not in ('user:' || o.user_id, 'refunds_due'))
    )`;
}

async function findInBoth(ctx: Ctx, sqlOf: (table: OrderTable) => string): Promise<readonly Violation[]> {
  const found: Violation[] = [];
  for (const table of TABLES) found.push(...(await rows(ctx, sqlOf(table))));
  return found;
}

async function rows(ctx: Ctx, sql: string): Promise<readonly Violation[]> {
  return await rawRows<Violation>(ctx.db, `${sql} order by 1 limit ${VIOLATIONS_MAX}`);
}
