import { notFound } from '../pick-by-ref.ts';
import type { Cashier } from './cashier.ts';
import { openChannel } from './channel-secrets.ts';
import { requireChannel } from './manage-channels.ts';
import type { Payment } from './payment.ts';
import { readPayment } from './payment-store.ts';
import type { PaymentProvider, RefundInput } from './provider.ts';
import { MANUAL, providerOf } from './providers.ts';
import type { Refund } from './refund.ts';

/** A refund with everything that is needed to send it or to ask about it. */
export interface RefundCall {
  readonly refund: Refund;
  readonly payment: Payment;
  readonly provider: PaymentProvider;
  readonly input: RefundInput;
}

/** @throws Failure not_found */
export async function refundCall(cashier: Cashier, refund: Refund): Promise<RefundCall> {
  const payment = await readPayment(cashier.ctx, refund.paymentId);
  if (!payment) throw notFound('payment', refund.paymentId);
  const channel = openChannel(cashier.keyring, await requireChannel(cashier, refund.channelId));
  // What was paid by hand goes back by hand; its provider knows nothing of it.
  const provider = providerOf(cashier.providers, payment.byHand ? MANUAL : channel.provider);
  const { amountMinor, currency, id: refundKey } = refund;
  const input = { channel, attempt: payment, paymentRef: payment.paymentRef ?? '', amountMinor, currency, refundKey };
  return { refund, payment, provider, input };
}
