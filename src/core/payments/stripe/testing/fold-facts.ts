import type { PaymentFact } from '../../provider.ts';

/** What is known after some facts: the rules by which anybody may apply them, in their shortest form. */
export interface Folded {
  readonly attempts: Readonly<Record<string, string>>;
  readonly reversals: Readonly<Record<string, string>>;
  readonly renewals: Readonly<Record<string, string>>;
  readonly subscriptions: Readonly<Record<string, string>>;
}

/**
 * A payment is final, a failure only as long as there is none; a period counts once; of totals and standings the one that
 * was asked for last.
 */
export function foldFacts(facts: readonly PaymentFact[]): Folded {
  const attempts: Record<string, string> = {};
  const renewals: Record<string, string> = {};
  const reversals = new Map<string, { asOf: number; said: string }>();
  const subscriptions = new Map<string, { asOf: number; said: string }>();
  for (const fact of facts) {
    if (fact.kind === 'paid') attempts[fact.reference] = once(attempts[fact.reference], JSON.stringify(fact));
    if (fact.kind === 'failed' || fact.kind === 'expired') attempts[fact.reference] ??= fact.kind;
    if (fact.kind === 'renewal_paid') renewals[fact.invoiceRef] = once(renewals[fact.invoiceRef], JSON.stringify(fact));
    if (fact.kind === 'reversal') takeLatest(reversals, fact.paymentRef, fact);
    if (fact.kind === 'subscription_state') takeLatest(subscriptions, fact.subscriptionRef, fact);
  }
  return { attempts, renewals, reversals: saidOf(reversals), subscriptions: saidOf(subscriptions) };
}

/** The same payment told again must be told the same. */
function once(before: string | undefined, now: string): string {
  if (before?.startsWith('{') && before !== now) throw new Error(`first ${before}, then ${now}`);
  return now;
}

function takeLatest(
  known: Map<string, { asOf: number; said: string }>,
  key: string,
  fact: PaymentFact & { asOf?: number },
) {
  const { asOf = 0, ...said } = fact;
  if (asOf >= (known.get(key)?.asOf ?? 0)) known.set(key, { asOf, said: JSON.stringify(said) });
}

function saidOf(known: Map<string, { said: string }>): Record<string, string> {
  return Object.fromEntries([...known].map(([key, { said }]) => [key, said]));
}
