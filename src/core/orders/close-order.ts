import { type Ctx, inTransaction } from '../database/index.ts';
import type { Order } from './order.ts';
import { changeOrderState } from './order-store.ts';
import { recordOrderEvent } from './record-order-event.ts';

/** Ends an order that nobody paid. False when it is not pending any more: then it was paid, or closed by somebody else. */
export async function closeOrder(
  ctx: Ctx,
  order: Pick<Order, 'kind' | 'id'>,
  to: 'canceled' | 'expired' | 'failed',
  actor: string,
  detail: Readonly<Record<string, unknown>> = {},
): Promise<boolean> {
  return await inTransaction(ctx, async (tx) => {
    if (!(await changeOrderState(tx, order, 'pending', { state: to }))) return false;
    await recordOrderEvent(tx, order.id, to, actor, detail);
    return true;
  });
}
