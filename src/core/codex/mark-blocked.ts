import { inChange } from '../database/index.ts';
import type { CodexAccount } from './codex-account.ts';
import { writeState } from './codex-account-store.ts';
import type { CodexDesk } from './codex-desk.ts';

/** Keeps requests away from an account that the provider refuses as such. `why` is a code, never the provider's text. */
export async function markBlocked(desk: CodexDesk, account: CodexAccount, why: string): Promise<void> {
  if (await changeState(desk, account, 'blocked', why)) {
    desk.ctx.log.warn({ credential: account.credentialId, why }, 'a Codex account is refused by the provider');
  }
}

/** The backend answered it: whatever was held against it is over. */
export async function markActive(desk: CodexDesk, account: CodexAccount): Promise<void> {
  await changeState(desk, account, 'active', null);
}

async function changeState(
  desk: CodexDesk,
  account: CodexAccount,
  state: CodexAccount['state'],
  why: string | null,
): Promise<boolean> {
  const isChanged = await inChange(desk.ctx, 'upstreams', async (tx) =>
    writeState(tx, account, state, why, tx.clock.now()),
  );
  if (isChanged) await desk.changed('upstreams');
  return isChanged;
}
