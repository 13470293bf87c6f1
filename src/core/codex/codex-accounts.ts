import { describeError } from '../failure.ts';
import type { CredentialId } from '../ids.ts';
import { type EpochMs, epochMs } from '../time.ts';
import type { CodexAccount, CodexState } from './codex-account.ts';
import { readAccounts } from './codex-account-store.ts';
import type { CodexDesk } from './codex-desk.ts';
import { type LimitSnapshot, mergeSnapshots, snapshotAt } from './limit-snapshot.ts';
import { markBlocked } from './mark-blocked.ts';
import { type RefreshOutcome, type RefreshWish, refreshTokens, type UnsavedTokens } from './refresh-tokens.ts';
import { saveLimits } from './save-limits.ts';

/** What a request needs to know of an account, without waiting for anything. */
export interface CodexAccountView {
  readonly credentialId: CredentialId;
  /** Goes into the header `chatgpt-account-id`. */
  readonly accountId: string;
  readonly isFedramp: boolean;
  readonly plan: string | null;
  readonly state: CodexState;
  readonly why: string | null;
  readonly accessExpiresAt: EpochMs | null;
  /** As of now: a window whose reset has come is empty. */
  readonly limits: LimitSnapshot | null;
}

/** Told of every change of what is known of an account's limits, here or by another daemon. */
type LimitsListener = (id: CredentialId, limits: LimitSnapshot) => void;

const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 60_000;
/** Rows that other daemons wrote while their clock was behind ours are seen as well. */
const OVERLAP_MS = 10_000;

/** All ChatGPT accounts in memory: for requests at once, and in step with the database. */
export class CodexAccounts {
  readonly #desk: CodexDesk;
  #accounts: ReadonlyMap<CredentialId, CodexAccount>;
  /** What was seen since the last flush. */
  readonly #seen = new Map<CredentialId, LimitSnapshot>();
  readonly #limitsListeners: LimitsListener[] = [];
  readonly #tokensListeners: ((id: CredentialId) => void)[] = [];
  readonly #refreshing = new Map<CredentialId, Promise<RefreshOutcome>>();
  readonly #unsaved: UnsavedTokens = new Map();
  /** After a refresh that may work later: when it may be tried again, and how long the next pause is. */
  readonly #resting = new Map<CredentialId, { readonly until: EpochMs; readonly pauseMs: number }>();

  constructor(desk: CodexDesk, accounts: readonly CodexAccount[]) {
    this.#desk = desk;
    this.#accounts = byId(accounts);
  }

  /** Null when the credential belongs to no account. */
  get(id: string): CodexAccountView | null {
    const account = this.#accounts.get(id as CredentialId);
    if (!account) return null;
    const limits = this.#limitsOf(account);
    return {
      credentialId: account.credentialId,
      accountId: account.accountId,
      isFedramp: account.isFedramp,
      plan: limits?.plan ?? account.plan,
      state: account.state,
      why: account.why,
      accessExpiresAt: account.accessExpiresAt,
      limits: limits && snapshotAt(limits, this.#desk.ctx.clock.now()),
    };
  }

  /** Takes over what the database says; what was seen here since and is not written yet stays. */
  replace(accounts: readonly CodexAccount[]): void {
    const before = this.#accounts;
    this.#accounts = byId(accounts);
    for (const account of accounts) {
      const known = before.get(account.credentialId);
      if (known && known.version !== account.version) {
        this.#resting.delete(account.credentialId);
        for (const listener of this.#tokensListeners) listener(account.credentialId);
      }
      if (account.limits && account.limits.at !== known?.limits?.at) this.#tell(account.credentialId, account.limits);
    }
  }

  onLimits(listener: LimitsListener): void {
    this.#limitsListeners.push(listener);
  }

  /** Told whenever an account has new tokens, by a refresh or a login, here or by another daemon. */
  onTokens(listener: (id: CredentialId) => void): void {
    this.#tokensListeners.push(listener);
  }

  /** Takes what an answer says of the account's limits; the database has it after the next flush. */
  observe(id: string, seen: LimitSnapshot): void {
    const account = this.#accounts.get(id as CredentialId);
    if (!account) return;
    const merged = mergeSnapshots(this.#seen.get(account.credentialId) ?? null, seen);
    this.#seen.set(account.credentialId, merged);
    this.#tell(account.credentialId, seen);
  }

  /** Writes what was seen, and takes over what other daemons have seen. Windows that ran out are closed as well. */
  async flush(): Promise<void> {
    const { ctx } = this.#desk;
    const now = ctx.clock.now();
    const ended = [...this.#accounts.values()].filter((account) => hasEnded(account, now));
    const seen = new Map(this.#seen);
    for (const id of new Set([...seen.keys(), ...ended.map(({ credentialId }) => credentialId)])) {
      await saveLimits(ctx, id, seen.get(id) ?? null);
    }
    await this.#takeOver(now);
    // Only now, so that a database that is away costs nothing; what was seen meanwhile stays for the next time.
    for (const [id, snapshot] of seen) if (this.#seen.get(id) === snapshot) this.#seen.delete(id);
  }

  /**
   * New tokens after a request was refused with 401. `fingerprint` is that of the credential that was used: when the
   * account has another access token by now, that one is simply there to be used. Many callers at once make one call.
   * After `refreshed` and `already` the live topology has the new secret.
   */
  async refreshNow(id: string, fingerprint: string): Promise<'refreshed' | 'already' | 'needs_login' | 'transient'> {
    const { kind } = await this.refresh(id as CredentialId, { fingerprint });
    return kind === 'gone' ? 'needs_login' : kind;
  }

  /** For the job and the operator. A caller who forces it does not wait out a pause after a failure. */
  async refresh(id: CredentialId, wish: RefreshWish): Promise<RefreshOutcome> {
    const running = this.#refreshing.get(id);
    if (running !== undefined) return joined(await running);
    const now = this.#desk.ctx.clock.now();
    if (wish.force !== true && (this.#resting.get(id)?.until ?? 0) > now) {
      return { kind: 'transient', why: 'the last try failed a moment ago' };
    }
    const run = this.#refresh(id, wish).finally(() => this.#refreshing.delete(id));
    this.#refreshing.set(id, run);
    return await run;
  }

  /** Resolves when no refresh is under way: one that is cut off before its tokens are stored costs the account its login. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#refreshing.values());
  }

  /** The provider says that the account itself is not wanted any more: no request uses it until it is looked after. */
  async block(id: string, why: string): Promise<void> {
    const account = this.#accounts.get(id as CredentialId);
    if (account?.state === 'active') await markBlocked(this.#desk, account, why);
  }

  async #refresh(id: CredentialId, wish: RefreshWish): Promise<RefreshOutcome> {
    const outcome = await refreshTokens(this.#desk, id, wish, this.#unsaved).catch((error: unknown): RefreshOutcome => {
      this.#desk.ctx.log.error({ credential: id, error: describeError(error) }, 'a Codex account cannot be refreshed');
      return { kind: 'transient', why: 'something failed inside of Realms; the log has it' };
    });
    if (outcome.kind === 'transient') this.#rest(id);
    else this.#resting.delete(id);
    // Another daemon's tokens may be in the database before this one has heard of them.
    if (outcome.kind === 'already') await this.#desk.changed('upstreams');
    return outcome;
  }

  #rest(id: CredentialId): void {
    const pauseMs = Math.min((this.#resting.get(id)?.pauseMs ?? RETRY_FIRST_MS / 2) * 2, RETRY_MAX_MS);
    this.#resting.set(id, { until: epochMs(this.#desk.ctx.clock.now() + pauseMs), pauseMs });
  }

  async #takeOver(now: EpochMs): Promise<void> {
    const changed = await readAccounts(this.#desk.ctx, epochMs(now - OVERLAP_MS));
    if (changed.length === 0) return;
    const merged = new Map(this.#accounts);
    // Tokens come with the topology, never without it: here only what was seen is taken over.
    for (const { credentialId, limits } of changed) {
      const known = merged.get(credentialId);
      if (known) merged.set(credentialId, { ...known, limits });
    }
    this.replace([...merged.values()]);
  }

  #limitsOf(account: CodexAccount): LimitSnapshot | null {
    const seen = this.#seen.get(account.credentialId);
    return seen ? mergeSnapshots(account.limits, seen) : account.limits;
  }

  #tell(id: CredentialId, limits: LimitSnapshot): void {
    for (const listener of this.#limitsListeners) listener(id, limits);
  }
}

function byId(accounts: readonly CodexAccount[]): ReadonlyMap<CredentialId, CodexAccount> {
  return new Map(accounts.map((account) => [account.credentialId, account]));
}

function hasEnded({ limits }: CodexAccount, now: EpochMs): boolean {
  return limits !== null && snapshotAt(limits, now).limits.some((limit, at) => limit !== limits.limits[at]);
}

/** To those who only waited, it is already done. */
function joined(outcome: RefreshOutcome): RefreshOutcome {
  return outcome.kind === 'refreshed' ? { kind: 'already' } : outcome;
}
