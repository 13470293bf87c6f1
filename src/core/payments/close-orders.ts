import type { Ctx } from '../database/index.ts';
import { describeError, Failure } from '../failure.ts';
import type { ChannelId } from '../ids.ts';
import { closeOrder, findOrder, listDueOrders, type Order } from '../orders/index.ts';
import { DAY_MS } from '../time.ts';
import { askAbout } from './ask-providers.ts';
import type { Cashier } from './cashier.ts';
import { openChannel } from './channel-secrets.ts';
import { requireChannel } from './manage-channels.ts';
import { OPEN_STATES, type Payment } from './payment.ts';
import { readPaymentsOf } from './payment-store.ts';
import { providerOf } from './providers.ts';

const BATCH = 100;
/** For so long an order waits for a provider that cannot be asked; what is paid later is taken as late. */
const UNANSWERED_MAX_MS = DAY_MS;

/**
 * Ends an order at the wish of its user or of an operator, and makes its attempts unpayable where the provider can.
 * @throws Failure conflict when it is not pending any more.
 */
export async function cancelOrder(cashier: Cashier, order: Order, actor: string, reason?: string): Promise<Order> {
  const canceled = await markCanceled(cashier.ctx, order, actor, reason);
  await closeAttempts(cashier, canceled);
  return canceled;
}

/** The first half of it, which is for a transaction. @throws Failure conflict when it is not pending any more. */
export async function markCanceled(ctx: Ctx, order: Order, actor: string, reason?: string): Promise<Order> {
  const isMine = await closeOrder(ctx, order, 'canceled', actor, reason === undefined ? {} : { reason });
  const now = await findOrder(ctx, order.id);
  if (isMine) return now;
  throw new Failure('conflict', {
    message: `the order ${order.number} is ${now.state}`,
    hint:
      now.state === 'fulfilled' ? 'a paid order is given back with: realms pay refund' : 'there is nothing to cancel',
  });
}

/** The second half: as far as it can be done, since what is paid all the same is taken as late. Never in a transaction. */
export async function closeAttempts(cashier: Cashier, order: Order): Promise<void> {
  for (const attempt of await openAttempts(cashier, order)) {
    try {
      const channel = await requireChannel(cashier, attempt.channelId);
      const provider = providerOf(cashier.providers, channel.provider);
      await provider.close?.(openChannel(cashier.keyring, channel), attempt);
    } catch (error) {
      const reason = describeError(error);
      cashier.ctx.log.warn({ payment: attempt.id, error: reason }, 'an attempt could not be closed at its provider');
    }
  }
}

/**
 * Ends the orders whose time is over, each after its provider was asked whether it was paid. Returns how many were ended.
 * For several daemons at once.
 */
export async function expireOrders(cashier: Cashier): Promise<number> {
  const { ctx } = cashier;
  const silent = new Set<ChannelId>();
  let expired = 0;
  for (const order of await listDueOrders(ctx, ctx.clock.now(), BATCH)) {
    const isAsked = !silent.has(order.channelId) && (await askAll(cashier, order));
    if (!isAsked) silent.add(order.channelId);
    const isHopeless = ctx.clock.now() - order.expiresAt >= UNANSWERED_MAX_MS;
    if (!isAsked && !isHopeless) continue;
    if (!(await closeOrder(ctx, order, 'expired', 'system', isAsked ? {} : { unasked: true }))) continue;
    expired += 1;
    await closeAttempts(cashier, order);
  }
  return expired;
}

/** False when a provider could not be asked about one of the attempts. */
async function askAll(cashier: Cashier, order: Order): Promise<boolean> {
  for (const attempt of await openAttempts(cashier, order)) {
    try {
      await askAbout(cashier, attempt);
    } catch (error) {
      const reason = describeError(error);
      cashier.ctx.log.warn(
        { order: order.id, error: reason },
        'an order does not expire before its provider was asked',
      );
      return false;
    }
  }
  return true;
}

async function openAttempts({ ctx }: Cashier, order: Order): Promise<readonly Payment[]> {
  return (await readPaymentsOf(ctx, order.id)).filter(({ state }) => OPEN_STATES.includes(state));
}
