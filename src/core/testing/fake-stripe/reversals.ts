import type { Books } from './books.ts';
import { type FormTree, leafPaths, textAt } from './form-body.ts';
import { metadataOf, wholeAt } from './session-form.ts';
import type { Charge, Dispute, Metadata, Refund } from './stripe-object.ts';
import { badParam, StripeRefusal } from './stripe-refusal.ts';

const KNOWN = /^(payment_intent|charge|amount|reason|metadata\[\w+\])$/;
const GAVE_NOTHING = new Set(['failed', 'canceled']);
/** While one of these runs, Stripe refunds nothing. */
const DISPUTE_OVER = new Set(['won', 'warning_closed', 'prevented']);

/** Money that goes back: refunds, and what the payers' banks take. */
export class Reversals {
  /** What a new refund is; a bank transfer is pending for days. */
  refundStatus: string = 'succeeded';
  readonly #books: Books;

  constructor(books: Books) {
    this.#books = books;
  }

  createRefund(form: FormTree): Refund {
    const unknown = leafPaths(form).find((path) => !KNOWN.test(path));
    if (unknown !== undefined) throw badParam(unknown, `Received unknown parameter: ${unknown}`, 'parameter_unknown');
    const amount = textAt(form, 'amount') === undefined ? null : wholeAt(form, 'amount');
    const charge = this.#chargeOf(textAt(form, 'payment_intent'), textAt(form, 'charge'));
    return this.#refund(charge, amount, metadataOf(form), textAt(form, 'reason') ?? null);
  }

  /** Somebody refunds in the dashboard: without any metadata of ours. */
  refund(paymentIntent: string, amount: number | null): Refund {
    return this.#refund(this.#chargeOf(paymentIntent, undefined), amount, {}, 'requested_by_customer');
  }

  /** A refund comes to its end; also one that had succeeded may still fail. */
  moveRefund(id: string, status: string): void {
    const refund = this.#books.get('refund', id);
    refund.status = status;
    // It is not documented that the charge's `amount_refunded` falls again, so that nobody may rely on it: it stays.
    if (status === 'failed') refund.failure_reason = 'expired_or_canceled_card';
    this.#books.tell('refund.updated', refund);
    this.#books.tell('charge.refund.updated', refund);
    if (status === 'failed') this.#books.tell('refund.failed', refund);
  }

  dispute(paymentIntent: string, amount: number | null, isInquiry: boolean): Dispute {
    const charge = this.#chargeOf(paymentIntent, undefined);
    charge.disputed = true;
    const dispute: Dispute = this.#books.add({
      ...this.#books.base('dispute'),
      amount: amount ?? charge.amount,
      charge: charge.id,
      currency: charge.currency,
      metadata: {},
      payment_intent: paymentIntent,
      reason: 'fraudulent',
      status: isInquiry ? 'warning_needs_response' : 'needs_response',
    });
    this.#books.tell('charge.dispute.created', dispute);
    if (!isInquiry) this.#books.tell('charge.dispute.funds_withdrawn', dispute);
    return dispute;
  }

  moveDispute(id: string, status: string): void {
    const dispute = this.#books.get('dispute', id);
    dispute.status = status;
    if (status === 'won') this.#books.tell('charge.dispute.funds_reinstated', dispute);
    const isOver = status === 'lost' || DISPUTE_OVER.has(status);
    this.#books.tell(isOver ? 'charge.dispute.closed' : 'charge.dispute.updated', dispute);
  }

  #chargeOf(paymentIntent: string | undefined, charge: string | undefined): Charge {
    if (charge !== undefined) return this.#books.get('charge', charge);
    if (paymentIntent === undefined) throw badParam('payment_intent', 'Missing required param', 'parameter_missing');
    const intent = this.#books.get('payment_intent', paymentIntent);
    if (intent.status === 'succeeded' && intent.latest_charge !== null) {
      return this.#books.get('charge', intent.latest_charge);
    }
    throw badParam('payment_intent', `This PaymentIntent (${intent.id}) does not have a successful charge to refund.`);
  }

  #refund(charge: Charge, asked: number | null, metadata: Metadata, reason: string | null): Refund {
    const left = charge.amount - this.#refundedOf(charge);
    if (left <= 0) throw refusal('charge_already_refunded', `Charge ${charge.id} has already been refunded.`);
    const isDisputed = this.#books
      .all('dispute')
      .some((item) => item.charge === charge.id && !DISPUTE_OVER.has(item.status));
    if (isDisputed)
      throw refusal('charge_disputed', `Charge ${charge.id} has been charged back; cannot issue a refund.`);
    const amount = asked ?? left;
    if (amount < 1 || amount > left) {
      throw badParam('amount', `Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`);
    }
    charge.amount_refunded += amount;
    charge.refunded = charge.amount_refunded >= charge.amount;
    const refund: Refund = this.#books.add({
      ...this.#books.base('refund'),
      amount,
      charge: charge.id,
      currency: charge.currency,
      metadata,
      payment_intent: charge.payment_intent,
      reason,
      status: this.refundStatus,
    });
    this.#books.tell('refund.created', refund);
    this.#books.tell('charge.refunded', charge);
    return refund;
  }

  #refundedOf(charge: Charge): number {
    const refunds = this.#books
      .all('refund')
      .filter((item) => item.charge === charge.id && !GAVE_NOTHING.has(item.status));
    return refunds.reduce((sum, { amount }) => sum + amount, 0);
  }
}

function refusal(code: string, message: string): StripeRefusal {
  return new StripeRefusal({ status: 400, code, message });
}
