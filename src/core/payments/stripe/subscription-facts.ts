import type { PaymentFact } from '../provider.ts';
import type { StripeDesk } from './open-stripe.ts';
import { referenceIn } from './own-metadata.ts';
import { isMissing } from './stripe-failure.ts';
import { type Json, objectOf } from './stripe-json.ts';

type State = Extract<PaymentFact, { kind: 'subscription_state' }>['state'];

/** Open-ended at Stripe: what stands in no list here gives no service. */
const RUNNING = new Set(['active', 'trialing']);
const ENDED = new Set(['canceled', 'incomplete_expired']);

/**
 * How the subscription stands now, never how an event found it: events come in any order. What Stripe no longer knows is
 * canceled, if what it told before (`told`) was this channel's.
 */
export async function subscriptionFacts(desk: StripeDesk, ref: string, told: Json): Promise<readonly PaymentFact[]> {
  const asOf = desk.clock.now();
  const subscription = (await retrieve(desk, ref)) ?? { ...told, status: 'canceled' };
  if (referenceIn(desk.channel, subscription['metadata']) === null)
    return ignored('the subscription is not of this channel');
  // Nothing was given for a subscription whose first payment is not made.
  if (subscription['status'] === 'incomplete') return ignored('the first payment of the subscription is not made');
  return [
    {
      kind: 'subscription_state',
      subscriptionRef: ref,
      state: stateOf(subscription['status']),
      cancelAtPeriodEnd: subscription['cancel_at_period_end'] === true || typeof subscription['cancel_at'] === 'number',
      asOf,
    },
  ];
}

async function retrieve({ stripe }: StripeDesk, ref: string): Promise<Json | null> {
  try {
    return objectOf(await stripe.subscriptions.retrieve(ref));
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function stateOf(status: unknown): State {
  if (RUNNING.has(String(status))) return 'active';
  return ENDED.has(String(status)) ? 'canceled' : 'past_due';
}

function ignored(why: string): readonly PaymentFact[] {
  return [{ kind: 'ignored', why }];
}
