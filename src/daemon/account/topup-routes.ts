import { z } from 'zod';
import { readBalance } from '../../core/ledger/index.ts';
import { formatUsd } from '../../core/money.ts';
import { listOrders } from '../../core/orders/index.ts';
import { createTopupOrder } from '../../core/payments/index.ts';
import type { AccountAnswer, AccountInput, AccountRoute } from './account-route.ts';
import { json } from './answers.ts';
import { baseUrlOf, beginPayment } from './begin-payment.ts';
import { offeredChannels } from './offered-channels.ts';
import { amountText, channelFields } from './order-fields.ts';
import { viewOrder } from './order-view.ts';
import { readFields } from './read-fields.ts';
import { withUser } from './require-user.ts';

/** Balance for money. */
export const topupRoutes: readonly AccountRoute[] = [
  { method: 'GET', path: '/topup', owner: 'billing', answer: showTopup },
  { method: 'POST', path: '/topup/create', owner: 'billing', answer: createTopup },
];

const RECENT_ORDERS = 20;

const topupFields = z.strictObject({
  amount: amountText,
  currency: z.string({ error: 'is missing: the currency of the amount, such as CNY' }).min(1).max(10),
  ...channelFields,
});

async function showTopup(input: AccountInput): Promise<AccountAnswer> {
  return await withUser(input, async (user) => {
    const { ctx, cashier } = input.house;
    const baseUrl = baseUrlOf(input);
    const { rates, topupMinUsdMicros, topupMaxUsdMicros } = cashier.billing();
    const balance = await readBalance(ctx, user.id);
    const orders = await listOrders(ctx, { kind: 'topup', userId: user.id }, { limit: RECENT_ORDERS });
    return json(200, {
      user: user.name,
      balance: {
        usd: formatUsd(balance.usdMicros),
        held_usd: formatUsd(balance.heldUsdMicros),
        available_usd: formatUsd(balance.availableUsdMicros),
      },
      min_usd: formatUsd(topupMinUsdMicros),
      max_usd: formatUsd(topupMaxUsdMicros),
      currencies: [...rates].map(([currency, rate]) => ({ currency, per_usd: rate })),
      channels: await offeredChannels(cashier, 'topup'),
      orders: orders.items.map((order) => viewOrder(order, baseUrl)),
    });
  });
}

async function createTopup(input: AccountInput): Promise<AccountAnswer> {
  return await withUser(input, async (user) => {
    const { amount, currency, channel, method } = await readFields(input, topupFields);
    const request = { userId: user.id, amount, currency: currency.toUpperCase(), channel, method };
    return await beginPayment(input, await createTopupOrder(input.house.cashier, request));
  });
}
