import type { Ctx } from '../database/index.ts';
import { newId, type OrderId } from '../ids.ts';
import type { OrderEvent, OrderEventKind } from './order-event.ts';
import { insertOrderEvent, readOrderEvents } from './order-event-store.ts';

/** More than any order lives through; a flood of one kind must not make it unreadable. */
const EVENTS_SHOWN_MAX = 1_000;

/** Writes down what happened, in the transaction in which it happens. */
export async function recordOrderEvent(
  ctx: Ctx,
  orderId: OrderId,
  kind: OrderEventKind,
  actor: string,
  detail: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const at = ctx.clock.now();
  await insertOrderEvent(ctx, { id: newId('oev', at, ctx.random), orderId, kind, actor, detail, at });
}

/** Oldest first. */
export async function listOrderEvents(ctx: Ctx, orderId: OrderId): Promise<readonly OrderEvent[]> {
  return await readOrderEvents(ctx, orderId, EVENTS_SHOWN_MAX);
}
