import type { PaymentAttempt } from '../provider.ts';
import { findSession } from './find-session.ts';
import type { StripeDesk } from './open-stripe.ts';
import { askStripe, isMissing } from './stripe-failure.ts';
import { objectOf, textOf } from './stripe-json.ts';

/** Expires the attempt's session, so that nobody pays it any more; one that is paid or gone stays as it is. */
export async function closeSession(desk: StripeDesk, attempt: PaymentAttempt): Promise<void> {
  await askStripe(desk.channel, async () => {
    const session = await findSession(desk, attempt);
    const id = textOf(session?.['id']);
    if (id === null || session?.['status'] !== 'open') return;
    try {
      await desk.stripe.checkout.sessions.expire(id);
    } catch (error) {
      // It may have been paid or have expired just now.
      const now = objectOf(await desk.stripe.checkout.sessions.retrieve(id));
      if (now['status'] === 'open') throw error;
    }
  });
}

/** Cancels a subscription at once, without giving money back; one that has ended already stays so. */
export async function stopSubscription(desk: StripeDesk, subscriptionRef: string): Promise<void> {
  await askStripe(desk.channel, async () => {
    try {
      await desk.stripe.subscriptions.cancel(subscriptionRef);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  });
}
