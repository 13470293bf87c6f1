import type * as contract from '../../core/contract/index.ts';
import type { PlanVersionId } from '../../core/ids.ts';
import { formatUsd } from '../../core/money.ts';
import { readAllPlanVersions } from '../../core/plans/index.ts';
import { type CodeBatch, type CountedBatch, codeStateOf, type RedemptionCode } from '../../core/redemption/index.ts';
import { toRfc3339 } from '../../core/time.ts';
import type { AdminDeps } from './admin-deps.ts';
import { instantText } from './formats.ts';

type BatchView = contract.ResponseOf<typeof contract.editCodeBatch>;
type CodeView = contract.ResponseOf<typeof contract.editRedemptionCode>;

export interface RedemptionViews {
  batch(batch: CountedBatch): BatchView;
  code(code: RedemptionCode): CodeView;
}

/** Views that know what plans are called. */
export async function redemptionViews({ ctx }: AdminDeps): Promise<RedemptionViews> {
  const versions = await readAllPlanVersions(ctx);
  const planOf = (id: PlanVersionId) => {
    const known = versions.get(id);
    return { plan: known?.planCode ?? id, plan_version: known?.version.version ?? null };
  };
  const terms = ({ reward, maxPerUser, expiresAt, createdAt }: CodeBatch) => ({
    reward: reward.kind,
    amount_usd: reward.kind === 'balance' ? formatUsd(reward.amountUsdMicros) : null,
    ...(reward.kind === 'subscription' ? planOf(reward.planVersionId) : { plan: null, plan_version: null }),
    max_per_user: maxPerUser,
    expires_at: instantText(expiresAt),
    created_at: toRfc3339(createdAt),
  });
  return {
    batch: (batch) => ({
      id: batch.id,
      name: batch.name,
      ...terms(batch),
      codes: batch.codes,
      enabled_codes: batch.enabledCodes,
      redemptions: batch.redemptions,
      created_by: batch.createdBy,
    }),
    code: (code) => ({
      id: code.id,
      hint: code.hint,
      state: codeStateOf(code, ctx.clock.now()),
      redeemed: code.redeemed,
      max_redemptions: code.maxRedemptions,
      batch_id: code.batch.id,
      batch: code.batch.name,
      ...terms(code.batch),
    }),
  };
}
