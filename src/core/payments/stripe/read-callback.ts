import { Failure } from '../../failure.ts';
import type { CallbackReading, PaymentFact, RawCallback } from '../provider.ts';
import { readInvoice } from './invoice.ts';
import { invoiceFacts } from './invoice-facts.ts';
import { loadStripe, type StripeDesk } from './open-stripe.ts';
import { reversalFacts } from './reversal-facts.ts';
import { sessionFacts } from './session-facts.ts';
import { showCallback } from './show-callback.ts';
import { askStripe } from './stripe-failure.ts';
import { idOf, type Json, objectOf, textOf } from './stripe-json.ts';
import { subscriptionFacts } from './subscription-facts.ts';
import { verifyCallback } from './verify-callback.ts';

/**
 * Reads an authentic callback. Sessions and invoices are final and believed as they are signed; whatever can go up and
 * down is asked for, because events come late, twice and in any order.
 * @throws Failure forbidden when it is not authentic, upstream_failed when Stripe did not answer what had to be asked
 */
export async function readCallback(desk: StripeDesk, callback: RawCallback): Promise<CallbackReading> {
  const event = verifyCallback(await loadStripe(), desk.channel, callback);
  const eventKey = textOf(event['id']);
  const type = textOf(event['type']);
  const { livemode } = event;
  if (eventKey === null || type === null || typeof livemode !== 'boolean') {
    throw new Failure('invalid_input', 'the event has no id, type or mode');
  }
  const facts = await askStripe(desk.channel, () => factsOf(desk, event, type));
  return { eventKey, type, facts, livemode, shown: showCallback(callback, event) };
}

async function factsOf(desk: StripeDesk, event: Json, type: string): Promise<readonly PaymentFact[]> {
  const isLive = event['livemode'] === true;
  // The key of the other mode could not even ask about it.
  if (isLive !== desk.channel.livemode)
    return ignored(`a ${isLive ? 'live' : 'test'} event at a channel of the other mode`);
  if (textOf(event['account']) !== null) return ignored('about a connected account');
  const object = objectOf(objectOf(event['data'])['object']);
  switch (type) {
    case 'checkout.session.completed':
    case 'checkout.session.async_payment_succeeded':
    case 'checkout.session.expired':
      return sessionFacts(desk, object, 'asked');
    case 'checkout.session.async_payment_failed':
      return sessionFacts(desk, object, 'async_failed');
    case 'invoice.paid':
    case 'invoice.payment_succeeded':
      return invoiceFacts(desk, object);
    case 'invoice.payment_failed':
    case 'invoice.payment_action_required':
      return standingOf(desk, readInvoice(object).subscriptionRef, {});
    case 'customer.subscription.created':
    case 'customer.subscription.updated':
    case 'customer.subscription.deleted':
    case 'customer.subscription.paused':
    case 'customer.subscription.resumed':
      return standingOf(desk, idOf(object), object);
    case 'charge.refunded':
    case 'charge.refund.updated':
    case 'refund.created':
    case 'refund.updated':
    case 'refund.failed':
    case 'charge.dispute.created':
    case 'charge.dispute.updated':
    case 'charge.dispute.funds_withdrawn':
    case 'charge.dispute.funds_reinstated':
    case 'charge.dispute.closed':
      return reversalFacts(desk, object);
    default:
      return ignored(`nothing hangs on ${type}`);
  }
}

async function standingOf(desk: StripeDesk, ref: string | null, told: Json): Promise<readonly PaymentFact[]> {
  return ref === null ? ignored('about no subscription') : await subscriptionFacts(desk, ref, told);
}

function ignored(why: string): readonly PaymentFact[] {
  return [{ kind: 'ignored', why }];
}
