import { type Ctx, inChange } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { invariant } from '../invariant.ts';
import { dayOfMonth } from '../plans/index.ts';
import { type EpochMs, epochMs } from '../time.ts';
import { grantOf } from './change-subscription.ts';
import { insertGrant, readGrant } from './grant-store.ts';
import { grantSubscription } from './grant-subscription.ts';
import type { Subscription } from './subscription.ts';
import { readByProviderRef, readSubscription, updateSubscription } from './subscription-store.ts';

export interface RenewInput {
  readonly providerSubscriptionRef: string;
  /** `invoice:in_…`: one invoice renews once. */
  readonly source: string;
  readonly periodStart: EpochMs;
  readonly periodEnd: EpochMs;
}

export type RenewAnswer =
  | { readonly kind: 'renewed' | 'already_renewed'; readonly subscription: Subscription }
  | { readonly kind: 'unknown_subscription' };

/**
 * A period of a provider-run subscription is paid: it runs at least to the end of that period, whatever the order in which
 * periods come, and is past due no more. Money for one that was canceled or revoked here begins a new one: paid time is
 * never dropped.
 * @throws Failure invalid_input for a period that ends before it begins.
 */
export async function renewSubscription(ctx: Ctx, input: RenewInput): Promise<RenewAnswer> {
  const { source, periodStart, periodEnd, providerSubscriptionRef } = input;
  if (periodEnd <= periodStart) throw new Failure('invalid_input', 'a paid period cannot end before it begins');
  return await inChange(ctx, 'subscriptions', async (tx) => {
    const given = await readGrant(tx, source);
    if (given) {
      const subscription = await readSubscription(tx, given.subscriptionId);
      invariant(subscription, `the subscription of the grant ${source} exists`);
      return { kind: 'already_renewed', subscription };
    }
    const before = await readByProviderRef(tx, providerSubscriptionRef);
    if (!before) return { kind: 'unknown_subscription' };
    if (before.state !== 'active') {
      const { userId, planVersionId } = before;
      const again = { userId, planVersionId, source, at: periodStart, endsAt: periodEnd, providerSubscriptionRef };
      return { kind: 'renewed', subscription: (await grantSubscription(tx, again)).subscription };
    }
    const endsAt = epochMs(Math.max(before.endsAt, periodEnd));
    const subscription = { ...before, endsAt, anchorDay: dayOfMonth(endsAt), pastDue: false };
    await updateSubscription(tx, subscription);
    await insertGrant(tx, grantOf(subscription, source, periodStart, periodEnd, tx.clock.now()));
    return { kind: 'renewed', subscription };
  });
}

export interface ProviderState {
  readonly providerSubscriptionRef: string;
  readonly state: 'active' | 'past_due' | 'canceled';
  readonly cancelAtPeriodEnd: boolean;
}

/**
 * Takes over what the provider says of a subscription that it renews. One that is canceled there is renewed no more, and
 * runs to the end of what is paid. Null when none has the reference.
 */
export async function followProvider(ctx: Ctx, input: ProviderState): Promise<Subscription | null> {
  return await inChange(ctx, 'subscriptions', async (tx) => {
    const before = await readByProviderRef(tx, input.providerSubscriptionRef);
    if (!before) return null;
    const subscription: Subscription = {
      ...before,
      pastDue: input.state === 'past_due',
      cancelAtEnd: input.state === 'canceled' || input.cancelAtPeriodEnd,
    };
    await updateSubscription(tx, subscription);
    return subscription;
  });
}
