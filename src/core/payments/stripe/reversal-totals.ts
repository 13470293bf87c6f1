import { fromStripeAmount } from './stripe-amount.ts';
import { type Json, wholeOf } from './stripe-json.ts';

/** A refund that gives nothing back. One that is under way, or in a state that nobody knows, counts as given. */
const GAVE_NOTHING = new Set(['failed', 'canceled']);
/** Stripe keeps or returned the money: nothing is held. */
const RELEASED = new Set(['won', 'prevented', 'warning_closed']);
/** An inquiry: the payer's bank asks, and no money has moved. */
const ASKING = new Set(['warning_needs_response', 'warning_under_review']);
const LOST = 'lost';

export interface ReversalTotals {
  readonly refundedMinor: number;
  readonly disputedMinor: number;
  readonly disputeState: 'none' | 'open' | 'won' | 'lost';
}

/**
 * What was taken back of one payment until now. Refunds are summed one by one, because it is not said whether the
 * charge's own `amount_refunded` falls again when a refund fails.
 */
export function reversalTotals(refunds: readonly Json[], disputes: readonly Json[]): ReversalTotals | null {
  const refunded = sum(refunds.filter((refund) => !GAVE_NOTHING.has(String(refund['status']))));
  const holding = disputes.filter(({ status }) => !RELEASED.has(String(status)) && !ASKING.has(String(status)));
  const disputed = sum(holding);
  if (refunded === null || disputed === null) return null;
  return { refundedMinor: refunded, disputedMinor: disputed, disputeState: disputeStateOf(disputes) };
}

/** Of several disputes the one that matters most now; a state that nobody knows is open. */
function disputeStateOf(disputes: readonly Json[]): ReversalTotals['disputeState'] {
  const states = disputes.map(({ status }) => String(status));
  if (states.some((state) => state !== LOST && !RELEASED.has(state))) return 'open';
  if (states.includes(LOST)) return 'lost';
  return states.length > 0 ? 'won' : 'none';
}

/** Null when one of the amounts cannot be read. */
function sum(items: readonly Json[]): number | null {
  const amounts = items.map((item) => fromStripeAmount(wholeOf(item['amount']), item['currency'])?.amountMinor ?? null);
  return amounts.reduce(
    (total: number | null, amount) => (total === null || amount === null ? null : total + amount),
    0,
  );
}
