import { describeError } from '../failure.ts';
import { orderSource, recordOrderEvent } from '../orders/index.ts';
import { findGrantBySource, findSubscription } from '../subscriptions/index.ts';
import type { Cashier } from './cashier.ts';
import { openChannel } from './channel-secrets.ts';
import { requireChannel } from './manage-channels.ts';
import type { Payment } from './payment.ts';
import { readRenewing, writeRenewal } from './payment-store.ts';
import { providerOf } from './providers.ts';
import { reportDifference, resolveDifference } from './recon-items.ts';

const BATCH = 100;

/** Ends at the provider what has ended here, so that nobody is charged for nothing. Returns how many were ended. */
export async function stopRenewals(cashier: Cashier): Promise<number> {
  let stopped = 0;
  let after = '';
  for (;;) {
    const batch = await readRenewing(cashier.ctx, BATCH, after);
    for (const payment of batch) {
      if (await isOver(cashier, payment)) stopped += Number(await stop(cashier, payment));
    }
    if (batch.length < BATCH) return stopped;
    after = batch.at(-1)?.id ?? '';
  }
}

/** Canceled, taken back, or never granted, because the money came when the order was over. */
async function isOver({ ctx }: Cashier, payment: Payment): Promise<boolean> {
  const grant = await findGrantBySource(ctx, orderSource({ id: payment.orderId }));
  if (!grant) return true;
  const { state, cancelAtEnd, providerSubscriptionRef } = await findSubscription(ctx, grant.subscriptionId);
  return state !== 'active' || cancelAtEnd || providerSubscriptionRef !== payment.subscriptionRef;
}

async function stop(cashier: Cashier, payment: Payment): Promise<boolean> {
  const { ctx } = cashier;
  const { id, orderId, channelId, subscriptionRef } = payment;
  try {
    const channel = await requireChannel(cashier, channelId);
    const provider = providerOf(cashier.providers, channel.provider);
    if (!provider.stopRenewal || subscriptionRef === null) return false;
    await provider.stopRenewal(openChannel(cashier.keyring, channel), subscriptionRef);
    await writeRenewal(ctx, id, 'ended');
    await recordOrderEvent(ctx, orderId, 'renewal_state', 'system', { state: 'stopped' });
    await resolveDifference(ctx, 'renewal_running', id);
    return true;
  } catch (error) {
    const detail = `${subscriptionRef} is renewed at the provider though it is over here, and cannot be stopped: ${describeError(error)}`;
    await reportDifference(ctx, { kind: 'renewal_running', about: id, detail, channelId, orderId });
    return false;
  }
}
