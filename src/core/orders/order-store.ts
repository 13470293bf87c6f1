import type { Ctx } from '../database/index.ts';
import type { ChannelId, OrderId, PlanVersionId, UserId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import { cutPage, type Page, type PageRequest } from '../page.ts';
import { type EpochMs, epochMs } from '../time.ts';
import { ORDER_KINDS, type Order, type OrderKind, type OrderState } from './order.ts';

interface OrderRow {
  readonly id: OrderId;
  readonly number: string;
  readonly user_id: UserId;
  readonly state: OrderState;
  readonly amount_minor: number;
  readonly currency: string;
  readonly rate: string;
  readonly credit_usd_micros: number;
  readonly channel_id: ChannelId;
  readonly provider: string;
  readonly method: string;
  readonly created_at: number;
  readonly expires_at: number;
  readonly paid_at: number | null;
  readonly fulfilled_at: number | null;
  readonly plan_version_id?: PlanVersionId;
}

const TABLES: Readonly<Record<OrderKind, string>> = { topup: 'topup_orders', subscription: 'subscription_orders' };
/** A beginning of an id must go so far past its underscore. */
const PREFIX_MIN_CHARS = 12;

/** What a list is about; every given condition must hold. */
export interface OrderFilter {
  readonly kind?: OrderKind | undefined;
  readonly userId?: UserId | undefined;
  readonly state?: OrderState | undefined;
  readonly channelId?: ChannelId | undefined;
}

export async function insertOrder(ctx: Ctx, order: Order): Promise<void> {
  await ctx.db(TABLES[order.kind]).insert(toRow(order));
}

/** The order as it is now; held until the transaction ends where the database can hold a row. */
export async function lockOrder(ctx: Ctx, kind: OrderKind, id: OrderId): Promise<Order | undefined> {
  const row: OrderRow | undefined = await ctx.db(TABLES[kind]).where({ id }).forUpdate().first();
  return row && fromRow(kind, row);
}

/** False when the order is not in the state `from` any more: somebody else was first. */
export async function changeOrderState(
  ctx: Ctx,
  { kind, id }: Pick<Order, 'kind' | 'id'>,
  from: OrderState,
  to: Pick<Order, 'state'> & Partial<Pick<Order, 'paidAt' | 'fulfilledAt'>>,
): Promise<boolean> {
  const changes = {
    state: to.state,
    ...(to.paidAt !== undefined && { paid_at: to.paidAt }),
    ...(to.fulfilledAt !== undefined && { fulfilled_at: to.fulfilledAt }),
  };
  return (await ctx.db(TABLES[kind]).where({ id, state: from }).update(changes)) > 0;
}

/** By id, number, or a beginning of an id that means one order only. */
export async function readOrder(ctx: Ctx, ref: string, kind?: OrderKind): Promise<readonly Order[]> {
  const found: Order[] = [];
  for (const each of kind === undefined ? ORDER_KINDS : [kind]) {
    const query = ctx.db(TABLES[each]).where({ id: ref }).orWhere({ number: ref });
    if (ref.startsWith('ord_') && ref.length >= PREFIX_MIN_CHARS) {
      query.orWhere((range) => range.where('id', '>=', ref).where('id', '<', `${ref}~`));
    }
    const rows: OrderRow[] = await query.limit(2);
    found.push(...rows.map((row) => fromRow(each, row)));
  }
  const exact = found.filter(({ id, number }) => id === ref || number === ref);
  return exact.length > 0 ? exact : found;
}

/** Newest first, of both kinds. */
export async function readOrderPage(ctx: Ctx, filter: OrderFilter, page: PageRequest): Promise<Page<Order>> {
  const orders: Order[] = [];
  for (const kind of filter.kind === undefined ? ORDER_KINDS : [filter.kind]) {
    const query = ctx
      .db(TABLES[kind])
      .orderBy('id', 'desc')
      .limit(page.limit + 1);
    if (filter.userId !== undefined) query.where({ user_id: filter.userId });
    if (filter.state !== undefined) query.where({ state: filter.state });
    if (filter.channelId !== undefined) query.where({ channel_id: filter.channelId });
    if (page.after !== undefined) query.where('id', '<', page.after);
    const rows: OrderRow[] = await query;
    orders.push(...rows.map((row) => fromRow(kind, row)));
  }
  orders.sort((a, b) => (a.id < b.id ? 1 : -1));
  return cutPage(orders.slice(0, page.limit + 1), page.limit);
}

/** Pending orders whose time is over, the longest waiting first. */
export async function readDueOrders(ctx: Ctx, now: EpochMs, limit: number): Promise<Order[]> {
  const due: Order[] = [];
  for (const kind of ORDER_KINDS) {
    const query = ctx.db(TABLES[kind]).where({ state: 'pending' }).where('expires_at', '<=', now);
    const rows: OrderRow[] = await query.orderBy('expires_at').limit(limit);
    due.push(...rows.map((row) => fromRow(kind, row)));
  }
  return due.sort((a, b) => a.expiresAt - b.expiresAt).slice(0, limit);
}

export async function countPendingOrders(ctx: Ctx, userId: UserId): Promise<number> {
  let total = 0;
  for (const kind of ORDER_KINDS) {
    const row = await ctx.db(TABLES[kind]).where({ user_id: userId, state: 'pending' }).count({ total: '*' }).first();
    total += Number(row?.total ?? 0);
  }
  return total;
}

export async function hasOrders(ctx: Ctx, channelId: ChannelId): Promise<boolean> {
  for (const kind of ORDER_KINDS) {
    if (await ctx.db(TABLES[kind]).where({ channel_id: channelId }).first('id')) return true;
  }
  return false;
}

/** Whether an order of the channel waits for its payment. */
export async function hasPendingOrders(ctx: Ctx, channelId: ChannelId): Promise<boolean> {
  for (const kind of ORDER_KINDS) {
    if (await ctx.db(TABLES[kind]).where({ channel_id: channelId, state: 'pending' }).first('id')) return true;
  }
  return false;
}

function toRow(order: Order): OrderRow {
  return {
    id: order.id,
    number: order.number,
    user_id: order.userId,
    state: order.state,
    amount_minor: order.amountMinor,
    currency: order.currency,
    rate: order.rate,
    credit_usd_micros: order.creditUsdMicros,
    channel_id: order.channelId,
    provider: order.provider,
    method: order.method,
    created_at: order.createdAt,
    expires_at: order.expiresAt,
    paid_at: order.paidAt,
    fulfilled_at: order.fulfilledAt,
    ...(order.planVersionId !== null && { plan_version_id: order.planVersionId }),
  };
}

function fromRow(kind: OrderKind, row: OrderRow): Order {
  return {
    id: row.id,
    kind,
    number: row.number,
    userId: row.user_id,
    state: row.state,
    amountMinor: row.amount_minor,
    currency: row.currency,
    rate: row.rate,
    creditUsdMicros: row.credit_usd_micros as UsdMicros,
    planVersionId: row.plan_version_id ?? null,
    channelId: row.channel_id,
    provider: row.provider,
    method: row.method,
    createdAt: epochMs(row.created_at),
    expiresAt: epochMs(row.expires_at),
    paidAt: row.paid_at === null ? null : epochMs(row.paid_at),
    fulfilledAt: row.fulfilled_at === null ? null : epochMs(row.fulfilled_at),
  };
}
