import type { Ctx } from '../database/index.ts';
import { findTransfers, type Transfer } from '../ledger/index.ts';
import { listOrderEvents, type Order, type OrderEvent, orderSource } from '../orders/index.ts';
import { PAGE_LIMIT_MAX } from '../page.ts';
import type { InboxEvent } from './inbox-event.ts';
import { readEventsOf } from './inbox-store.ts';
import type { Payment } from './payment.ts';
import { readPaymentsOf } from './payment-store.ts';
import type { ReconItem } from './recon-item.ts';
import { listReconItems } from './recon-items.ts';
import type { Refund } from './refund.ts';
import { readRefundsOf } from './refund-store.ts';

/** Everything that an order went through, each list oldest first. */
export interface OrderStory {
  readonly order: Order;
  readonly events: readonly OrderEvent[];
  readonly payments: readonly Payment[];
  readonly callbacks: readonly InboxEvent[];
  readonly refunds: readonly Refund[];
  readonly transfers: readonly Transfer[];
  readonly differences: readonly ReconItem[];
}

const CALLBACKS_SHOWN_MAX = 200;

export async function tellOrder(ctx: Ctx, order: Order): Promise<OrderStory> {
  const payments = await readPaymentsOf(ctx, order.id);
  const differences = await listReconItems(ctx, { orderId: order.id }, { limit: PAGE_LIMIT_MAX });
  return {
    order,
    events: await listOrderEvents(ctx, order.id),
    payments,
    callbacks: await readEventsOf(ctx, order.id, CALLBACKS_SHOWN_MAX),
    refunds: await readRefundsOf(ctx, { orderId: order.id }),
    transfers: await transfersOf(ctx, order, payments),
    differences: [...differences.items].reverse(),
  };
}

async function transfersOf(ctx: Ctx, order: Order, payments: readonly Payment[]): Promise<readonly Transfer[]> {
  const ids = payments.flatMap(({ id, reversals }) => [
    `order:${id}`,
    `invoice:${id}`,
    ...Array.from({ length: reversals }, (_, n) => `reversal:${id}:${n + 1}`),
  ]);
  const found = await findTransfers(ctx, [orderSource(order), ...ids]);
  return [...found.values()].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
}
