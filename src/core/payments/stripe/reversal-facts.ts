import { Failure } from '../../failure.ts';
import type { PaymentFact, ReversalFact } from '../provider.ts';
import { referenceOf, retrieveInvoice } from './invoice-facts.ts';
import type { StripeDesk } from './open-stripe.ts';
import { referenceIn } from './own-metadata.ts';
import { reversalTotals } from './reversal-totals.ts';
import { askStripe } from './stripe-failure.ts';
import { idOf, itemsOf, type Json, objectOf } from './stripe-json.ts';

/** What an event about a refund, a charge or a dispute means: the totals of its payment now, whatever the event says. */
export async function reversalFacts(desk: StripeDesk, payload: Json): Promise<readonly PaymentFact[]> {
  const paymentRef = idOf(payload['payment_intent']) ?? (await paymentOfCharge(desk, payload));
  if (paymentRef === null) return ignored('the charge is of no payment');
  const asOf = desk.clock.now();
  const intent = await retrieveIntent(desk, paymentRef);
  if (!(await isOwnPayment(desk, intent))) return ignored('the payment is not of this channel');
  return [{ ...(await reversalOf(desk, intent)), asOf }];
}

/** The totals of a payment that is known to be this channel's. */
export async function paymentReversal(desk: StripeDesk, paymentRef: string): Promise<readonly ReversalFact[]> {
  // What cost nothing has no payment that could be given back.
  if (!paymentRef.startsWith('pi_')) return [];
  const asOf = desk.clock.now();
  return [{ ...(await reversalOf(desk, await retrieveIntent(desk, paymentRef))), asOf }];
}

/** The same for whoever asks about one payment alone. @throws Failure upstream_failed */
export async function paymentTotals(desk: StripeDesk, paymentRef: string): Promise<ReversalFact | null> {
  const [totals] = await askStripe(desk.channel, () => paymentReversal(desk, paymentRef));
  return totals ?? null;
}

/** All refunds of a payment, from its expanded charge where they are all there. */
export async function refundsOf(desk: StripeDesk, intent: Json): Promise<readonly Json[]> {
  const inCharge = objectOf(objectOf(intent['latest_charge'])['refunds']);
  if (inCharge['has_more'] === false) return itemsOf(inCharge);
  return readAll(desk, desk.stripe.refunds.list({ payment_intent: idOf(intent) ?? '', limit: 100 }));
}

async function reversalOf(desk: StripeDesk, intent: Json): Promise<ReversalFact> {
  const paymentRef = idOf(intent) ?? '';
  const isUndisputed = objectOf(intent['latest_charge'])['disputed'] === false;
  const disputes = isUndisputed
    ? []
    : await readAll(desk, desk.stripe.disputes.list({ payment_intent: paymentRef, limit: 100 }));
  const totals = reversalTotals(await refundsOf(desk, intent), disputes);
  if (totals === null) throw new Failure('upstream_failed', `an amount taken back of ${paymentRef} cannot be read`);
  return { kind: 'reversal', paymentRef, ...totals };
}

async function retrieveIntent({ stripe }: StripeDesk, ref: string): Promise<Json> {
  return objectOf(await stripe.paymentIntents.retrieve(ref, { expand: ['latest_charge.refunds'] }));
}

async function paymentOfCharge({ stripe }: StripeDesk, payload: Json): Promise<string | null> {
  const ref = payload['object'] === 'charge' ? idOf(payload) : idOf(payload['charge']);
  if (ref === null) return null;
  return idOf(objectOf(await stripe.charges.retrieve(ref))['payment_intent']);
}

/** A payment of a session carries our metadata; one of an invoice does not, but its subscription does. */
async function isOwnPayment(desk: StripeDesk, intent: Json): Promise<boolean> {
  if (referenceIn(desk.channel, intent['metadata']) !== null) return true;
  const payments = await desk.stripe.invoicePayments.list({
    payment: { type: 'payment_intent', payment_intent: idOf(intent) ?? '' },
    limit: 1,
  });
  const invoiceRef = idOf(itemsOf(payments)[0]?.['invoice']);
  if (invoiceRef === null) return false;
  return (await referenceOf(desk, await retrieveInvoice(desk, invoiceRef))) !== null;
}

/** @throws Failure upstream_failed rather than to give a total of some */
async function readAll({ listMax }: StripeDesk, list: AsyncIterable<unknown>): Promise<readonly Json[]> {
  const items: Json[] = [];
  for await (const item of list) {
    items.push(objectOf(item));
    if (items.length >= listMax) throw new Failure('upstream_failed', 'Stripe lists more than can be read');
  }
  return items;
}

function ignored(why: string): readonly PaymentFact[] {
  return [{ kind: 'ignored', why }];
}
