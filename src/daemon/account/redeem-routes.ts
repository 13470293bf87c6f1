import { z } from 'zod';
import { readBalance } from '../../core/ledger/index.ts';
import { formatUsd } from '../../core/money.ts';
import { readPlanVersion } from '../../core/plans/index.ts';
import { type RedeemRefusal, type RedemptionCode, redeemCode } from '../../core/redemption/index.ts';
import { Secret } from '../../core/secret.ts';
import type { AccountAnswer, AccountInput, AccountRoute } from './account-route.ts';
import { errorAnswer, json } from './answers.ts';
import { readFields } from './read-fields.ts';
import { addressOf, tooManyGuesses, withUser } from './require-user.ts';

/** Balance or time on a plan for a code. */
export const redeemRoutes: readonly AccountRoute[] = [
  { method: 'POST', path: '/topup/redeem', owner: 'billing', answer: redeem },
];

const redeemFields = z.strictObject({ code: z.string({ error: 'is missing: the code to redeem' }).min(1).max(200) });

async function redeem(input: AccountInput): Promise<AccountAnswer> {
  return await withUser(input, async (user) => {
    const { ctx, live, wrongCodes } = input.house;
    const guessers = [user.id, addressOf(input)];
    const waitMs = Math.max(...guessers.map((guesser) => wrongCodes.waitMs(guesser)));
    if (waitMs > 0) return tooManyGuesses('wrong codes', waitMs);
    const { code } = await readFields(input, redeemFields);
    const answer = await redeemCode(ctx, { userId: user.id, text: new Secret(code) });
    if (answer.kind === 'refused') {
      if (answer.why === 'unknown_code') for (const guesser of guessers) wrongCodes.count(guesser);
      return REFUSALS[answer.why];
    }
    const given = await viewReward(input, answer.code);
    if (given.kind === 'subscription') await live.refresh('subscriptions');
    const balance = await readBalance(ctx, user.id);
    return json(200, { redeemed: given, balance: { usd: formatUsd(balance.usdMicros) } });
  });
}

type Given =
  | { readonly kind: 'balance'; readonly usd: string }
  | { readonly kind: 'subscription'; readonly name: string };

async function viewReward({ house }: AccountInput, { batch }: RedemptionCode): Promise<Given> {
  const { reward } = batch;
  if (reward.kind === 'balance') return { kind: reward.kind, usd: formatUsd(reward.amountUsdMicros) };
  return { kind: reward.kind, name: (await readPlanVersion(house.ctx, reward.planVersionId)).name };
}

const REFUSALS: Readonly<Record<RedeemRefusal, AccountAnswer>> = {
  unknown_code: errorAnswer(404, {
    code: 'unknown_code',
    message: 'There is no such code.',
    hint: 'look for letters that were mistyped; upper and lower case, blanks and dashes do not matter',
    param: 'code',
  }),
  user_limit: refusal('code_limit_reached', 'You have redeemed as many codes of this kind as one may.'),
  used_up: refusal('code_used_up', 'This code was redeemed already.'),
  expired: refusal('code_expired', 'This code has expired.'),
  disabled: refusal('code_disabled', 'This code is not valid any more.'),
};

function refusal(code: string, message: string): AccountAnswer {
  return errorAnswer(409, { code, message, param: 'code' });
}
