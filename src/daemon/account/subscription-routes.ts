import { z } from 'zod';
import { listOrders } from '../../core/orders/index.ts';
import { createSubscriptionOrder } from '../../core/payments/index.ts';
import { listPlans } from '../../core/plans/index.ts';
import { listSubscriptions, readWindows } from '../../core/subscriptions/index.ts';
import type { AccountAnswer, AccountInput, AccountRoute } from './account-route.ts';
import { json } from './answers.ts';
import { baseUrlOf, beginPayment } from './begin-payment.ts';
import { offeredChannels } from './offered-channels.ts';
import { channelFields } from './order-fields.ts';
import { viewOrder } from './order-view.ts';
import { viewPlan, viewSubscription } from './plan-view.ts';
import { readFields } from './read-fields.ts';
import { withUser } from './require-user.ts';

/** Time on a plan for money. */
export const subscriptionRoutes: readonly AccountRoute[] = [
  { method: 'GET', path: '/subscription', owner: 'billing', answer: showSubscriptions },
  { method: 'POST', path: '/subscription/purchase', owner: 'billing', answer: purchase },
];

const PLANS_MAX = 200;
const RECENT = 20;

const purchaseFields = z.strictObject({
  plan: z.string({ error: 'is missing: the code of a plan' }).min(1).max(100),
  currency: z.string().min(1).max(10).optional(),
  ...channelFields,
});

async function showSubscriptions(input: AccountInput): Promise<AccountAnswer> {
  return await withUser(input, async (user) => {
    const { ctx, cashier } = input.house;
    const baseUrl = baseUrlOf(input);
    const now = ctx.clock.now();
    const plans = await listPlans(ctx, { state: 'active' }, { limit: PLANS_MAX });
    const own = await listSubscriptions(ctx, { userId: user.id }, { limit: RECENT });
    const windows = await readWindows(
      ctx,
      own.items.map(({ id }) => id),
      now,
    );
    const orders = await listOrders(ctx, { kind: 'subscription', userId: user.id }, { limit: RECENT });
    return json(200, {
      user: user.name,
      plans: plans.items.map(viewPlan),
      subscriptions: own.items.map((one) => viewSubscription(one, windows.get(one.id) ?? [], now)),
      channels: await offeredChannels(cashier, 'subscription'),
      orders: orders.items.map((order) => viewOrder(order, baseUrl)),
    });
  });
}

async function purchase(input: AccountInput): Promise<AccountAnswer> {
  return await withUser(input, async (user) => {
    const { plan, channel, method, currency } = await readFields(input, purchaseFields);
    const request = { userId: user.id, plan, channel, method, currency: currency?.toUpperCase() };
    return await beginPayment(input, await createSubscriptionOrder(input.house.cashier, request));
  });
}
