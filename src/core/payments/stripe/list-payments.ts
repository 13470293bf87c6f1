import { type EpochMs, epochMs, SECOND_MS } from '../../time.ts';
import type { ListedPayment } from '../provider.ts';
import { readInvoice } from './invoice.ts';
import { referenceOf } from './invoice-facts.ts';
import type { StripeDesk } from './open-stripe.ts';
import { referenceIn } from './own-metadata.ts';
import { refundsOf } from './reversal-facts.ts';
import { reversalTotals } from './reversal-totals.ts';
import { fromStripeAmount } from './stripe-amount.ts';
import { askStripe } from './stripe-failure.ts';
import { idOf, type Json, objectOf, wholeOf } from './stripe-json.ts';

const EXPAND = 'latest_charge.refunds';

/**
 * What this channel was paid, newest first by when the payment was begun, not by when a slow one succeeded: payments of
 * sessions, and of invoices of its subscriptions.
 */
export async function* listPayments(desk: StripeDesk, since: EpochMs): AsyncGenerator<ListedPayment> {
  const created = { gte: Math.floor(since / SECOND_MS) };
  const single = singlePayments(desk, created);
  const periodic = periodicPayments(desk, created);
  let one = await next(desk, single);
  let other = await next(desk, periodic);
  while (one !== null || other !== null) {
    if (one !== null && (other === null || one.at >= other.at)) {
      yield one;
      one = await next(desk, single);
    } else if (other !== null) {
      yield other;
      other = await next(desk, periodic);
    }
  }
}

async function next(desk: StripeDesk, payments: AsyncGenerator<ListedPayment>): Promise<ListedPayment | null> {
  const { value, done } = await askStripe(desk.channel, () => payments.next());
  return done ? null : value;
}

async function* singlePayments(desk: StripeDesk, created: { gte: number }): AsyncGenerator<ListedPayment> {
  for await (const item of desk.stripe.paymentIntents.list({ created, limit: 100, expand: [`data.${EXPAND}`] })) {
    const intent = objectOf(item);
    const reference = referenceIn(desk.channel, intent['metadata']);
    if (reference !== null) yield* listed(desk, intent, reference);
  }
}

/** A payment of an invoice carries no metadata of ours: the way leads over the invoice. */
async function* periodicPayments(desk: StripeDesk, created: { gte: number }): AsyncGenerator<ListedPayment> {
  const invoices = desk.stripe.invoices.list({ created, status: 'paid', limit: 100, expand: ['data.payments'] });
  for await (const item of invoices) {
    const invoice = readInvoice(objectOf(item));
    const reference = invoice.subscriptionRef === null ? null : await referenceOf(desk, invoice);
    if (reference === null || invoice.paymentRef === null) continue;
    const intent = await desk.stripe.paymentIntents.retrieve(invoice.paymentRef, { expand: [EXPAND] });
    yield* listed(desk, objectOf(intent), reference);
  }
}

async function* listed(desk: StripeDesk, intent: Json, reference: string): AsyncGenerator<ListedPayment> {
  const paymentRef = idOf(intent);
  const money = fromStripeAmount(intent['amount_received'], intent['currency']);
  if (intent['status'] !== 'succeeded' || paymentRef === null || money === null) return;
  const refundedMinor = reversalTotals(await refundsOf(desk, intent), [])?.refundedMinor ?? 0;
  const paidAt = wholeOf(objectOf(intent['latest_charge'])['created']) ?? wholeOf(intent['created']) ?? 0;
  yield { reference, paymentRef, ...money, refundedMinor, at: epochMs(paidAt * SECOND_MS) };
}
