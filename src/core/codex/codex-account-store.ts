import type { Ctx } from '../database/index.ts';
import type { CredentialId, LeaseId } from '../ids.ts';
import { type EpochMs, epochMs } from '../time.ts';
import type { CodexAccount, CodexState } from './codex-account.ts';
import type { LimitSnapshot } from './limit-snapshot.ts';

interface AccountRow {
  readonly credential_id: CredentialId;
  readonly account_id: string;
  readonly user_id: string;
  readonly email: string | null;
  readonly plan: string | null;
  readonly is_fedramp: number;
  readonly refresh_token: string;
  readonly id_token: string | null;
  readonly fingerprint: string;
  readonly access_expires_at: number | null;
  readonly last_refresh_at: number;
  readonly version: number;
  readonly state: CodexState;
  readonly why: string | null;
  readonly lease_owner: string | null;
  readonly lease_until: number | null;
  readonly limits: string | null;
  readonly limits_at: number | null;
  readonly next_usage_at: number;
  readonly created_at: number;
  readonly updated_at: number;
}

/** The sealed columns of an account. */
export interface SealedTokens {
  readonly credentialId: CredentialId;
  readonly refreshToken: string;
  readonly idToken: string | null;
}

/** An account as the rules of a refresh see it. */
export interface LeasedAccount {
  readonly account: CodexAccount;
  readonly sealed: SealedTokens;
  readonly leaseUntil: EpochMs | null;
}

/** What a change of the tokens writes; everything else stays. */
export type TokenFacts = Pick<
  CodexAccount,
  'accountId' | 'userId' | 'email' | 'plan' | 'isFedramp' | 'fingerprint' | 'accessExpiresAt' | 'lastRefreshAt'
>;

/** False when there is a row of the same account already. */
export async function insertAccount(ctx: Ctx, sealed: SealedTokens, facts: TokenFacts, now: EpochMs): Promise<boolean> {
  const row: AccountRow = {
    ...tokenColumns(facts),
    credential_id: sealed.credentialId,
    refresh_token: sealed.refreshToken,
    id_token: sealed.idToken,
    version: 1,
    state: 'active',
    why: null,
    lease_owner: null,
    lease_until: null,
    limits: null,
    limits_at: null,
    next_usage_at: 0,
    created_at: now,
    updated_at: now,
  };
  const insert = ctx.db('codex_accounts').insert(row).onConflict(['account_id', 'user_id']).ignore();
  const done: unknown[] = await insert.returning('credential_id');
  return done.length > 0;
}

/**
 * Puts new tokens in the place of those of `before`, and whoever held the lease has it no more. The account is active
 * then, unless `keepBlocked`: new tokens do not prove that the provider wants it again. False when somebody else has
 * changed the tokens since.
 */
export async function replaceTokens(
  ctx: Ctx,
  sealed: SealedTokens,
  facts: TokenFacts,
  before: Pick<CodexAccount, 'version' | 'state' | 'why'>,
  { now, keepBlocked }: { readonly now: EpochMs; readonly keepBlocked: boolean },
): Promise<boolean> {
  const { version } = before;
  const isBlocked = keepBlocked && before.state === 'blocked';
  const unchanged = ctx.db('codex_accounts').where({ credential_id: sealed.credentialId, version });
  const changed: number = await unchanged.update({
    ...tokenColumns(facts),
    refresh_token: sealed.refreshToken,
    id_token: sealed.idToken,
    version: version + 1,
    state: isBlocked ? 'blocked' : 'active',
    why: isBlocked ? before.why : null,
    lease_owner: null,
    lease_until: null,
    updated_at: now,
  });
  return changed > 0;
}

/** Says that the account cannot be used any more, or can again. False when its tokens have changed since. */
export async function writeState(
  ctx: Ctx,
  { credentialId, version }: Pick<CodexAccount, 'credentialId' | 'version'>,
  state: CodexState,
  why: string | null,
  now: EpochMs,
): Promise<boolean> {
  const unchanged = ctx.db('codex_accounts').where({ credential_id: credentialId, version });
  const ended = { lease_owner: null, lease_until: null };
  return (await unchanged.update({ state, why, ...ended, updated_at: now })) > 0;
}

/** Takes the right to use the refresh token of `version`, until `until`. False when another has it or has used it. */
export async function takeLease(
  ctx: Ctx,
  { credentialId, version }: Pick<CodexAccount, 'credentialId' | 'version'>,
  lease: { readonly owner: LeaseId; readonly now: EpochMs; readonly until: EpochMs },
): Promise<boolean> {
  const free = ctx
    .db('codex_accounts')
    .where({ credential_id: credentialId, version })
    .where((row) => row.whereNull('lease_until').orWhere('lease_until', '<=', lease.now));
  return (await free.update({ lease_owner: lease.owner, lease_until: lease.until })) > 0;
}

export async function dropLease(ctx: Ctx, credentialId: CredentialId, owner: LeaseId): Promise<void> {
  const own = ctx.db('codex_accounts').where({ credential_id: credentialId, lease_owner: owner });
  await own.update({ lease_owner: null, lease_until: null });
}

export async function readLeased(ctx: Ctx, credentialId: string): Promise<LeasedAccount | undefined> {
  const row: AccountRow | undefined = await ctx.db('codex_accounts').where({ credential_id: credentialId }).first();
  if (!row) return undefined;
  const sealed = { credentialId: row.credential_id, refreshToken: row.refresh_token, idToken: row.id_token };
  return { account: fromRow(row), sealed, leaseUntil: instantOrNull(row.lease_until) };
}

export async function readAccount(ctx: Ctx, credentialId: string): Promise<CodexAccount | undefined> {
  return (await readLeased(ctx, credentialId))?.account;
}

/** All of them, or those that changed at `since` or later; by id. */
export async function readAccounts(ctx: Ctx, since?: EpochMs): Promise<CodexAccount[]> {
  const query = ctx.db('codex_accounts').orderBy('credential_id');
  if (since !== undefined) query.where('updated_at', '>=', since);
  const rows: AccountRow[] = await query;
  return rows.map(fromRow);
}

export async function readAccountOf(ctx: Ctx, accountId: string, userId: string): Promise<CodexAccount | undefined> {
  const row: AccountRow | undefined = await ctx
    .db('codex_accounts')
    .where({ account_id: accountId, user_id: userId })
    .first();
  return row && fromRow(row);
}

/** Locks the account's row until the transaction ends. False when there is none. */
export async function lockAccount(ctx: Ctx, credentialId: CredentialId, now: EpochMs): Promise<boolean> {
  return (await ctx.db('codex_accounts').where({ credential_id: credentialId }).update({ updated_at: now })) > 0;
}

export async function writeLimits(ctx: Ctx, credentialId: CredentialId, limits: LimitSnapshot): Promise<void> {
  await ctx
    .db('codex_accounts')
    .where({ credential_id: credentialId })
    .update({
      limits: JSON.stringify(limits),
      limits_at: limits.at,
      ...(limits.plan !== null && { plan: limits.plan }),
    });
}

/** Takes the turn to read the usage of an account whose turn has come. False when another daemon has taken it. */
export async function takeUsageTurn(
  ctx: Ctx,
  credentialId: CredentialId,
  now: EpochMs,
  nextAt: EpochMs,
): Promise<boolean> {
  const due = ctx.db('codex_accounts').where({ credential_id: credentialId }).where('next_usage_at', '<=', now);
  return (await due.update({ next_usage_at: nextAt })) > 0;
}

/** The next accounts, by id, of which a sealed column does not start with `prefix`. */
export async function readTokensSealedOtherwise(
  ctx: Ctx,
  prefix: string,
  after: string,
  limit: number,
): Promise<SealedTokens[]> {
  return await ctx
    .db('codex_accounts')
    .select('credential_id as credentialId', 'refresh_token as refreshToken', 'id_token as idToken')
    .where('credential_id', '>', after)
    .where((stale) =>
      stale.whereNot('refresh_token', 'like', `${prefix}%`).orWhereNot('id_token', 'like', `${prefix}%`),
    )
    .orderBy('credential_id')
    .limit(limit);
}

/** False when the tokens were changed since they were read; then nothing is written. */
export async function replaceSealedTokens(ctx: Ctx, before: SealedTokens, after: SealedTokens): Promise<boolean> {
  const unchanged = ctx
    .db('codex_accounts')
    .where({ credential_id: before.credentialId, refresh_token: before.refreshToken });
  return (await unchanged.update({ refresh_token: after.refreshToken, id_token: after.idToken })) > 0;
}

function tokenColumns(facts: TokenFacts) {
  return {
    account_id: facts.accountId,
    user_id: facts.userId,
    email: facts.email,
    plan: facts.plan,
    is_fedramp: Number(facts.isFedramp),
    fingerprint: facts.fingerprint,
    access_expires_at: facts.accessExpiresAt,
    last_refresh_at: facts.lastRefreshAt,
  };
}

function fromRow(row: AccountRow): CodexAccount {
  return {
    credentialId: row.credential_id,
    accountId: row.account_id,
    userId: row.user_id,
    email: row.email,
    plan: row.plan,
    isFedramp: row.is_fedramp === 1,
    state: row.state,
    why: row.why,
    fingerprint: row.fingerprint,
    accessExpiresAt: instantOrNull(row.access_expires_at),
    lastRefreshAt: epochMs(row.last_refresh_at),
    version: row.version,
    limits: row.limits === null ? null : (JSON.parse(row.limits) as LimitSnapshot),
    createdAt: epochMs(row.created_at),
    updatedAt: epochMs(row.updated_at),
  };
}

function instantOrNull(at: number | null): EpochMs | null {
  return at === null ? null : epochMs(at);
}
