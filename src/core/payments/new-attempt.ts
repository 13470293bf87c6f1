import { Failure } from '../failure.ts';
import { newId } from '../ids.ts';
import type { Order } from '../orders/index.ts';
import { type EpochMs, epochMs, SECOND_MS } from '../time.ts';
import type { Cashier } from './cashier.ts';
import { type Payment, UNPAID } from './payment.ts';
import { insertPayment, readByReference } from './payment-store.ts';

/** When the provider is asked first whether it was paid. */
export const FIRST_ASK_MS = 30 * SECOND_MS;

/** The attempt of an order that is paid by hand: there is one, and the order's number is its reference. */
export async function ensureManualAttempt(cashier: Cashier, order: Order): Promise<Payment> {
  const { ctx } = cashier;
  const attempt = newAttempt(cashier, order, order.number);
  await insertPayment(ctx, { ...attempt, state: 'pending' });
  return (await readByReference(ctx, order.number, order.channelId)) ?? attempt;
}

export function newAttempt({ ctx }: Pick<Cashier, 'ctx'>, order: Order, reference: string): Payment {
  const now = ctx.clock.now();
  return {
    ...UNPAID,
    id: newId('pay', now, ctx.random),
    orderId: order.id,
    orderKind: order.kind,
    channelId: order.channelId,
    reference,
    state: 'initiated',
    amountMinor: order.amountMinor,
    currency: order.currency,
    nextAskAt: epochMs(now + FIRST_ASK_MS),
    createdAt: now,
  };
}

/** @throws Failure conflict */
export function requireWaiting(order: Order, now: EpochMs): void {
  if (order.state === 'pending' && now < order.expiresAt) return;
  const state = order.state === 'pending' ? 'expired' : order.state;
  throw new Failure('conflict', { message: `the order ${order.number} is ${state}`, hint: 'make a new order' });
}
