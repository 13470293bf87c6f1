import type { Ctx } from '../database/index.ts';
import type { PaymentId } from '../ids.ts';
import { invariant } from '../invariant.ts';
import type { Payment } from './payment.ts';
import { lockPayment } from './payment-store.ts';

/** A payment that is known to be there, held until the transaction ends. */
export async function requirePayment(ctx: Ctx, id: PaymentId): Promise<Payment> {
  const payment = await lockPayment(ctx, id);
  invariant(payment, `payments are kept, so ${id} is there`);
  return payment;
}
