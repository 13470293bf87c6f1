import type { LedgerAccount } from '../ledger/index.ts';
import type { UsdMicros } from '../money.ts';
import type { DisputeState, Payment, PaymentState } from './payment.ts';
import type { ReversalFact } from './provider.ts';

/** What was taken back so far, as the provider counts it. */
export type Totals = Pick<Payment, 'refundedMinor' | 'disputedMinor' | 'disputeState'>;

/** Open money that a dispute holds until it is decided. */
const DISPUTES: LedgerAccount = 'disputes';
const RANKS: Readonly<Record<DisputeState, number>> = { none: 0, open: 1, won: 2, lost: 3 };

/**
 * The totals after a fact. One that the provider was asked for counts as it is, unless a newer answer counted before;
 * any other only ever raises them, so that late and repeated ones change nothing.
 */
export function totalsAfter(payment: Payment, fact: ReversalFact): Totals {
  if (fact.asOf !== undefined) {
    const isStale = payment.reversalAsOf !== null && fact.asOf < payment.reversalAsOf;
    return isStale ? payment : asTold(fact);
  }
  const refundedMinor = Math.max(payment.refundedMinor, fact.refundedMinor);
  const isOlder = RANKS[fact.disputeState] < RANKS[payment.disputeState];
  if (isOlder) return { refundedMinor, disputedMinor: payment.disputedMinor, disputeState: payment.disputeState };
  const isSame = fact.disputeState === payment.disputeState;
  const told = asTold(fact).disputedMinor;
  const disputedMinor = isSame ? Math.max(told, payment.disputedMinor) : told;
  return { refundedMinor, disputedMinor, disputeState: fact.disputeState };
}

/** What of a payment's worth has gone back, and what a dispute holds, when these are the totals. */
export function targetsOf(
  payment: Pick<Payment, 'creditedUsdMicros' | 'amountMinor'>,
  { refundedMinor, disputedMinor, disputeState }: Totals,
): { readonly returned: number; readonly disputed: number } {
  const isLost = disputeState === 'lost';
  const returned = shareOf(payment, refundedMinor + (isLost ? disputedMinor : 0));
  const all = shareOf(payment, refundedMinor + (disputeState === 'won' ? 0 : disputedMinor));
  return { returned, disputed: all - returned };
}

export interface Movement {
  readonly debitAccount: LedgerAccount;
  readonly creditAccount: LedgerAccount;
  readonly amountUsdMicros: UsdMicros;
}

/** The transfers that bring what is posted to the targets: from whoever has too much to whoever has too little. */
export function movementsTo(
  payment: Payment,
  targets: { readonly returned: number; readonly disputed: number },
): readonly Movement[] {
  const { debitAccount: source, creditAccount: holder } = payment;
  if (source === null || holder === null) return [];
  const returned = targets.returned - payment.returnedUsdMicros;
  const disputed = targets.disputed - payment.disputedUsdMicros;
  const changes: { account: LedgerAccount; left: number }[] = [
    { account: source, left: returned },
    { account: DISPUTES, left: disputed },
    { account: holder, left: -(returned + disputed) },
  ];
  const movements: Movement[] = [];
  for (const giver of changes) {
    for (const taker of changes) {
      const amount = Math.min(-giver.left, taker.left);
      if (amount <= 0) continue;
      const amountUsdMicros = amount as UsdMicros;
      movements.push({ debitAccount: giver.account, creditAccount: taker.account, amountUsdMicros });
      giver.left += amount;
      taker.left -= amount;
    }
  }
  return movements;
}

/** What a paid payment is called after it. */
export function stateAfter({ amountMinor }: Pick<Payment, 'amountMinor'>, totals: Totals): PaymentState {
  if (totals.disputeState === 'open') return 'disputed';
  if (totals.disputeState === 'lost') return 'dispute_lost';
  if (totals.refundedMinor >= amountMinor) return 'refunded';
  return totals.refundedMinor > 0 ? 'partially_refunded' : 'succeeded';
}

/** A part of the worth, rounded down; the whole of it for the whole amount, and never more. */
function shareOf(
  { creditedUsdMicros, amountMinor }: Pick<Payment, 'creditedUsdMicros' | 'amountMinor'>,
  minor: number,
): number {
  return Number((BigInt(creditedUsdMicros) * BigInt(Math.min(minor, amountMinor))) / BigInt(amountMinor));
}

function asTold({ refundedMinor, disputedMinor, disputeState }: ReversalFact): Totals {
  const holds = disputeState === 'open' || disputeState === 'lost';
  return { refundedMinor, disputedMinor: holds ? disputedMinor : 0, disputeState };
}
