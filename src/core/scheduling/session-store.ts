import type { Ctx, QueuedTable, SqlValue } from '../database/index.ts';
import type { CredentialId } from '../ids.ts';
import { type EpochMs, epochMs } from '../time.ts';

export interface StoredBinding {
  readonly sessionKey: string;
  readonly credentialId: CredentialId;
  readonly expiresAt: EpochMs;
}

export const SESSION_TABLE: QueuedTable = {
  table: 'session_bindings',
  columns: ['session_key', 'credential_id', 'expires_at'],
  onConflict: { columns: ['session_key'], update: ['credential_id', 'expires_at'] },
};

export function sessionRow(binding: StoredBinding): readonly SqlValue[] {
  return [binding.sessionKey, binding.credentialId, binding.expiresAt];
}

/** The bindings that are still in force, the latest `limit` of them. */
export async function loadSessionBindings(ctx: Ctx, limit: number): Promise<readonly StoredBinding[]> {
  const rows = await ctx
    .db<{ session_key: string; credential_id: string; expires_at: number }>('session_bindings')
    .where('expires_at', '>', ctx.clock.now())
    .orderBy('expires_at', 'desc')
    .limit(limit);
  return rows.map((row) => ({
    sessionKey: row.session_key,
    credentialId: row.credential_id as CredentialId,
    expiresAt: epochMs(row.expires_at),
  }));
}

/** Deletes bindings that ran out before `before`. Returns how many. */
export function pruneSessionBindings(ctx: Ctx, before: EpochMs): Promise<number> {
  return ctx.db('session_bindings').where('expires_at', '<', before).delete();
}
