import { Failure } from '../../failure.ts';
import type { PaymentAttempt, PaymentFact, ProviderStanding } from '../provider.ts';
import { findSession } from './find-session.ts';
import { invoiceFacts } from './invoice-facts.ts';
import type { StripeDesk } from './open-stripe.ts';
import { paymentReversal } from './reversal-facts.ts';
import { sessionFacts } from './session-facts.ts';
import { askStripe } from './stripe-failure.ts';
import { idOf, type Json, objectOf } from './stripe-json.ts';
import { subscriptionFacts } from './subscription-facts.ts';

/** Of a delayed payment that was tried: these two will not become money. */
const WILL_NOT_BE_PAID = new Set(['requires_payment_method', 'canceled']);

/** Everything that Stripe knows of an attempt: its payment, what was taken back of it, the periods that followed. */
export async function querySession(desk: StripeDesk, attempt: PaymentAttempt): Promise<ProviderStanding> {
  return askStripe(desk.channel, async () => {
    const session = await findSession(desk, attempt);
    if (session === null) return { state: 'unknown_there', facts: [] };
    const facts = await sessionFacts(desk, session, 'asked');
    const [first] = facts;
    if (first?.kind === 'expired') return { state: 'expired', facts };
    if (first?.kind !== 'paid') return unpaidStanding(desk, session, attempt);
    const later = await laterFacts(desk, session);
    const paid = [first, ...later].flatMap((fact) => ('paymentRef' in fact ? [fact.paymentRef] : []));
    const reversals: PaymentFact[] = [];
    for (const paymentRef of paid) reversals.push(...(await paymentReversal(desk, paymentRef)));
    return { state: 'paid', facts: [first, ...later, ...reversals] };
  });
}

async function unpaidStanding(desk: StripeDesk, session: Json, attempt: PaymentAttempt): Promise<ProviderStanding> {
  const intentRef = session['status'] === 'complete' ? idOf(session['payment_intent']) : null;
  if (intentRef === null) return { state: 'pending', facts: [] };
  const intent = objectOf(await desk.stripe.paymentIntents.retrieve(intentRef));
  if (!WILL_NOT_BE_PAID.has(String(intent['status']))) return { state: 'pending', facts: [] };
  const reason = 'the delayed payment failed';
  return { state: 'failed', facts: [{ kind: 'failed', reference: attempt.reference, reason }] };
}

/** Of a session that began a subscription: every later period that is paid, and how it stands. */
async function laterFacts(desk: StripeDesk, session: Json): Promise<readonly PaymentFact[]> {
  const subscriptionRef = idOf(session['subscription']);
  if (subscriptionRef === null) return [];
  const facts: PaymentFact[] = [];
  const invoices = desk.stripe.invoices.list({
    subscription: subscriptionRef,
    status: 'paid',
    limit: 100,
    expand: ['data.payments'],
  });
  for await (const invoice of invoices) {
    facts.push(...(await invoiceFacts(desk, objectOf(invoice))).filter((fact) => fact.kind === 'renewal_paid'));
    if (facts.length >= desk.listMax)
      throw new Failure('upstream_failed', 'Stripe lists more invoices than can be read');
  }
  const standing = await subscriptionFacts(desk, subscriptionRef, session);
  // Oldest first, as they would have come.
  return [...facts.toReversed(), ...standing.filter((fact) => fact.kind !== 'ignored')];
}
