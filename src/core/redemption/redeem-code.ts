import { type Ctx, inChange, inTransaction } from '../database/index.ts';
import type { UserId } from '../ids.ts';
import { unreachable } from '../invariant.ts';
import { postTransfer, userAccount } from '../ledger/index.ts';
import type { Secret } from '../secret.ts';
import { grantSubscription } from '../subscriptions/index.ts';
import { readCode } from './code-store.ts';
import { type CodeState, codeStateOf, hashCodeText, type Redemption, type RedemptionCode } from './redemption-code.ts';
import { giveTurnBack, insertRedemption, takeTurn, takeUse } from './redemption-store.ts';

/** `user_limit`: this user has redeemed as many codes of the batch as one may. */
export type RedeemRefusal = 'unknown_code' | 'user_limit' | Exclude<CodeState, 'ready'>;

export type RedeemAnswer =
  | { readonly kind: 'redeemed'; readonly redemption: Redemption; readonly code: RedemptionCode }
  | { readonly kind: 'refused'; readonly why: RedeemRefusal };

/**
 * Gives a user what a code promises, in one transaction with the counters that limit it: however many try at once, a code
 * gives as often as it may and no more. After a subscription was given, refresh what is held of `subscriptions`.
 */
export async function redeemCode(
  ctx: Ctx,
  input: { readonly userId: UserId; readonly text: Secret },
): Promise<RedeemAnswer> {
  const hash = hashCodeText(input.text);
  const code = hash === null ? undefined : await readCode(ctx, { hash });
  if (!code) return refused('unknown_code');
  const state = codeStateOf(code, ctx.clock.now());
  if (state !== 'ready') return refused(state);
  const give = async (tx: Ctx) => await redeem(tx, code, input.userId);
  // The mark before the counters: whoever holds it already must not wait for one who waits for it.
  return code.batch.reward.kind === 'subscription'
    ? await inChange(ctx, 'subscriptions', give)
    : await inTransaction(ctx, give);
}

async function redeem(tx: Ctx, code: RedemptionCode, userId: UserId): Promise<RedeemAnswer> {
  const { batch } = code;
  const nth = await takeTurn(tx, batch, userId);
  if (nth === null) return refused('user_limit');
  if (!(await takeUse(tx, code.id))) {
    await giveTurnBack(tx, batch, userId);
    return refused(await whyTaken(tx, code));
  }
  const redemption: Redemption = {
    id: `redeem:${code.id}:${userId}:${nth}`,
    at: tx.clock.now(),
    codeId: code.id,
    batchId: batch.id,
    userId,
    nth,
  };
  await insertRedemption(tx, redemption);
  await giveReward(tx, code, redemption);
  return { kind: 'redeemed', redemption, code: { ...code, redeemed: code.redeemed + 1 } };
}

/** Somebody used it up or disabled it after it was looked at. */
async function whyTaken(tx: Ctx, code: RedemptionCode): Promise<RedeemRefusal> {
  const now = await readCode(tx, { id: code.id });
  return now?.enabled === false ? 'disabled' : 'used_up';
}

async function giveReward(tx: Ctx, code: RedemptionCode, { id, at, userId }: Redemption): Promise<void> {
  const { reward } = code.batch;
  switch (reward.kind) {
    case 'balance':
      await postTransfer(tx, {
        id,
        at,
        kind: 'redeem',
        debitAccount: 'promotions',
        creditAccount: userAccount(userId),
        amountUsdMicros: reward.amountUsdMicros,
        refType: 'code',
        refId: code.id,
        actor: `user:${userId}`,
      });
      return;
    case 'subscription':
      await grantSubscription(tx, { userId, planVersionId: reward.planVersionId, source: id, at });
      return;
    default:
      return unreachable(reward);
  }
}

function refused(why: RedeemRefusal): RedeemAnswer {
  return { kind: 'refused', why };
}
