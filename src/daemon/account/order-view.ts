import { formatUsd } from '../../core/money.ts';
import { formatAmount, type Order } from '../../core/orders/index.ts';
import { toRfc3339 } from '../../core/time.ts';

/** An order as its owner sees it, and as whoever has its number sees it. */
export function viewOrder(order: Order, baseUrl: string) {
  return {
    order: order.number,
    kind: order.kind,
    state: order.state,
    amount: formatAmount(order.amountMinor, order.currency),
    currency: order.currency,
    credit_usd: order.kind === 'topup' ? formatUsd(order.creditUsdMicros) : null,
    provider: order.provider,
    method: order.method === '' ? null : order.method,
    created_at: toRfc3339(order.createdAt),
    expires_at: toRfc3339(order.expiresAt),
    paid_at: order.paidAt === null ? null : toRfc3339(order.paidAt),
    fulfilled_at: order.fulfilledAt === null ? null : toRfc3339(order.fulfilledAt),
    page_url: pageOf(order, baseUrl),
  };
}

/** Our own address of an order: it leads to wherever it can be paid at the time. */
export function pageOf(order: Pick<Order, 'kind' | 'number'>, baseUrl: string): string {
  return `${baseUrl}/pay/${order.kind}/${order.number}`;
}
