import type { Ctx } from '../database/index.ts';
import { Failure } from '../failure.ts';
import type { UserId } from '../ids.ts';
import type { Page, PageRequest } from '../page.ts';
import { notFound } from '../pick-by-ref.ts';
import type { EpochMs } from '../time.ts';
import type { Order, OrderKind } from './order.ts';
import { type OrderFilter, readDueOrders, readOrder, readOrderPage } from './order-store.ts';

/**
 * Finds an order by its number, its id, or a unique beginning of its id.
 * @throws Failure not_found; invalid_input when several are meant.
 */
export async function findOrder(ctx: Ctx, ref: string, kind?: OrderKind): Promise<Order> {
  const [order, second] = await readOrder(ctx, ref, kind);
  if (!order) throw notFound('order', ref);
  if (second) {
    throw new Failure('invalid_input', {
      message: `"${ref}" means more than one order`,
      hint: `give ${order.id} or ${second.id}`,
    });
  }
  return order;
}

/** A user's own order by its number. @throws Failure not_found, also when it is somebody else's. */
export async function findOrderForUser(ctx: Ctx, userId: UserId, kind: OrderKind, number: string): Promise<Order> {
  const orders = await readOrder(ctx, number, kind);
  const order = orders.find((each) => each.number === number && each.userId === userId);
  if (!order) throw notFound('order', number);
  return order;
}

/** Newest first. */
export async function listOrders(ctx: Ctx, filter: OrderFilter, page: PageRequest): Promise<Page<Order>> {
  return await readOrderPage(ctx, filter, page);
}

/** Pending orders whose time is over. */
export async function listDueOrders(ctx: Ctx, now: EpochMs, limit: number): Promise<readonly Order[]> {
  return await readDueOrders(ctx, now, limit);
}
