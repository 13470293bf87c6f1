import { describeError, Failure } from '../../core/failure.ts';
import { findOrder, type Order } from '../../core/orders/index.ts';
import { publicBaseUrl, startPayment } from '../../core/payments/index.ts';
import type { AccountAnswer, AccountInput } from './account-route.ts';
import { json } from './answers.ts';
import { pageOf, viewOrder } from './order-view.ts';
import { addressOf } from './require-user.ts';

/**
 * Answers a new order with where to pay it. The order is made whatever the provider says to it: while that does not
 * answer, our own page of the order is where to pay, and tries again.
 */
export async function beginPayment(input: AccountInput, order: Order): Promise<AccountAnswer> {
  const baseUrl = baseUrlOf(input);
  try {
    return json(201, await askForPayment(input, order));
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'upstream_failed') throw error;
    input.house.ctx.log.warn({ order: order.id, error: describeError(error) }, 'a payment could not be started yet');
    return json(201, { ...viewOrder(order, baseUrl), pay_url: pageOf(order, baseUrl), qr_text: null });
  }
}

/** An order with where to pay it: at its open attempt, or at a new one. @throws Failure conflict, upstream_failed */
export async function askForPayment(input: AccountInput, order: Order): Promise<PayableOrder> {
  const { house } = input;
  const baseUrl = baseUrlOf(input);
  const actor = `user:${order.userId}`;
  // What waits for requests that do not come can be spent on a plan.
  if (order.provider === 'balance') await house.giveBackIdle(order.userId);
  const started = await startPayment(house.cashier, order, { payerIp: addressOf(input), baseUrl, actor });
  // What a balance pays is paid when the call returns.
  if (started.paid)
    return { ...viewOrder(await findOrder(house.ctx, order.id), baseUrl), pay_url: null, qr_text: null };
  return { ...viewOrder(order, baseUrl), pay_url: started.payUrl, qr_text: started.qrText };
}

type PayableOrder = ReturnType<typeof viewOrder> & {
  /** Where the payer's browser goes; null: there is nothing to pay any more. */
  readonly pay_url: string | null;
  /** What a code to scan would hold. */
  readonly qr_text: string | null;
};

/** Where the world reaches us: as it is set, else the address on which this very call came in. */
export function baseUrlOf({ house, req }: AccountInput): string {
  const { localAddress = '127.0.0.1', localPort = 0 } = req.socket;
  const host = localAddress.startsWith('::ffff:') ? localAddress.slice(7) : localAddress;
  const fallback = `http://${host.includes(':') ? `[${host}]` : host}:${localPort}`;
  return publicBaseUrl(house.live.state.settings.effective, fallback);
}
