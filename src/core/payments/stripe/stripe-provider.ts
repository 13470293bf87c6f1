import type { PaymentProvider, ProviderTools } from '../provider.ts';
import { stripeForm } from './channel-form.ts';
import { closeSession, stopSubscription } from './end-payment.ts';
import { listPayments } from './list-payments.ts';
import { STRIPE_LIMITS, type StripeLimits, stripeDesks } from './open-stripe.ts';
import { querySession } from './query-session.ts';
import { readCallback } from './read-callback.ts';
import { findRefund, refundPayment } from './refund-payment.ts';
import { paymentTotals } from './reversal-facts.ts';
import { startSession } from './start-session.ts';
import { STRIPE_CURRENCIES } from './stripe-amount.ts';

/** Payments by Stripe: Checkout Sessions, subscriptions that renew themselves, signed webhooks. */
export function stripeProvider({ clock }: ProviderTools, limits: StripeLimits = STRIPE_LIMITS): PaymentProvider {
  const open = stripeDesks(clock, limits);
  return {
    name: 'stripe',
    form: stripeForm,
    // Stripe repeats what was not answered with 2xx, for three days.
    answers: { accepted: { status: 200, body: 'ok' }, refused: { status: 400, body: 'not accepted' } },
    currencies: STRIPE_CURRENCIES,
    start: async (input) => startSession(await open(input.channel), input),
    readCallback: async (channel, callback) => readCallback(await open(channel), callback),
    query: async (channel, attempt) => querySession(await open(channel), attempt),
    refund: async (input) => refundPayment(await open(input.channel), input),
    findRefund: async (input) => findRefund(await open(input.channel), input),
    totals: async (channel, { paymentRef }) => paymentTotals(await open(channel), paymentRef),
    close: async (channel, attempt) => closeSession(await open(channel), attempt),
    stopRenewal: async (channel, subscriptionRef) => stopSubscription(await open(channel), subscriptionRef),
    list: async function* (channel, since) {
      yield* listPayments(await open(channel), since);
    },
  };
}
