import * as contract from '../../core/contract/index.ts';
import { findUser } from '../../core/identity/index.ts';
import { findOrder, listOrders, type Order } from '../../core/orders/index.ts';
import { closeAttempts, findChannel, markCanceled, markPaid, tellOrder } from '../../core/payments/index.ts';
import { cashierOf, within } from './admin-cashier.ts';
import type { AdminDeps } from './admin-deps.ts';
import { pageOf, pageView } from './formats.ts';
import { orderNames, viewOrder, viewStory } from './order-view.ts';
import { type Facts, recordChange } from './record-change.ts';
import { type ServedRoute, serve } from './serve-route.ts';

export function orderRoutes(deps: AdminDeps): readonly ServedRoute[] {
  const cashier = cashierOf(deps);
  const view = async (order: Order) => viewOrder(await orderNames(deps, cashier), order);
  return [
    serve(contract.listOrders, async ({ query }) => {
      const { kind, state, user, channel, ...page } = query;
      const userId = user === undefined ? undefined : (await findUser(deps.ctx, user)).id;
      const channelId = channel === undefined ? undefined : (await findChannel(cashier, channel)).id;
      const names = await orderNames(deps, cashier);
      const orders = await listOrders(deps.ctx, { kind, state, userId, channelId }, pageOf(page));
      return pageView(orders, (order) => viewOrder(names, order));
    }),

    serve(contract.showOrder, async ({ params }) => {
      const story = await tellOrder(deps.ctx, await findOrder(deps.ctx, params.order));
      return viewStory(await orderNames(deps, cashier), story);
    }),

    serve(contract.markOrderPaid, async ({ params, body, caller }) => {
      const paid = await recordChange(deps, caller, { topic: null, action: 'order.mark_paid' }, async (tx) => {
        const before = await findOrder(tx, params.order);
        const { actor, reason } = caller;
        const result = await markPaid(within(cashier, tx), before, { reference: body.reference, actor, reason });
        const after = { ...facts(result), reference: body.reference };
        return { result, object: before.id, before: facts(before), after };
      });
      await cashier.changed('subscriptions');
      return await view(paid);
    }),

    serve(contract.cancelOrder, async ({ params, caller }) => {
      const canceled = await recordChange(deps, caller, { topic: null, action: 'order.cancel' }, async (tx) => {
        const before = await findOrder(tx, params.order);
        const result = await markCanceled(tx, before, caller.actor, caller.reason ?? undefined);
        return { result, object: before.id, before: facts(before), after: facts(result) };
      });
      await closeAttempts(cashier, canceled);
      return await view(canceled);
    }),
  ];
}

function facts({ number, state, amountMinor, currency }: Order): Facts {
  return { number, state, amount_minor: amountMinor, currency };
}
