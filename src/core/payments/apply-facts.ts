import { inTransaction } from '../database/index.ts';
import { unreachable } from '../invariant.ts';
import { applyEnded, applyPaid } from './apply-paid.ts';
import { applyRenewal, applySubscriptionState } from './apply-renewal.ts';
import { applyReversal } from './apply-reversal.ts';
import type { Cashier } from './cashier.ts';
import type { PaymentFact } from './provider.ts';
import type { ChannelRef, FactOutcome } from './verdict.ts';

/**
 * The one way in which anything that a provider says takes effect: callbacks, questions, reconciliation and replays. What
 * was applied before changes nothing, so it may be called with the same facts any number of times, by several daemons at
 * once and in any order. All facts take effect in one transaction, or none does.
 */
export async function applyFacts(
  cashier: Cashier,
  channel: ChannelRef,
  facts: readonly PaymentFact[],
): Promise<readonly FactOutcome[]> {
  return await inTransaction(cashier.ctx, async (ctx) => {
    const outcomes: FactOutcome[] = [];
    for (const fact of facts) outcomes.push(await applyFact({ ...cashier, ctx }, channel, fact));
    return outcomes;
  });
}

/** The same for whoever is in no transaction: when it returns, the doors know who has which plan. */
export async function applyAndTell(
  cashier: Cashier,
  channel: ChannelRef,
  facts: readonly PaymentFact[],
): Promise<readonly FactOutcome[]> {
  const outcomes = await applyFacts(cashier, channel, facts);
  if (outcomes.some(({ verdict }) => verdict === 'applied')) await cashier.changed('subscriptions');
  return outcomes;
}

async function applyFact(cashier: Cashier, channel: ChannelRef, fact: PaymentFact): Promise<FactOutcome> {
  switch (fact.kind) {
    case 'paid':
      return await applyPaid(cashier, channel, fact);
    case 'failed':
    case 'expired':
      return await applyEnded(cashier, channel, fact);
    case 'reversal':
      return await applyReversal(cashier, channel, fact);
    case 'renewal_paid':
      return await applyRenewal(cashier, channel, fact);
    case 'subscription_state':
      return await applySubscriptionState(cashier, channel, fact);
    case 'ignored':
      return { verdict: 'ignored', orderId: null, detail: fact.why };
    default:
      return unreachable(fact);
  }
}
