import { Failure } from '../../failure.ts';
import type { PaymentFact } from '../provider.ts';
import { type InvoiceReading, readInvoice } from './invoice.ts';
import type { StripeDesk } from './open-stripe.ts';
import { referenceIn } from './own-metadata.ts';
import { idOf, type Json, objectOf } from './stripe-json.ts';

/** What an invoice is for; others (a manual one, a metered threshold) are no period of a plan. */
const FIRST = 'subscription_create';
const LATER = new Set(['subscription_cycle', 'subscription_update']);

/** What a paid invoice says: the first one pays the attempt that began the subscription, a later one a period. */
export async function invoiceFacts(desk: StripeDesk, payload: Json): Promise<readonly PaymentFact[]> {
  const told = readInvoice(payload);
  if (!told.isPaid) return ignored('the invoice is not paid');
  if (told.subscriptionRef === null) return ignored('the invoice is of no subscription');
  if (told.reason !== FIRST && !LATER.has(told.reason))
    return ignored(`the invoice is for ${told.reason || 'nothing'}`);
  const invoice = isWhole(told) ? told : await retrieveInvoice(desk, told.id);
  const reference = await referenceOf(desk, invoice);
  if (reference === null) return ignored('the invoice is not of this channel');
  return [invoice.reason === FIRST ? firstPayment(invoice, reference) : laterPayment(invoice)];
}

/** The payment of the first invoice of a session: the same fact that the invoice itself tells. */
export async function firstPaymentOf(desk: StripeDesk, session: Json, reference: string): Promise<PaymentFact> {
  const invoice = await retrieveInvoice(desk, idOf(session['invoice']));
  return invoice.isPaid
    ? firstPayment(invoice, reference)
    : { kind: 'ignored', why: 'the first invoice is not paid yet' };
}

/** With its payments, which webhooks leave out. @throws what the package throws */
export async function retrieveInvoice({ stripe }: StripeDesk, id: string | null): Promise<InvoiceReading> {
  if (id === null) throw new Failure('upstream_failed', 'Stripe named no invoice');
  return readInvoice(objectOf(await stripe.invoices.retrieve(id, { expand: ['payments'] })));
}

/** The attempt that began the invoice's subscription; null when it is not this channel's. */
export async function referenceOf(desk: StripeDesk, invoice: InvoiceReading): Promise<string | null> {
  if (invoice.metadata !== null) return referenceIn(desk.channel, invoice.metadata);
  if (invoice.subscriptionRef === null) return null;
  const subscription = objectOf(await desk.stripe.subscriptions.retrieve(invoice.subscriptionRef));
  return referenceIn(desk.channel, subscription['metadata']);
}

function isWhole({ metadata, paymentRef, money, period }: InvoiceReading): boolean {
  return metadata !== null && paymentRef !== null && money !== null && period !== null;
}

function firstPayment(invoice: InvoiceReading, reference: string): PaymentFact {
  const { id, money, paymentRef, subscriptionRef } = invoice;
  if (id === null || money === null) throw unreadable(invoice);
  // An invoice that cost nothing has no payment; its own id stands for it.
  return { kind: 'paid', reference, paymentRef: paymentRef ?? id, ...money, method: '', subscriptionRef };
}

function laterPayment(invoice: InvoiceReading): PaymentFact {
  const { id, money, period, subscriptionRef } = invoice;
  if (id === null || money === null || period === null || subscriptionRef === null) throw unreadable(invoice);
  return {
    kind: 'renewal_paid',
    subscriptionRef,
    invoiceRef: id,
    paymentRef: invoice.paymentRef ?? id,
    ...money,
    periodStart: period.start,
    periodEnd: period.end,
    reference: null,
  };
}

/** Money came and it cannot be said what for: somebody must see it, so it is no "ignored". */
function unreadable({ id }: InvoiceReading): Failure {
  return new Failure(
    'upstream_failed',
    `the paid invoice ${id ?? 'without id'} has no amount or period that can be read`,
  );
}

function ignored(why: string): readonly PaymentFact[] {
  return [{ kind: 'ignored', why }];
}
