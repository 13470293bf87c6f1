import type { Ctx } from '../database/index.ts';
import type { CodexLoginId, UpstreamId } from '../ids.ts';
import { type EpochMs, epochMs } from '../time.ts';
import type { CodexLogin, LoginMethod } from './codex-login.ts';

interface LoginRow {
  readonly id: CodexLoginId;
  readonly upstream_id: UpstreamId;
  readonly method: LoginMethod;
  readonly actor: string;
  readonly credential_name: string | null;
  readonly secrets: string;
  readonly redirect_uri: string;
  readonly next_poll_at: number;
  readonly expires_at: number;
  readonly created_at: number;
}

/** A login as it is stored. */
export type SealedLogin = Omit<CodexLogin, 'secrets'> & { readonly secrets: string };

/** The sealed column of a login. */
export interface SealedLoginSecrets {
  readonly id: CodexLoginId;
  readonly secrets: string;
}

export async function insertLogin(ctx: Ctx, login: SealedLogin, nextPollAt: EpochMs): Promise<void> {
  const row: LoginRow = {
    id: login.id,
    upstream_id: login.upstreamId,
    method: login.method,
    actor: login.actor,
    credential_name: login.credentialName,
    secrets: login.secrets,
    redirect_uri: login.redirectUri,
    next_poll_at: nextPollAt,
    expires_at: login.expiresAt,
    created_at: login.createdAt,
  };
  await ctx.db('codex_logins').insert(row);
}

export async function readLogin(ctx: Ctx, id: string): Promise<SealedLogin | undefined> {
  const row: LoginRow | undefined = await ctx.db('codex_logins').where({ id }).first();
  return (
    row && {
      id: row.id,
      upstreamId: row.upstream_id,
      method: row.method,
      actor: row.actor,
      credentialName: row.credential_name,
      secrets: row.secrets,
      redirectUri: row.redirect_uri,
      expiresAt: epochMs(row.expires_at),
      createdAt: epochMs(row.created_at),
    }
  );
}

export async function countLogins(ctx: Ctx, now: EpochMs): Promise<number> {
  const row = await ctx.db('codex_logins').where('expires_at', '>', now).count({ count: '*' }).first();
  return Number(row?.['count'] ?? 0);
}

/** Takes the turn to poll. False when it is too early, or somebody else polls. */
export async function takePollTurn(ctx: Ctx, id: CodexLoginId, now: EpochMs, nextAt: EpochMs): Promise<boolean> {
  const due = ctx.db('codex_logins').where({ id }).where('next_poll_at', '<=', now);
  return (await due.update({ next_poll_at: nextAt })) > 0;
}

/** False when it is gone already: a login is finished once. */
export async function deleteLogin(ctx: Ctx, id: CodexLoginId): Promise<boolean> {
  return (await ctx.db('codex_logins').where({ id }).delete()) > 0;
}

/** Deletes logins that nobody has finished in time. Returns how many. */
export async function pruneLogins(ctx: Ctx, now: EpochMs): Promise<number> {
  return await ctx.db('codex_logins').where('expires_at', '<=', now).delete();
}

/** The next logins, by id, of which the sealed column does not start with `prefix`. */
export async function readLoginsSealedOtherwise(
  ctx: Ctx,
  prefix: string,
  after: string,
  limit: number,
): Promise<SealedLoginSecrets[]> {
  return await ctx
    .db('codex_logins')
    .select('id', 'secrets')
    .where('id', '>', after)
    .whereNot('secrets', 'like', `${prefix}%`)
    .orderBy('id')
    .limit(limit);
}

export async function replaceSealedLogin(
  ctx: Ctx,
  before: SealedLoginSecrets,
  after: SealedLoginSecrets,
): Promise<boolean> {
  const unchanged = ctx.db('codex_logins').where({ id: before.id, secrets: before.secrets });
  return (await unchanged.update({ secrets: after.secrets })) > 0;
}
