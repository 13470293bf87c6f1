import { type Ctx, insertQueuedRow, inTransaction } from '../database/index.ts';
import { Failure } from '../failure.ts';
import type { RequestId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import {
  costOf,
  findUsageEvent,
  type PendingAnswer,
  setUsage,
  type TokenUsage,
  takePendingAnswer,
} from '../usage/index.ts';
import { chargeRowOf } from './charge-rows.ts';
import { writeOff } from './write-off.ts';

const NONE = 0 as UsdMicros;

/** What a provider says of an answer that is done. */
export interface DoneAnswer {
  /** Null: it used nothing, or nobody knows any more. */
  readonly usage: TokenUsage | null;
  readonly serviceTier: string | null;
  readonly servedModel: string | null;
}

/** The provider's id of an answer, and where it was made. */
export type PlacedAnswer = Pick<PendingAnswer, 'objectId' | 'credentialId'>;

export interface SettledAnswer {
  readonly requestId: RequestId;
  readonly chargedUsdMicros: UsdMicros;
  /** What of it took the balance below the floor, and is owed by nobody. */
  readonly writtenOffUsdMicros: UsdMicros;
}

/**
 * Prices an answer that was made in the background, and charges the request that began it by who paid then. Once for each
 * answer, however many see it done: null when it is not pending, or no more.
 */
export async function settleAnswer(
  ctx: Ctx,
  answer: PlacedAnswer,
  done: DoneAnswer,
  floorUsdMicros: number,
): Promise<SettledAnswer | null> {
  return await inTransaction(ctx, async (tx) => {
    const pending = await takePendingAnswer(tx, answer);
    if (!pending) return null;
    const { requestId, price } = pending;
    const event = await findUsageEvent(tx, requestId);
    if (!event) throw new Failure('internal', `the request ${requestId} of a pending answer has no usage event`);
    const { payerKind, payerId, payerMultiplierPpm } = event.payment;
    const { usage, serviceTier, servedModel } = done;
    const costUsdMicros =
      usage && price ? costOf(usage, price, serviceTier, event.multiplierPpm, payerMultiplierPpm) : null;
    const isPaid = payerKind !== 'free' && payerId !== null && costUsdMicros !== null && costUsdMicros > 0;
    const chargedUsdMicros = isPaid ? costUsdMicros : (0 as UsdMicros);
    await setUsage(tx, requestId, {
      usage,
      usageSource: usage ? 'upstream' : 'none',
      servedModel: servedModel ?? event.servedModel,
      serviceTier,
      costUsdMicros,
      chargedUsdMicros,
    });
    const { userId } = event;
    if (isPaid) {
      const charge = chargeRowOf({ requestId, userId, payerKind, payerId }, chargedUsdMicros, tx.clock.now());
      await insertQueuedRow(tx, charge);
    }
    // With the charge: an over-run that a later start would look for is not as old as an answer may be.
    const overUsdMicros = (chargedUsdMicros - (event.payment.reservedUsdMicros ?? 0)) as UsdMicros;
    const isOver = payerKind === 'balance' && overUsdMicros > 0;
    const writtenOffUsdMicros = isOver
      ? await writeOff(tx, { requestId, userId, overUsdMicros }, floorUsdMicros)
      : NONE;
    return { requestId, chargedUsdMicros, writtenOffUsdMicros };
  });
}
