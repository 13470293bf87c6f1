import { type Ctx, inTransaction } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { newId } from '../ids.ts';
import type { Random } from '../random.ts';
import { epochMs } from '../time.ts';
import type { Order } from './order.ts';
import { countPendingOrders, insertOrder } from './order-store.ts';
import { recordOrderEvent } from './record-order-event.ts';

const NUMBER_CHARS = 26;
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
/** Enough for a person who changes their mind; an end to a program that does not. */
const PENDING_ORDERS_MAX = 20;

export type NewOrder = Pick<
  Order,
  | 'kind'
  | 'userId'
  | 'amountMinor'
  | 'currency'
  | 'rate'
  | 'creditUsdMicros'
  | 'planVersionId'
  | 'channelId'
  | 'provider'
  | 'method'
> & { readonly ttlMs: number };

/**
 * Makes an order and freezes what it is about.
 * @throws Failure conflict when the user has too many orders that wait for their payment.
 */
export async function placeOrder(ctx: Ctx, { ttlMs, ...given }: NewOrder): Promise<Order> {
  const createdAt = ctx.clock.now();
  const order: Order = {
    ...given,
    id: newId('ord', createdAt, ctx.random),
    number: publicNumber(ctx.random),
    state: 'pending',
    createdAt,
    expiresAt: epochMs(createdAt + ttlMs),
    paidAt: null,
    fulfilledAt: null,
  };
  return await inTransaction(ctx, async (tx) => {
    if ((await countPendingOrders(tx, order.userId)) >= PENDING_ORDERS_MAX) {
      throw new Failure('conflict', {
        message: `there are ${PENDING_ORDERS_MAX} orders already that wait for their payment`,
        hint: 'pay or cancel one of them first',
      });
    }
    await insertOrder(tx, order);
    await recordOrderEvent(tx, order.id, 'created', `user:${order.userId}`);
    return order;
  });
}

/** 130 bits that say nothing and cannot be guessed: for order numbers and for what a provider knows an attempt by. */
export function publicNumber(random: Random): string {
  return [...random.bytes(NUMBER_CHARS)].map((byte) => ALPHABET.charAt(byte & 31)).join('');
}
