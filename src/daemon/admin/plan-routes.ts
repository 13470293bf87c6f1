import * as contract from '../../core/contract/index.ts';
import { parsePrice } from '../../core/currency.ts';
import { Failure } from '../../core/failure.ts';
import {
  archivePlan,
  createPlan,
  editPlan,
  findPlan,
  listPlans,
  listPlanVersions,
  type PlanPatch,
  type PlanVersion,
} from '../../core/plans/index.ts';
import type { AdminDeps } from './admin-deps.ts';
import { pageOf, pageView, wholeList } from './formats.ts';
import { planFacts, termsOf, viewPlan, viewPlanVersion } from './plan-view.ts';
import { recordChange } from './record-change.ts';
import { type ServedRoute, serve } from './serve-route.ts';

const CURRENCY_DEFAULT = 'USD';

export function planRoutes(deps: AdminDeps): readonly ServedRoute[] {
  return [
    serve(contract.listPlans, async ({ query: { state, ...page } }) =>
      pageView(await listPlans(deps.ctx, { state }, pageOf(page)), viewPlan),
    ),

    serve(contract.createPlan, async ({ body, caller }) => {
      const currency = body.currency ?? CURRENCY_DEFAULT;
      const priceMinor = parsePrice(body.price, currency);
      const input = { ...termsOf(body), code: body.code, priceMinor, currency };
      const created = await recordChange(
        deps,
        caller,
        { topic: 'subscriptions', action: 'plan.create' },
        async (tx) => {
          const result = await createPlan(tx, input);
          return { result, object: result.code, after: planFacts(result) };
        },
      );
      return viewPlan(created);
    }),

    serve(contract.showPlan, async ({ params }) => viewPlan(await findPlan(deps.ctx, params.plan))),

    serve(contract.listPlanVersions, async ({ params }) => {
      const plan = await findPlan(deps.ctx, params.plan);
      return wholeList((await listPlanVersions(deps.ctx, plan.id)).map(viewPlanVersion));
    }),

    serve(contract.editPlan, async ({ params, body, caller }) => {
      const edited = await recordChange(deps, caller, { topic: 'subscriptions', action: 'plan.edit' }, async (tx) => {
        const before = await findPlan(tx, params.plan);
        const result = await editPlan(tx, before.id, { ...termsOf(body), ...priceOf(body, before.version) });
        return { result, object: result.code, before: planFacts(before), after: planFacts(result) };
      });
      return viewPlan(edited);
    }),

    serve(contract.archivePlan, async ({ params, caller }) => {
      const archived = await recordChange(
        deps,
        caller,
        { topic: 'subscriptions', action: 'plan.archive' },
        async (tx) => {
          const before = await findPlan(tx, params.plan);
          const result = await archivePlan(tx, before.id);
          return { result, object: result.code, before: planFacts(before), after: planFacts(result) };
        },
      );
      return viewPlan(archived);
    }),
  ];
}

/** @throws Failure invalid_input for another currency without a price: the same number would mean other money. */
function priceOf(
  { price, currency }: { readonly price?: string | undefined; readonly currency?: string | undefined },
  before: PlanVersion,
): PlanPatch {
  const paidIn = currency ?? before.currency;
  if (price !== undefined) return { priceMinor: parsePrice(price, paidIn), currency: paidIn };
  if (paidIn === before.currency) return {};
  throw new Failure('invalid_input', { message: 'another currency needs a price in it', param: 'price' });
}
