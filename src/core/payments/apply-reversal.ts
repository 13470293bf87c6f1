import type { Ctx } from '../database/index.ts';
import { invariant } from '../invariant.ts';
import { postTransfer } from '../ledger/index.ts';
import { orderSource, PLAN_REVENUE, recordOrderEvent } from '../orders/index.ts';
import { restoreGrant, revokeGrant } from '../subscriptions/index.ts';
import type { EpochMs } from '../time.ts';
import type { Cashier } from './cashier.ts';
import { isPaid, type Payment } from './payment.ts';
import { readByPaymentRef, updatePayment } from './payment-store.ts';
import type { ReversalFact } from './provider.ts';
import { askSoon } from './refund-store.ts';
import { requirePayment } from './require-payment.ts';
import { movementsTo, stateAfter, type Totals, targetsOf, totalsAfter } from './reversal.ts';
import type { ChannelRef, FactOutcome } from './verdict.ts';

/** Posts what is not posted yet of refunds and disputes. Runs in a transaction. */
export async function applyReversal(cashier: Cashier, channel: ChannelRef, fact: ReversalFact): Promise<FactOutcome> {
  const [found] = await readByPaymentRef(cashier.ctx, channel.id, fact.paymentRef);
  const detail = `no payment ${fact.paymentRef.slice(0, 64)} is known yet`;
  if (!found) return { verdict: 'not_yet_known', orderId: null, detail };
  const payment = await requirePayment(cashier.ctx, found.id);
  if (!isPaid(payment)) return { verdict: 'not_yet_known', orderId: payment.orderId, detail };
  const after = await reverseTo(
    cashier.ctx,
    payment,
    totalsAfter(payment, fact),
    fact.asOf ?? null,
    `provider:${channel.name}`,
  );
  // Which refunds of ours are in it is not guessed: each is asked about by its own name.
  if (after.refundedMinor > payment.refundedMinor) await askSoon(cashier.ctx, payment.id);
  const isNew = after.reversals !== payment.reversals || after.state !== payment.state;
  return { verdict: isNew ? 'applied' : 'already_applied', orderId: payment.orderId, detail: null };
}

/** Brings a locked payment, its transfers and its grant to the totals. Doing it again changes nothing. */
export async function reverseTo(
  ctx: Ctx,
  payment: Payment,
  totals: Totals,
  asOf: EpochMs | null,
  actor: string,
): Promise<Payment> {
  const targets = targetsOf(payment, totals);
  const movements = movementsTo(payment, targets);
  const { refundedMinor, disputedMinor, disputeState } = totals;
  const after: Payment = {
    ...payment,
    refundedMinor,
    disputedMinor,
    disputeState,
    state: stateAfter(payment, totals),
    returnedUsdMicros: targets.returned,
    disputedUsdMicros: targets.disputed,
    reversals: payment.reversals + movements.length,
    reversalAsOf: asOf === null || (payment.reversalAsOf ?? 0) > asOf ? payment.reversalAsOf : asOf,
  };
  await updatePayment(ctx, after);
  // Plans before balances, as whoever buys one does: in the other order two transactions could wait for each other.
  await followGrant(ctx, payment, after, actor);
  for (const [at, movement] of movements.entries()) {
    await postTransfer(ctx, {
      ...movement,
      id: `reversal:${payment.id}:${payment.reversals + at + 1}`,
      kind: 'reversal',
      refType: 'payment',
      refId: payment.id,
      actor,
    });
  }
  if (movements.length > 0 || after.state !== payment.state) {
    const said = { refunded_minor: refundedMinor, disputed_minor: disputedMinor, dispute: disputeState };
    await recordOrderEvent(ctx, payment.orderId, 'reversed', actor, { payment: payment.id, ...said });
  }
  return after;
}

/** Time on a plan is taken back when nothing of its price is left, and given back when some of it is. */
async function followGrant(ctx: Ctx, before: Payment, after: Payment, actor: string): Promise<void> {
  if (after.creditAccount !== PLAN_REVENUE || isGone(before) === isGone(after)) return;
  const source = grantSourceOf(after);
  if (!isGone(after)) return void (await restoreGrant(ctx, source));
  const answer = await revokeGrant(ctx, source);
  invariant(answer.kind !== 'unknown_source', `what ${after.id} paid for was granted`);
  await recordOrderEvent(ctx, after.orderId, 'grant_revoked', actor, { payment: after.id, grant: source });
}

/** What a payment's time on a plan is keyed by: the order's, or that of a later period. */
function grantSourceOf(payment: Pick<Payment, 'id' | 'orderId' | 'reference'>): string {
  return payment.reference.startsWith(INVOICE) ? `invoice:${payment.id}` : orderSource({ id: payment.orderId });
}

/** How the reference of a payment begins that the provider collected by itself. */
export const INVOICE = 'invoice:';

function isGone({ creditedUsdMicros, returnedUsdMicros, disputedUsdMicros }: Payment): boolean {
  return returnedUsdMicros + disputedUsdMicros >= creditedUsdMicros;
}
