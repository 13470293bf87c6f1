import type { LiveSubscription } from '../subscriptions/index.ts';
import { type EpochMs, toRfc3339 } from '../time.ts';
import type { Refused, ReserveInput } from './quota.ts';

/** What was found out on the way to a refusal. */
export interface Search {
  /** A plan that would pay if its windows had room; the first that was asked. */
  exhausted: LiveSubscription | null;
  /** The soonest instant at which one of them has room again. */
  resetsAt: EpochMs | null;
  /** Of the exhausted plans, one does not let the balance pay on. */
  isOverageForbidden: boolean;
}

export function notPriced(input: ReserveInput): Refused {
  return refused('model_not_priced', `The model "${input.asked}" has no price, so it cannot be used here.`, null);
}

/** Why nobody pays. `isBalanceAsked`: pay-as-you-go is on. */
export function nobodyPays(input: ReserveInput, search: Search, isBalanceAsked: boolean): Refused {
  const { exhausted, resetsAt } = search;
  if (!exhausted) {
    return isBalanceAsked
      ? refused('insufficient_balance', 'The balance does not cover this request; top it up to go on.', null)
      : refused('not_granted', `No plan of this account opens the model "${input.asked}".`, null);
  }
  const until = resetsAt === null ? '' : ` It has room again at ${toRfc3339(resetsAt)}.`;
  const isBalanceShort = isBalanceAsked && !search.isOverageForbidden;
  const balance = isBalanceShort ? ' The balance does not cover this request either.' : '';
  const used = `What the plan "${exhausted.planCode}" gives for this time is used up or held by running requests.`;
  return refused('plan_window_exhausted', `${used}${until}${balance}`, resetsAt);
}

function refused(code: Refused['code'], message: string, resetsAt: EpochMs | null): Refused {
  return { kind: 'refused', code, message, resetsAt };
}
