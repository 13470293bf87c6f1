import { Failure } from '../../failure.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../time.ts';
import type { PaymentAttempt } from '../provider.ts';
import type { StripeDesk } from './open-stripe.ts';
import { referenceIn } from './own-metadata.ts';
import { isMissing } from './stripe-failure.ts';
import { type Json, objectOf } from './stripe-json.ts';

/** An attempt is started at once; the clocks may differ. */
const BEFORE_MS = 10 * MINUTE_MS;
const AFTER_MS = HOUR_MS;

/**
 * The session of an attempt: by its id, or among those of its time where the id never arrived. Null when there is none.
 * @throws what the package throws, or Failure upstream_failed when there are too many to say
 */
export async function findSession(desk: StripeDesk, attempt: PaymentAttempt): Promise<Json | null> {
  const session =
    attempt.providerRef === null ? await search(desk, attempt) : await retrieve(desk, attempt.providerRef);
  return session !== null && isOf(desk, session, attempt) ? session : null;
}

async function retrieve({ stripe }: StripeDesk, id: string): Promise<Json | null> {
  try {
    return objectOf(await stripe.checkout.sessions.retrieve(id));
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

async function search(desk: StripeDesk, attempt: PaymentAttempt): Promise<Json | null> {
  const created = {
    gte: Math.floor((attempt.createdAt - BEFORE_MS) / SECOND_MS),
    lte: Math.ceil((attempt.createdAt + AFTER_MS) / SECOND_MS),
  };
  let seen = 0;
  for await (const item of desk.stripe.checkout.sessions.list({ created, limit: 100 })) {
    const session = objectOf(item);
    if (isOf(desk, session, attempt)) return session;
    seen += 1;
    if (seen >= desk.listMax)
      throw new Failure('upstream_failed', 'Stripe has too many sessions to find one by its reference');
  }
  return null;
}

function isOf({ channel }: StripeDesk, session: Json, attempt: PaymentAttempt): boolean {
  return referenceIn(channel, session['metadata']) === attempt.reference;
}
