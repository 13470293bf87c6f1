import type * as contract from '../../core/contract/index.ts';
import { formatUsd } from '../../core/money.ts';
import { formatAmount, type Order } from '../../core/orders/index.ts';
import {
  type Cashier,
  type InboxEvent,
  listChannels,
  type OrderStory,
  type Payment,
  type ReconItem,
  type Refund,
} from '../../core/payments/index.ts';
import { readAllPlanVersions } from '../../core/plans/index.ts';
import { toRfc3339 } from '../../core/time.ts';
import type { AdminDeps } from './admin-deps.ts';
import { instantText } from './formats.ts';

type OrderView = contract.ResponseOf<typeof contract.listOrders>['items'][number];
type StoryView = contract.ResponseOf<typeof contract.showOrder>;
export type CallbackView = contract.ResponseOf<typeof contract.listCallbacks>['items'][number];
export type RefundView = contract.ResponseOf<typeof contract.showRefund>;
export type DifferenceView = contract.ResponseOf<typeof contract.explainDifference>;

/** The names behind the ids of orders. */
export interface OrderNames {
  user(id: string): string | null;
  channel(id: string): string | null;
  plan(versionId: string | null): string | null;
}

export async function orderNames(deps: AdminDeps, cashier: Cashier): Promise<OrderNames> {
  const channels = new Map((await listChannels(cashier)).map(({ id, name }) => [id as string, name]));
  const plans = new Map<string, string>();
  for (const { version, planCode } of (await readAllPlanVersions(deps.ctx)).values()) plans.set(version.id, planCode);
  return {
    user: (id) => deps.live.state.identity.userById.get(id as Order['userId'])?.name ?? null,
    channel: (id) => channels.get(id) ?? null,
    plan: (versionId) => (versionId === null ? null : (plans.get(versionId) ?? null)),
  };
}

export function viewOrder(names: OrderNames, order: Order): OrderView {
  return {
    id: order.id,
    kind: order.kind,
    number: order.number,
    user_id: order.userId,
    user: names.user(order.userId),
    state: order.state,
    amount: formatAmount(order.amountMinor, order.currency),
    amount_minor: order.amountMinor,
    currency: order.currency,
    rate: order.rate,
    credit_usd: formatUsd(order.creditUsdMicros),
    plan_version_id: order.planVersionId,
    plan: names.plan(order.planVersionId),
    channel_id: order.channelId,
    channel: names.channel(order.channelId),
    provider: order.provider,
    method: order.method,
    created_at: toRfc3339(order.createdAt),
    expires_at: toRfc3339(order.expiresAt),
    paid_at: instantText(order.paidAt),
    fulfilled_at: instantText(order.fulfilledAt),
  };
}

export function viewStory(names: OrderNames, story: OrderStory): StoryView {
  return {
    ...viewOrder(names, story.order),
    events: story.events.map(({ at, kind, actor, detail }) => ({ at: toRfc3339(at), kind, actor, detail })),
    payments: story.payments.map(viewPayment),
    callbacks: story.callbacks.map((event) => viewCallback(names, event)),
    refunds: story.refunds.map(viewRefund),
    transfers: story.transfers.map(({ id, at, debitAccount, creditAccount, amountUsdMicros, actor }) => ({
      id,
      at: toRfc3339(at),
      debit_account: debitAccount,
      credit_account: creditAccount,
      amount_usd: formatUsd(amountUsdMicros),
      actor,
    })),
    differences: story.differences.map(viewDifference),
  };
}

export function viewCallback(names: OrderNames, event: InboxEvent): CallbackView {
  return {
    id: event.id,
    channel_id: event.channelId,
    channel: names.channel(event.channelId),
    type: event.type,
    event_key: event.eventKey,
    state: event.state,
    verdict: event.verdict,
    error: event.error,
    order_id: event.orderId,
    deliveries: event.deliveries,
    attempts: event.attempts,
    next_at: instantText(event.nextAt),
    received_at: toRfc3339(event.receivedAt),
    updated_at: toRfc3339(event.updatedAt),
  };
}

export function viewRefund(refund: Refund): RefundView {
  return {
    id: refund.id,
    payment_id: refund.paymentId,
    order_id: refund.orderId,
    amount: formatAmount(refund.amountMinor, refund.currency),
    currency: refund.currency,
    state: refund.state,
    refund_ref: refund.refundRef,
    reason: refund.reason,
    actor: refund.actor,
    error: refund.error,
    next_at: instantText(refund.nextAt),
    created_at: toRfc3339(refund.createdAt),
    updated_at: toRfc3339(refund.updatedAt),
  };
}

export function viewDifference(item: ReconItem): DifferenceView {
  return {
    id: item.id,
    kind: item.kind,
    subject: item.subject,
    state: item.state,
    detail: item.detail,
    channel_id: item.channelId,
    order_id: item.orderId,
    note: item.note,
    created_at: toRfc3339(item.createdAt),
    seen_at: toRfc3339(item.seenAt),
  };
}

function viewPayment(payment: Payment): StoryView['payments'][number] {
  const { currency } = payment;
  return {
    id: payment.id,
    state: payment.state,
    reference: payment.reference,
    provider_ref: payment.providerRef,
    payment_ref: payment.paymentRef,
    subscription_ref: payment.subscriptionRef,
    renewal: payment.renewal,
    by_hand: payment.byHand,
    amount: formatAmount(payment.amountMinor, currency),
    currency,
    credited_usd: formatUsd(payment.creditedUsdMicros),
    credited_to: payment.creditAccount,
    refunded: formatAmount(payment.refundedMinor, currency),
    disputed: formatAmount(payment.disputedMinor, currency),
    dispute: payment.disputeState,
    asked: payment.asked,
    next_ask_at: instantText(payment.nextAskAt),
    created_at: toRfc3339(payment.createdAt),
    paid_at: instantText(payment.paidAt),
  };
}
