import * as contract from '../../core/contract/index.ts';
import type { Ctx } from '../../core/database/index.ts';
import { parseUsd } from '../../core/money.ts';
import { findPlan, requireForSale } from '../../core/plans/index.ts';
import {
  createCodes,
  findBatch,
  findCode,
  listBatches,
  listCodes,
  listRedemptions,
  type Reward,
  setBatchEnabled,
  setCodeEnabled,
} from '../../core/redemption/index.ts';
import { toRfc3339 } from '../../core/time.ts';
import type { AdminDeps } from './admin-deps.ts';
import { optionalInstant, pageOf, pageView } from './formats.ts';
import { recordChange } from './record-change.ts';
import { redemptionViews } from './redemption-view.ts';
import { type ServedRoute, serve } from './serve-route.ts';

const SHOWN_REDEMPTIONS = 100;

type CreateBody = contract.ParsedBodyOf<typeof contract.createRedemptionCodes>;

export function redemptionRoutes(deps: AdminDeps): readonly ServedRoute[] {
  return [
    serve(contract.createRedemptionCodes, async ({ body, caller }) => {
      const what = { topic: null, action: 'redemption.create' } as const;
      const made = await recordChange(deps, caller, what, async (tx) => {
        const result = await createCodes(tx, {
          name: body.name,
          reward: await rewardOf(tx, body),
          codes: body.count,
          maxRedemptions: body.max_redemptions,
          maxPerUser: body.max_per_user,
          expiresAt: optionalInstant(body.expires_at),
          createdBy: caller.actor,
        });
        return { result, object: result.batch.id, after: { ...body } };
      });
      const views = await redemptionViews(deps);
      return {
        batch: views.batch({ ...made.batch, enabledCodes: made.batch.codes, redemptions: 0 }),
        items: made.codes.map(({ id, text }) => ({ id, code: text.reveal() })),
      };
    }),

    serve(contract.listRedemptionCodes, async ({ query }) => {
      const batchId = query.batch === undefined ? undefined : (await findBatch(deps.ctx, query.batch)).id;
      const views = await redemptionViews(deps);
      return pageView(await listCodes(deps.ctx, { batchId }, pageOf(query)), views.code);
    }),

    serve(contract.showRedemptionCode, async ({ params }) => {
      const code = await findCode(deps.ctx, params.code);
      const used = await listRedemptions(deps.ctx, code.id, SHOWN_REDEMPTIONS);
      const { userById } = deps.live.state.identity;
      return {
        ...(await redemptionViews(deps)).code(code),
        redemptions: used.map(({ id, at, userId }) => ({
          id,
          at: toRfc3339(at),
          user_id: userId,
          user: userById.get(userId)?.name ?? null,
        })),
      };
    }),

    serve(contract.editRedemptionCode, async ({ params, body, caller }) => {
      const { enabled } = body;
      const edited = await recordChange(deps, caller, { topic: null, action: 'redemption.edit' }, async (tx) => {
        const before = await findCode(tx, params.code);
        const result = await setCodeEnabled(tx, before.id, enabled);
        return { result, object: before.id, before: { enabled: before.enabled }, after: { enabled } };
      });
      return (await redemptionViews(deps)).code(edited);
    }),

    serve(contract.listCodeBatches, async ({ query }) => {
      const views = await redemptionViews(deps);
      return pageView(await listBatches(deps.ctx, pageOf(query)), views.batch);
    }),

    serve(contract.editCodeBatch, async ({ params, body, caller }) => {
      const edited = await recordChange(deps, caller, { topic: null, action: 'redemption.edit_batch' }, async (tx) => {
        const before = await findBatch(tx, params.batch);
        const result = await setBatchEnabled(tx, before.id, body.enabled);
        return {
          result,
          object: before.id,
          before: { enabled_codes: before.enabledCodes },
          after: { enabled_codes: result.enabledCodes },
        };
      });
      return (await redemptionViews(deps)).batch(edited);
    }),
  ];
}

/** The plan as it is sold now. @throws Failure not_found, conflict when it is archived */
async function rewardOf(tx: Ctx, { amount_usd, plan }: CreateBody): Promise<Reward> {
  if (plan === undefined) return { kind: 'balance', amountUsdMicros: parseUsd(amount_usd ?? '0') };
  const found = await findPlan(tx, plan);
  requireForSale(found);
  return { kind: 'subscription', planVersionId: found.version.id };
}
