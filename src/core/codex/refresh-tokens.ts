import { inChange } from '../database/index.ts';
import { describeError } from '../failure.ts';
import { type CredentialId, type LeaseId, newId } from '../ids.ts';
import { type EpochMs, epochMs } from '../time.ts';
import { findCredential } from '../upstreams/index.ts';
import type { CodexAccount, CodexTokens } from './codex-account.ts';
import {
  dropLease,
  type LeasedAccount,
  readLeased,
  type TokenFacts,
  takeLease,
  writeState,
} from './codex-account-store.ts';
import type { CodexDesk } from './codex-desk.ts';
import { type GivenTokens, refreshWith } from './oauth-client.ts';
import { factsOf, saveTokens } from './save-tokens.ts';
import { openIdToken, openRefreshToken } from './sealed-tokens.ts';

/**
 * refreshed: this call got new tokens. already: somebody else did meanwhile. needs_login: the provider will never give
 * any again. transient: it may work later. gone: there is no such account.
 */
export type RefreshOutcome =
  | { readonly kind: 'refreshed' | 'already' | 'gone' }
  | { readonly kind: 'needs_login' | 'transient'; readonly why: string };

export interface RefreshWish {
  /** Of the access token that is to be replaced: when the account has another by now, nothing is done. Null: whatever it has. */
  readonly fingerprint: string | null;
  /** Tries also when the account is known to need a login. */
  readonly force?: boolean;
}

/** Tokens that the provider gave and that the database has not taken yet: without them the account is lost. */
interface Unsaved {
  readonly before: CodexAccount;
  readonly tokens: CodexTokens;
  readonly facts: TokenFacts;
}

export type UnsavedTokens = Map<CredentialId, Unsaved>;

const LOOK_MS = 100;
const LOOK_JITTER_MS = 50;
const SAVE_TRIES = 5;
const SAVE_PAUSE_MS = 200;

/**
 * Gets new tokens for an account. A refresh token counts once, so only one process at a time may use it: whoever takes
 * the lease in the account's row. The others wait for what he writes. A lease ends by itself, for a holder that died.
 */
export async function refreshTokens(
  desk: CodexDesk,
  id: CredentialId,
  wish: RefreshWish,
  unsaved: UnsavedTokens,
): Promise<RefreshOutcome> {
  if (!(await saveLeftover(desk, id, unsaved))) return transient('the last tokens could not be stored yet');
  const leaseMs = desk.config()['codex.refresh_lease_ms'];
  const deadlineMs = desk.ctx.clock.monotonicMs() + 2 * leaseMs;
  let { fingerprint } = wish;
  for (;;) {
    const row = await readLeased(desk.ctx, id);
    if (!row) return { kind: 'gone' };
    fingerprint ??= row.account.fingerprint;
    if (row.account.fingerprint !== fingerprint) return { kind: 'already' };
    if (row.account.state === 'needs_login' && wish.force !== true) return needsLogin(row.account);
    const owner = newId('lease', desk.ctx.clock.now(), desk.ctx.random);
    if (await lease(desk, row.account, owner, leaseMs)) return await refreshAsHolder(desk, row, owner, unsaved);
    if (desk.ctx.clock.monotonicMs() >= deadlineMs) return transient('another daemon did not finish its refresh');
    await desk.pause(LOOK_MS + desk.ctx.random.fraction() * LOOK_JITTER_MS);
  }
}

/** Whoever comes after a holder that gave up finds the same version again, and may try himself. */
async function lease(desk: CodexDesk, account: CodexAccount, owner: LeaseId, leaseMs: number): Promise<boolean> {
  const now = desk.ctx.clock.now();
  return await takeLease(desk.ctx, account, { owner, now, until: epochMs(now + leaseMs) });
}

async function refreshAsHolder(
  desk: CodexDesk,
  { account, sealed }: LeasedAccount,
  owner: LeaseId,
  unsaved: UnsavedTokens,
): Promise<RefreshOutcome> {
  const { ctx, keyring } = desk;
  const { credentialId } = account;
  let isOver = false;
  try {
    const credential = await findCredential(ctx, keyring, credentialId);
    const refreshToken = openRefreshToken(keyring, sealed);
    const answer = await refreshWith(desk, refreshToken, credential.proxyUrl);
    if (answer.kind === 'trouble') return transient(answer.why);
    isOver = true;
    if (answer.kind === 'refused') return await giveUp(desk, account, answer.code);
    const old = { accessToken: credential.secret, refreshToken, idToken: openIdToken(keyring, sealed) };
    const given = { at: ctx.clock.now(), expiresInS: answer.tokens.expiresInS };
    const tokens = over(old, answer.tokens);
    unsaved.set(credentialId, { before: account, tokens, facts: factsOf(tokens, account, given) });
    for (let left = SAVE_TRIES; left > 0; left--) {
      if (await saveLeftover(desk, credentialId, unsaved)) return { kind: 'refreshed' };
      await desk.pause(SAVE_PAUSE_MS);
    }
    return transient('the new tokens could not be stored yet');
  } finally {
    if (!isOver) await dropLease(ctx, credentialId, owner);
  }
}

/** A refusal may only mean that another has used the token: then his are in the row. */
async function giveUp(desk: CodexDesk, account: CodexAccount, code: string): Promise<RefreshOutcome> {
  const { ctx } = desk;
  const isMarked = await inChange(ctx, 'upstreams', async (tx) =>
    writeState(tx, account, 'needs_login', code, tx.clock.now()),
  );
  if (!isMarked) return { kind: 'already' };
  ctx.log.warn({ credential: account.credentialId, code }, 'a Codex account needs a new login');
  await desk.changed('upstreams');
  return { kind: 'needs_login', why: code };
}

/** True when nothing is left that must be stored. A database that is away must not cost an account. */
async function saveLeftover(desk: CodexDesk, id: CredentialId, unsaved: UnsavedTokens): Promise<boolean> {
  const left = unsaved.get(id);
  if (!left) return true;
  try {
    const isSaved = await saveTokens(desk, left.before, left.tokens, left.facts, { keepBlocked: true });
    unsaved.delete(id);
    if (!isSaved) desk.ctx.log.warn({ credential: id }, 'new tokens of a Codex account came after others');
    await desk.changed('upstreams');
    return true;
  } catch (error) {
    desk.ctx.log.error(
      { credential: id, error: describeError(error) },
      'new tokens of a Codex account are not stored yet',
    );
    return false;
  }
}

function over(old: CodexTokens, given: GivenTokens): CodexTokens {
  return {
    accessToken: given.accessToken ?? old.accessToken,
    refreshToken: given.refreshToken ?? old.refreshToken,
    idToken: given.idToken ?? old.idToken,
  };
}

function needsLogin({ why }: CodexAccount): RefreshOutcome {
  return { kind: 'needs_login', why: why ?? 'unknown' };
}

function transient(why: string): RefreshOutcome {
  return { kind: 'transient', why };
}

/** When the tokens of an account should be refreshed although nobody was refused yet. */
export function refreshDueAt(account: CodexAccount, config: ReturnType<CodexDesk['config']>, spread: number): EpochMs {
  const byAge = account.lastRefreshAt + config['codex.refresh_age_ms'];
  const lead = config['codex.refresh_lead_ms'];
  // Accounts that were brought in together should not all come at once.
  const byExpiry = account.accessExpiresAt === null ? byAge : account.accessExpiresAt - lead * (1 + spread);
  return epochMs(Math.min(byAge, byExpiry));
}
