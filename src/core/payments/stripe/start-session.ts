import type { Stripe } from 'stripe';
import { Failure } from '../../failure.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../time.ts';
import type { StartedPayment, StartInput } from '../provider.ts';
import { apiBaseOf } from './channel-form.ts';
import { findSession } from './find-session.ts';
import type { StripeDesk } from './open-stripe.ts';
import { ownMetadata } from './own-metadata.ts';
import { toStripeAmount } from './stripe-amount.ts';
import { askStripe, isUncertain } from './stripe-failure.ts';
import { type Json, objectOf, textOf } from './stripe-json.ts';

/** A session lives from 30 minutes to 24 hours; the minutes off are for clocks that differ. */
const LIFE_MIN_MS = 32 * MINUTE_MS;
const LIFE_MAX_MS = 24 * HOUR_MS - 2 * MINUTE_MS;

type SessionParams = Stripe.Checkout.SessionCreateParams;

/**
 * Opens a Checkout Session. The key makes it one session for each attempt, and where the answer was lost, also where
 * Stripe keeps answering with the error that it saved under the key, the session is looked for.
 * @throws Failure invalid_input about the amount or period, or upstream_failed
 */
export async function startSession(desk: StripeDesk, input: StartInput): Promise<StartedPayment> {
  const { channel, stripe } = desk;
  const params = sessionParams(input);
  const session = await askStripe(channel, async () => {
    try {
      const made = await stripe.checkout.sessions.create(params, {
        idempotencyKey: `realms:start:${input.attempt.id}`,
      });
      return objectOf(made);
    } catch (error) {
      const made = isUncertain(error) ? await findSession(desk, input.attempt).catch(() => null) : null;
      if (made === null) throw error;
      return made;
    }
  });
  return { payUrl: payUrlOf(session, input), qrText: null, providerRef: textOf(session['id']) };
}

/** The same for every try of an attempt, because the idempotency key is bound to it. */
function sessionParams(input: StartInput): SessionParams {
  const { channel, order, attempt, returnUrl } = input;
  const metadata = ownMetadata(channel, order, attempt);
  const { amount, currency } = toStripeAmount(order.amountMinor, order.currency);
  const price = { currency, unit_amount: amount, product_data: { name: `Order ${order.number}` } };
  return {
    client_reference_id: attempt.reference,
    metadata,
    success_url: returnUrl,
    cancel_url: returnUrl,
    expires_at: Math.floor(sessionEnd(input) / SECOND_MS),
    // The payer pays the frozen amount, not a converted one.
    adaptive_pricing: { enabled: false },
    ...(order.method !== '' && { allowed_payment_method_types: [order.method] }),
    ...(input.renews
      ? {
          mode: 'subscription' as const,
          subscription_data: { metadata },
          line_items: [{ quantity: 1, price_data: { ...price, recurring: recurringOf(input) } }],
        }
      : {
          mode: 'payment' as const,
          payment_intent_data: { metadata },
          line_items: [{ quantity: 1, price_data: price }],
        }),
  };
}

function sessionEnd({ order, attempt }: StartInput): number {
  const earliest = attempt.createdAt + LIFE_MIN_MS;
  return Math.min(Math.max(order.expiresAt, earliest), attempt.createdAt + LIFE_MAX_MS);
}

function recurringOf({ period }: StartInput): { interval: 'day' | 'month'; interval_count: number } {
  if (period === undefined) throw new Failure('internal', 'a payment that renews was started without its period');
  const { count, unit } = period;
  if (unit !== 'hour') return { interval: unit, interval_count: count };
  if (count % 24 === 0) return { interval: 'day', interval_count: count / 24 };
  throw new Failure('invalid_input', {
    message: 'Stripe cannot renew a plan that lasts less than whole days',
    hint: 'sell this plan without renewal',
    param: 'plan',
  });
}

/** Where the payer is sent: https, unless the API itself is a plain one in a private network. */
function payUrlOf(session: Json, { channel }: StartInput): string {
  const url = textOf(session['url']);
  const isUsable =
    url !== null && URL.canParse(url) && ['https:', apiBaseOf(channel).protocol].includes(new URL(url).protocol);
  if (isUsable) return url;
  throw new Failure('upstream_failed', `payment channel ${channel.name}: Stripe gave no page to pay at`);
}
