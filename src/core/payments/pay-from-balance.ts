import { inTransaction } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { readBalance, userAccount } from '../ledger/index.ts';
import { formatUsd } from '../money.ts';
import { lockOrder, type Order, publicNumber, takePayment } from '../orders/index.ts';
import { notFound } from '../pick-by-ref.ts';
import type { Cashier } from './cashier.ts';
import { newAttempt, requireWaiting } from './new-attempt.ts';
import type { Payment } from './payment.ts';
import { insertPayment } from './payment-store.ts';

/**
 * Buys a plan from the wallet: the money, the plan and the order in one transaction, or nothing at all.
 * @throws Failure conflict when the order does not wait for its payment, or when the balance without what is held for
 * running requests is not enough.
 */
export async function payFromBalance(cashier: Cashier, { kind, id }: Order, actor: string): Promise<void> {
  await inTransaction(cashier.ctx, async (ctx) => {
    const order = await lockOrder(ctx, kind, id);
    if (!order) throw notFound('order', id);
    requireWaiting(order, ctx.clock.now());
    const debitAccount = userAccount(order.userId);
    const taken = await takePayment(ctx, order, {
      debitAccount,
      late: 'credit',
      actor,
      subscriptionRef: null,
      detail: {},
    });
    // Looked at after the money has moved: the row of the balance is then held by this transaction, so what is read cannot
    // change any more, and what is not enough is rolled back.
    const { availableUsdMicros } = await readBalance(ctx, order.userId);
    if (availableUsdMicros < 0) {
      throw new Failure('conflict', {
        message: `the balance is $${formatUsd(-availableUsdMicros)} short of $${formatUsd(order.creditUsdMicros)}`,
        hint: 'top it up first',
      });
    }
    const now = ctx.clock.now();
    const payment: Payment = {
      ...newAttempt({ ctx }, order, publicNumber(ctx.random)),
      state: 'succeeded',
      debitAccount,
      creditAccount: taken.creditAccount,
      creditedUsdMicros: order.creditUsdMicros,
      nextAskAt: null,
      paidAt: now,
    };
    await insertPayment(ctx, payment);
  });
  await cashier.changed('subscriptions');
}
