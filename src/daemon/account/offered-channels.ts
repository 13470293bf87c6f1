import type { OrderKind } from '../../core/orders/index.ts';
import { type Cashier, listOpenChannels, type OfferedChannel } from '../../core/payments/index.ts';

/**
 * Ways to pay that providers of a kind usually have. Which of them a merchant has really is known to the provider alone;
 * without a method the payer chooses there.
 */
const USUAL_METHODS: Readonly<Record<string, readonly string[]>> = {
  epay: ['alipay', 'wxpay', 'qqpay'],
  stripe: ['card'],
};

/** The channels with which something of that kind can be bought now. */
export async function offeredChannels(
  cashier: Cashier,
  kind: OrderKind,
): Promise<readonly (OfferedChannel & { readonly methods: readonly string[] })[]> {
  const open = await listOpenChannels(cashier, kind);
  return open.map((channel) => ({ ...channel, methods: USUAL_METHODS[channel.provider] ?? [] }));
}
