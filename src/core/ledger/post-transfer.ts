import { type Ctx, inTransaction } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { invariant } from '../invariant.ts';
import { movesTheSame, type NewTransfer, requireSound, type Transfer } from './transfer.ts';
import { insertTransfer, readTransfers } from './transfer-store.ts';

/**
 * Moves money once: however often and from however many processes it is called with one id, one transfer is there, and
 * the balance of the user concerned has changed by it when the transaction commits.
 * @throws Failure conflict when the id has moved other money before.
 */
export async function postTransfer(ctx: Ctx, input: NewTransfer): Promise<'posted' | 'already_there'> {
  const transfer: Transfer = { at: ctx.clock.now(), reason: null, ...input };
  requireSound(transfer);
  return await inTransaction(ctx, async (tx) => {
    if (await insertTransfer(tx, transfer)) return 'posted';
    const [there] = await readTransfers(tx, [transfer.id]);
    invariant(there, `the transfer ${transfer.id} is neither new nor there`);
    if (movesTheSame(there, transfer)) return 'already_there';
    throw new Failure('conflict', {
      message: `the transfer ${transfer.id} was posted before with another amount or between other accounts`,
      hint: `see it with: realms ledger show --ref ${transfer.refId}`,
    });
  });
}
