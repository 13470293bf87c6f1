import type { PaymentFact } from '../provider.ts';
import { firstPaymentOf } from './invoice-facts.ts';
import type { StripeDesk } from './open-stripe.ts';
import { referenceIn } from './own-metadata.ts';
import { fromStripeAmount } from './stripe-amount.ts';
import { idOf, type Json, textOf } from './stripe-json.ts';

/** How the event that brought the session ended it; `asked` when nobody but the session itself tells. */
export type SessionEnd = 'asked' | 'async_failed';

/**
 * What a Checkout Session says about its attempt. Only `paid`, or nothing to pay for nothing, is a payment: a complete
 * session of a delayed method is still unpaid.
 */
export async function sessionFacts(desk: StripeDesk, session: Json, end: SessionEnd): Promise<readonly PaymentFact[]> {
  const reference = referenceIn(desk.channel, session['metadata']);
  if (reference === null) return ignored('the session is not of this channel');
  if (end === 'async_failed') {
    return [{ kind: 'failed', reference, reason: 'the delayed payment failed' }];
  }
  if (session['status'] === 'expired') return [{ kind: 'expired', reference, reason: 'the session expired unpaid' }];
  if (!isPaid(session))
    return ignored(`the session is ${said(session['status'])} and ${said(session['payment_status'])}`);
  if (session['mode'] === 'payment') return [singlePayment(session, reference)];
  if (session['mode'] === 'subscription') return [await firstPaymentOf(desk, session, reference)];
  return ignored(`the session has the mode ${said(session['mode'])}`);
}

function isPaid(session: Json): boolean {
  if (session['status'] !== 'complete') return false;
  if (session['payment_status'] === 'paid') return true;
  return session['payment_status'] === 'no_payment_required' && session['amount_total'] === 0;
}

function singlePayment(session: Json, reference: string): PaymentFact {
  const money = fromStripeAmount(session['amount_total'], session['currency']);
  // A session that cost nothing has no payment; its own id stands for it.
  const paymentRef = idOf(session['payment_intent']) ?? idOf(session);
  if (money === null || paymentRef === null) return { kind: 'ignored', why: 'the session has no readable amount' };
  return { kind: 'paid', reference, paymentRef, ...money, method: methodOf(session), subscriptionRef: null };
}

/** The only method that the session took; empty where the payer could choose. */
function methodOf(session: Json): string {
  const types = session['payment_method_types'];
  return Array.isArray(types) && types.length === 1 ? String(types[0]) : '';
}

function ignored(why: string): readonly PaymentFact[] {
  return [{ kind: 'ignored', why }];
}

function said(value: unknown): string {
  return textOf(value) ?? 'without a word';
}
