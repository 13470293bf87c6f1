import { type Ctx, inTransaction } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { newId, type UserId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import type { Balance } from './balance-store.ts';
import { postTransfer } from './post-transfer.ts';
import { readBalance } from './read-balances.ts';
import { type Transfer, userAccount } from './transfer.ts';

export interface Adjustment {
  readonly userId: UserId;
  /** Above zero gives, below zero takes; taking more than there is leaves a debt. */
  readonly amountUsdMicros: UsdMicros;
  readonly reason: string;
  readonly actor: string;
  /** The same key adjusts once, however often it is tried. Absent: every call is an adjustment of its own. */
  readonly key?: string | undefined;
}

export interface Adjusted {
  readonly transfer: Transfer;
  readonly outcome: 'posted' | 'already_there';
  readonly before: Balance;
  readonly after: Balance;
}

const KEY = /^[A-Za-z0-9._-]{1,64}$/;
const REASON_MAX_CHARS = 500;

/**
 * Gives or takes balance by hand, against the account `adjustments`.
 * @throws Failure invalid_input without an amount or a reason; conflict when the key adjusted something else before.
 */
export async function adjustBalance(ctx: Ctx, input: Adjustment): Promise<Adjusted> {
  const transfer = transferOf(ctx, input);
  return await inTransaction(ctx, async (tx) => {
    const before = await readBalance(tx, input.userId);
    if (!Number.isSafeInteger(before.usdMicros + input.amountUsdMicros)) {
      throw new Failure('invalid_input', { message: 'no balance can be that large', param: 'amount' });
    }
    const outcome = await postTransfer(tx, transfer);
    return { transfer, outcome, before, after: await readBalance(tx, input.userId) };
  });
}

function transferOf(ctx: Ctx, { userId, amountUsdMicros, reason, actor, key }: Adjustment): Transfer {
  const why = reason.trim().slice(0, REASON_MAX_CHARS);
  if (why === '') throw new Failure('invalid_input', { message: 'an adjustment needs a reason', param: 'reason' });
  if (amountUsdMicros === 0) {
    throw new Failure('invalid_input', { message: 'an adjustment by nothing is none', param: 'amount' });
  }
  if (key !== undefined && !KEY.test(key)) {
    throw new Failure('invalid_input', {
      message: 'a key has 1 to 64 letters, digits, dots, dashes and underscores',
      param: 'idempotency_key',
    });
  }
  const at = ctx.clock.now();
  const ref = key ?? newId('adj', at, ctx.random);
  const user = userAccount(userId);
  return {
    id: `adjust:${ref}`,
    at,
    kind: 'adjust',
    debitAccount: amountUsdMicros > 0 ? 'adjustments' : user,
    creditAccount: amountUsdMicros > 0 ? user : 'adjustments',
    amountUsdMicros: Math.abs(amountUsdMicros) as UsdMicros,
    refType: 'adjustment',
    refId: ref,
    actor,
    reason: why,
  };
}
