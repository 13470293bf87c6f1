import { type Ctx, inTransaction } from '../database/index.ts';
import type { CredentialId } from '../ids.ts';
import { lockAccount, readAccount, writeLimits } from './codex-account-store.ts';
import type { LimitSnapshot } from './limit-snapshot.ts';
import { observeLimits } from './window-reset.ts';
import { insertResets } from './window-reset-store.ts';

/**
 * Lays what was seen over what all daemons know of the account, and writes down windows that have ended. With null only
 * the time is looked at. The row is locked meanwhile, so that of several daemons one writes an end down. Gives what is
 * known now; null when nothing is, or the account is gone.
 */
export async function saveLimits(
  ctx: Ctx,
  id: CredentialId,
  seen: LimitSnapshot | null,
): Promise<LimitSnapshot | null> {
  return await inTransaction(ctx, async (tx) => {
    const now = tx.clock.now();
    if (!(await lockAccount(tx, id, now))) return null;
    const account = await readAccount(tx, id);
    const observed = observeLimits(account?.limits ?? null, seen, now);
    if (!observed) return null;
    await insertResets(tx, id, observed.closed);
    await writeLimits(tx, id, observed.snapshot);
    return observed.snapshot;
  });
}
