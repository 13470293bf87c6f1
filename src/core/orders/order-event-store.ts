import type { Ctx } from '../database/index.ts';
import type { OrderEventId, OrderId } from '../ids.ts';
import { epochMs } from '../time.ts';
import type { OrderEvent, OrderEventKind } from './order-event.ts';

interface OrderEventRow {
  readonly id: OrderEventId;
  readonly order_id: OrderId;
  readonly kind: OrderEventKind;
  readonly actor: string;
  readonly detail: string;
  readonly at: number;
}

export async function insertOrderEvent(ctx: Ctx, event: OrderEvent): Promise<void> {
  const { id, orderId, kind, actor, detail, at } = event;
  const row: OrderEventRow = { id, order_id: orderId, kind, actor, detail: JSON.stringify(detail), at };
  const position = ctx.db.raw('(select count(*) from order_events where order_id = ?)', [orderId]);
  await ctx.db('order_events').insert({ ...row, position });
}

/** Oldest first. */
export async function readOrderEvents(ctx: Ctx, orderId: OrderId, limit: number): Promise<OrderEvent[]> {
  const rows: OrderEventRow[] = await ctx
    .db('order_events')
    .where({ order_id: orderId })
    .orderBy('at')
    .orderBy('position')
    .limit(limit);
  return rows.map(({ id, order_id, kind, actor, detail, at }) => ({
    id,
    orderId: order_id,
    kind,
    actor,
    detail: JSON.parse(detail) as Record<string, unknown>,
    at: epochMs(at),
  }));
}
