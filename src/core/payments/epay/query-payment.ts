import type { EpochMs } from '../../time.ts';
import type {
  ListedPayment,
  PaidAttempt,
  PaymentAttempt,
  PaymentFact,
  ProviderStanding,
  ReversalFact,
} from '../provider.ts';
import { type EpayGateway, type GatewayOrder, ORDER_STATUS, PAGE_ROWS, TRADE_NO, UNPAID_LIFE_MS } from './gateway.ts';
import { GatewayTrouble, troubleOf } from './gateway-call.ts';

/** What the gateway says about an attempt: the only way in which refunds and lost callbacks are seen. */
export async function queryPayment(
  gateway: EpayGateway,
  attempt: PaymentAttempt,
  now: EpochMs,
): Promise<ProviderStanding> {
  const order = await gateway.askOrder(attempt.reference);
  if (order === null) return absentStanding(attempt, now);
  switch (order.status) {
    case ORDER_STATUS.paid:
    case ORDER_STATUS.refunded:
      return paidStanding(order, now);
    case ORDER_STATUS.unpaid:
    // The gateway holds the money of these two back: they are not paid as long as it does.
    case ORDER_STATUS.frozen:
    case ORDER_STATUS.authorised:
      return { state: 'pending', facts: [] };
    default:
      throw new GatewayTrouble(`gave an order the unknown status "${order.status.slice(0, 16)}"`, true);
  }
}

/** What went back of a payment so far. @throws GatewayTrouble */
export async function paymentTotals(
  gateway: EpayGateway,
  { attempt, paymentRef }: PaidAttempt,
  now: EpochMs,
): Promise<ReversalFact | null> {
  const order = await gateway.askOrder(attempt.reference);
  return order?.tradeNo === paymentRef ? totalsOf(order, now) : null;
}

/**
 * What was paid since then, and what became of it. Where a V1 gateway says no amount of a refund, the whole payment is
 * named. @throws GatewayTrouble, also when there is more than `maxPages` hold.
 */
export async function* listPayments(
  gateway: EpayGateway,
  maxPages: number,
  since: EpochMs,
): AsyncGenerator<ListedPayment> {
  const seen = new Set<string>();
  let offset = 0;
  for (let number = 1; number <= maxPages; number++) {
    const page = await gateway.page(offset, number).catch(troubleOf);
    if (page instanceof GatewayTrouble) {
      // Gateways on a newer PHP fail on a page behind the last one.
      if (offset % PAGE_ROWS !== 0) return;
      throw page;
    }
    const fresh = page.filter(({ tradeNo }) => !seen.has(tradeNo));
    for (const order of fresh) {
      seen.add(order.tradeNo);
      const listed = listedPayment(order, since);
      if (listed !== undefined && listed.at >= since) yield listed;
    }
    if (fresh.length === 0) {
      if (page.length < PAGE_ROWS) return;
      throw new GatewayTrouble('gives the same page of orders again', true);
    }
    // Pages go by when orders were made, and an order can be paid for as long as it is kept.
    if (fresh.every(({ addedAt }) => addedAt !== undefined && addedAt < since - UNPAID_LIFE_MS)) return;
    offset += page.length;
  }
  throw new GatewayTrouble(`lists more than ${maxPages} pages of orders`, true);
}

/** An unpaid order lives a day there. Before that, the payer may just not have opened the page. */
function absentStanding(attempt: PaymentAttempt, now: EpochMs): ProviderStanding {
  if (now - attempt.createdAt <= UNPAID_LIFE_MS) return { state: 'unknown_there', facts: [] };
  const reason = 'the gateway has no such order after the day for which it keeps unpaid ones';
  return { state: 'expired', facts: [{ kind: 'expired', reference: attempt.reference, reason }] };
}

function paidStanding(order: GatewayOrder, now: EpochMs): ProviderStanding {
  const { moneyFen, tradeNo, refundedFen } = order;
  if (!moneyFen || !TRADE_NO.test(tradeNo)) throw new GatewayTrouble('gave a paid order that cannot be read', true);
  const paid: PaymentFact = {
    kind: 'paid',
    reference: order.reference,
    paymentRef: tradeNo,
    amountMinor: moneyFen,
    currency: 'CNY',
    method: order.type,
    subscriptionRef: null,
  };
  if (refundedFen === null) return { state: 'paid', facts: [paid], hasRefundOfUnknownAmount: true };
  const totals = totalsOf(order, now);
  return { state: 'paid', facts: totals === null ? [paid] : [paid, totals] };
}

/** Null when none are told: a gateway that knows of no amount may only be one that does not say it. */
function totalsOf({ tradeNo, refundedFen }: GatewayOrder, asOf: EpochMs): ReversalFact | null {
  if (!refundedFen) return null;
  return {
    kind: 'reversal',
    paymentRef: tradeNo,
    refundedMinor: refundedFen,
    disputedMinor: 0,
    disputeState: 'none',
    asOf,
  };
}

/** Undefined for what was not paid and for rows that cannot be read. */
function listedPayment(order: GatewayOrder, since: EpochMs): ListedPayment | undefined {
  const { status, moneyFen, tradeNo, refundedFen } = order;
  const wasPaid = status === ORDER_STATUS.paid || status === ORDER_STATUS.refunded || status === ORDER_STATUS.frozen;
  if (!wasPaid || !moneyFen || !TRADE_NO.test(tradeNo)) return undefined;
  return {
    reference: order.reference === '' ? null : order.reference,
    paymentRef: tradeNo,
    amountMinor: moneyFen,
    currency: 'CNY',
    refundedMinor: refundedFen ?? moneyFen,
    at: order.endedAt ?? order.addedAt ?? since,
  };
}
