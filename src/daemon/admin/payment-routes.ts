import * as contract from '../../core/contract/index.ts';
import {
  explainItem,
  findChannel,
  findInboxEvent,
  findRefund,
  followRefunds,
  type InboxEvent,
  listInbox,
  listReconItems,
  listRefunds,
  reconcile,
  replayEvent,
  requestRefund,
  settleRefund,
} from '../../core/payments/index.ts';
import { cashierOf, within } from './admin-cashier.ts';
import type { AdminDeps } from './admin-deps.ts';
import { pageOf, pageView } from './formats.ts';
import { orderNames, viewCallback, viewDifference, viewRefund } from './order-view.ts';
import { recordChange } from './record-change.ts';
import { type ServedRoute, serve } from './serve-route.ts';

export function paymentRoutes(deps: AdminDeps): readonly ServedRoute[] {
  return [...inboxRoutes(deps), ...refundRoutes(deps), ...reconcileRoutes(deps)];
}

function inboxRoutes(deps: AdminDeps): readonly ServedRoute[] {
  const cashier = cashierOf(deps);
  const view = async (event: InboxEvent) => ({
    ...viewCallback(await orderNames(deps, cashier), event),
    shown: event.shown,
    facts: [...event.facts],
  });
  return [
    serve(contract.listCallbacks, async ({ query }) => {
      const { state, channel, ...page } = query;
      const channelId = channel === undefined ? undefined : (await findChannel(cashier, channel)).id;
      const names = await orderNames(deps, cashier);
      return pageView(await listInbox(cashier, { state, channelId }, pageOf(page)), (event) =>
        viewCallback(names, event),
      );
    }),

    serve(contract.showCallback, async ({ params }) => await view(await findInboxEvent(cashier, params.callback))),

    serve(contract.replayCallback, async ({ params, caller }) => {
      const replayed = await recordChange(
        deps,
        caller,
        { topic: null, action: 'payment_callback.replay' },
        async (tx) => {
          const before = await findInboxEvent({ ctx: tx }, params.callback);
          const result = await replayEvent(within(cashier, tx), before.id);
          const [was, is] = [before, result].map(({ state, verdict }) => ({ state, verdict }));
          return { result, object: before.id, ...(was && { before: was }), ...(is && { after: is }) };
        },
      );
      await cashier.changed('subscriptions');
      return await view(replayed);
    }),
  ];
}

function refundRoutes(deps: AdminDeps): readonly ServedRoute[] {
  const cashier = cashierOf(deps);
  return [
    serve(contract.listRefunds, async ({ query: { state, ...page } }) =>
      pageView(await listRefunds(cashier, { state }, pageOf(page)), viewRefund),
    ),

    serve(contract.createRefund, async ({ body, caller }) => {
      const { of, amount, reason } = body;
      const queued = await recordChange(deps, caller, { topic: null, action: 'refund.create' }, async (tx) => {
        const result = await requestRefund(tx, { of, amount, reason, actor: caller.actor });
        const { id: _, ...after } = viewRefund(result);
        return { result, object: result.id, after };
      });
      // At once, for whoever waits for the answer; it is sent from the queue all the same if this fails.
      await followRefunds(cashier);
      return viewRefund(await findRefund(cashier, queued.id));
    }),

    serve(contract.showRefund, async ({ params }) => viewRefund(await findRefund(cashier, params.refund))),

    serve(contract.settleRefund, async ({ params, body, caller }) => {
      const settled = await recordChange(deps, caller, { topic: null, action: 'refund.settle' }, async (tx) => {
        const inside = within(cashier, tx);
        const before = await findRefund(inside, params.refund);
        const result = await settleRefund(inside, before.id, body.outcome, caller.actor, body.reason);
        const after = { state: result.state, reason: body.reason };
        return { result, object: before.id, before: { state: before.state }, after };
      });
      await cashier.changed('subscriptions');
      return viewRefund(settled);
    }),
  ];
}

function reconcileRoutes(deps: AdminDeps): readonly ServedRoute[] {
  const cashier = cashierOf(deps);
  return [
    serve(contract.reconcilePayments, async ({ body, caller }) => {
      const { items, ...totals } = await reconcile(cashier, body);
      await recordChange(deps, caller, { topic: null, action: 'payments.reconcile' }, async () => ({
        result: undefined,
        object: 'payments',
        after: totals,
      }));
      return { ok: totals.open === 0, ...totals, items: items.map(viewDifference) };
    }),

    serve(contract.listDifferences, async ({ query: { state, ...page } }) =>
      pageView(await listReconItems(deps.ctx, { state }, pageOf(page)), viewDifference),
    ),

    serve(contract.explainDifference, async ({ params, body, caller }) => {
      const explained = await recordChange(deps, caller, { topic: null, action: 'difference.explain' }, async (tx) => {
        const result = await explainItem(tx, params.item, body.note);
        return { result, object: result.id, after: { kind: result.kind, subject: result.subject, note: body.note } };
      });
      return viewDifference(explained);
    }),
  ];
}
