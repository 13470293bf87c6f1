import * as contract from '../../core/contract/index.ts';
import type { Ctx } from '../../core/database/index.ts';
import { Failure } from '../../core/failure.ts';
import { findUser } from '../../core/identity/index.ts';
import { newId } from '../../core/ids.ts';
import { findPlan, requireForSale } from '../../core/plans/index.ts';
import {
  cancelSubscription,
  extendTo,
  findSubscription,
  grantSubscription,
  type LiveSubscription,
  listSubscriptions,
} from '../../core/subscriptions/index.ts';
import { DAY_MS, type EpochMs, epochMs } from '../../core/time.ts';
import type { AdminDeps } from './admin-deps.ts';
import type { Caller } from './caller.ts';
import { instantOf, pageOf } from './formats.ts';
import { recordChange } from './record-change.ts';
import { type ServedRoute, serve } from './serve-route.ts';
import { subscriptionFacts, viewSubscriptionDetail, viewSubscriptionPage } from './subscription-view.ts';

export function subscriptionRoutes(deps: AdminDeps): readonly ServedRoute[] {
  return [
    serve(contract.listSubscriptions, async ({ query }) => {
      const { user, plan, state: standing, ...page } = query;
      const userId = user === undefined ? undefined : (await findUser(deps.ctx, user)).id;
      const planId = plan === undefined ? undefined : (await findPlan(deps.ctx, plan)).id;
      await deps.usage.flush();
      return viewSubscriptionPage(deps, await listSubscriptions(deps.ctx, { userId, planId, standing }, pageOf(page)));
    }),

    serve(
      contract.grantSubscription,
      async ({ body, caller }) => {
        const { subscription, repeated } = await grant(deps, caller, body);
        return { ...(await viewSubscriptionDetail(deps, subscription)), repeated };
      },
      ({ repeated }) => (repeated ? 200 : 201),
    ),

    serve(contract.showSubscription, async ({ params }) => {
      const subscription = await findSubscription(deps.ctx, params.subscription);
      await deps.usage.flush();
      return viewSubscriptionDetail(deps, subscription);
    }),

    serve(contract.cancelSubscription, async ({ params, body, caller }) => {
      const reason = requireReason(caller);
      return changeSubscription(deps, caller, 'subscription.cancel', params.subscription, async (tx, before) => {
        await cancelSubscription(tx, { subscriptionId: before.id, reason, atEnd: body.at_end });
      });
    }),

    serve(contract.extendSubscription, async ({ params, body, caller }) =>
      changeSubscription(deps, caller, 'subscription.extend', params.subscription, async (tx, before) => {
        const source = `extend:${newMark(tx)}`;
        await extendTo(tx, { subscriptionId: before.id, endsAt: newEnd(tx, before, body), source });
      }),
    ),
  ];
}

/** As if it were bought, so a second one does what the plan says of a second purchase. */
async function grant(
  deps: AdminDeps,
  caller: Caller,
  body: contract.ParsedBodyOf<typeof contract.grantSubscription>,
): Promise<{ subscription: LiveSubscription; repeated: boolean }> {
  return await recordChange(deps, caller, { topic: 'subscriptions', action: 'subscription.grant' }, async (tx) => {
    const user = await findUser(tx, body.user);
    const plan = await findPlan(tx, body.plan);
    requireForSale(plan);
    const source = `grant:${body.idempotency_key ?? newMark(tx)}`;
    const input = { userId: user.id, planVersionId: plan.version.id, source, at: tx.clock.now() };
    const given = await grantSubscription(tx, input);
    const subscription = await findSubscription(tx, given.subscription.id);
    const repeated = given.kind === 'already_granted';
    const after = { ...subscriptionFacts(subscription), source, repeated };
    return { result: { subscription, repeated }, object: subscription.id, after };
  });
}

/** Every change of one subscription: find it, change it, show what became of it. */
async function changeSubscription(
  deps: AdminDeps,
  caller: Caller,
  action: string,
  ref: string,
  change: (tx: Ctx, before: LiveSubscription) => Promise<void>,
) {
  const changed = await recordChange(deps, caller, { topic: 'subscriptions', action }, async (tx) => {
    const before = await findSubscription(tx, ref);
    await change(tx, before);
    const result = await findSubscription(tx, before.id);
    return { result, object: result.id, before: subscriptionFacts(before), after: subscriptionFacts(result) };
  });
  return await viewSubscriptionDetail(deps, changed);
}

/** Days are added to the end or, where that has passed, to now. */
function newEnd(
  tx: Ctx,
  before: LiveSubscription,
  { ends_at, days }: { readonly ends_at?: string | undefined; readonly days?: number | undefined },
): EpochMs {
  if (ends_at !== undefined) return instantOf(ends_at);
  return epochMs(Math.max(before.endsAt, tx.clock.now()) + (days ?? 0) * DAY_MS);
}

/** What makes a source that nobody else has. */
function newMark(tx: Ctx): string {
  return newId('mark', tx.clock.now(), tx.random).slice('mark_'.length);
}

/** Somebody loses what was paid for, so it has to be explained. @throws Failure invalid_input */
function requireReason({ reason }: Caller): string {
  if (reason !== null) return reason;
  throw new Failure('invalid_input', {
    message: 'a subscription is not canceled without a reason',
    hint: 'say why with --reason, or over HTTP with the header Realms-Reason',
    param: 'reason',
  });
}
