import { type Ctx, inTransaction } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { type CodeId, newId } from '../ids.ts';
import { invariant } from '../invariant.ts';
import { checkLabel } from '../name.ts';
import { readPlanVersion } from '../plans/index.ts';
import type { Secret } from '../secret.ts';
import type { EpochMs } from '../time.ts';
import { insertBatch, insertCodes } from './code-store.ts';
import {
  type CodeBatch,
  codeHint,
  hashCodeText,
  newCodeText,
  type RedemptionCode,
  type Reward,
} from './redemption-code.ts';

export interface NewCodes {
  readonly name: string;
  readonly reward: Reward;
  readonly codes: number;
  /** For each code. Null: no limit. 1 unless said. */
  readonly maxRedemptions?: number | null | undefined;
  /** Over all codes of the batch. Null: no limit. 1 unless said. */
  readonly maxPerUser?: number | null | undefined;
  readonly expiresAt?: EpochMs | null | undefined;
  readonly createdBy: string;
}

/** Codes and their texts, which are nowhere else and will not be seen again. */
export interface CreatedCodes {
  readonly batch: CodeBatch;
  readonly codes: readonly { readonly id: CodeId; readonly text: Secret }[];
}

const CODES_MAX = 10_000;
const COUNT_MAX = 1_000_000_000;

/** Makes a batch of codes with the same reward and limits. @throws Failure invalid_input; not_found without the plan version. */
export async function createCodes(ctx: Ctx, input: NewCodes): Promise<CreatedCodes> {
  const batch = batchOf(ctx, input);
  const maxRedemptions = checkLimit(input.maxRedemptions, 'max_redemptions');
  const made = Array.from({ length: batch.codes }, () => newCode(ctx, batch, maxRedemptions));
  await inTransaction(ctx, async (tx) => {
    if (batch.reward.kind === 'subscription') await readPlanVersion(tx, batch.reward.planVersionId);
    await insertBatch(tx, batch);
    await insertCodes(
      tx,
      made.map(({ code }) => code),
    );
  });
  return { batch, codes: made.map(({ code, text }) => ({ id: code.id, text })) };
}

function batchOf(ctx: Ctx, input: NewCodes): CodeBatch {
  const now = ctx.clock.now();
  const { reward, codes, expiresAt = null } = input;
  if (!Number.isSafeInteger(codes) || codes < 1 || codes > CODES_MAX) {
    throw new Failure('invalid_input', { message: `a batch has 1 to ${CODES_MAX} codes`, param: 'count' });
  }
  if (reward.kind === 'balance' && !(Number.isSafeInteger(reward.amountUsdMicros) && reward.amountUsdMicros > 0)) {
    throw new Failure('invalid_input', { message: 'a code gives more than nothing', param: 'amount_usd' });
  }
  if (expiresAt !== null && expiresAt <= now) {
    throw new Failure('invalid_input', { message: 'these codes would be expired already', param: 'expires_at' });
  }
  return {
    id: newId('batch', now, ctx.random),
    name: checkLabel(input.name),
    reward,
    codes,
    maxPerUser: checkLimit(input.maxPerUser, 'max_per_user'),
    expiresAt,
    createdBy: input.createdBy,
    createdAt: now,
  };
}

function checkLimit(limit: number | null | undefined, param: string): number | null {
  const value = limit === undefined ? 1 : limit;
  if (value === null || (Number.isSafeInteger(value) && value >= 1 && value <= COUNT_MAX)) return value;
  throw new Failure('invalid_input', { message: `${param} must be a whole number from 1, or null`, param });
}

function newCode(ctx: Ctx, batch: CodeBatch, maxRedemptions: number | null): { code: RedemptionCode; text: Secret } {
  const text = newCodeText(ctx.random);
  const hash = hashCodeText(text);
  invariant(hash !== null, 'a new code is read as a code');
  const id = newId('code', batch.createdAt, ctx.random);
  return { code: { id, batch, hash, hint: codeHint(text), maxRedemptions, redeemed: 0, enabled: true }, text };
}
