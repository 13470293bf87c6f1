// biome-ignore-all lint/style/noRestrictedGlobals: asks of one turn of the event loop are gathered for one transaction.
import type { Ctx } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { newId, type UserId } from '../ids.ts';
import { type EpochMs, epochMs } from '../time.ts';
import { grantLeases, type LeaseGrant, type LeaseWish } from './grant-leases.ts';
import { Lease, type LeasePayerKind } from './lease.ts';
import { type Asked, LeaseAccount, type Waiter } from './lease-account.ts';
import { keepHolder, type LeaseHolder } from './lease-store.ts';
import { resetOf } from './reset-of.ts';
import { releaseHolders, returnLeases } from './return-leases.ts';

export interface LeaseDeskOptions {
  /** Names the data folder of this process; see LeaseHolder. */
  readonly folder: string;
  /** How long leases live without a sign of their holder. */
  readonly leaseMs: number;
}

/** Payers of one transaction at the most. */
const ACCOUNTS_MAX = 500;

/**
 * Holds this process's leases and asks the database for more of them. Whoever asks while an answer is under way is
 * answered by the next one, so the busier it is, the more of them share a transaction.
 */
export class LeaseDesk {
  readonly #ctx: Ctx;
  readonly #options: LeaseDeskOptions;
  readonly #accounts = new Map<string, LeaseAccount>();
  /** Accounts with waiters, none of them twice. */
  #asking: LeaseAccount[] = [];
  #isScheduled = false;
  /** Everything that touches leases in the database goes one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #holder: LeaseHolder | null = null;
  /** Out of use, and in the database still. */
  #unreturned: Lease[] = [];
  #validUntil = 0;

  constructor(ctx: Ctx, options: LeaseDeskOptions) {
    this.#ctx = ctx;
    this.#options = options;
  }

  /** Until when leases may be handed out of without asking; beyond it, somebody may have taken this process for dead. */
  get validUntil(): number {
    return this.#validUntil;
  }

  /** Whether something could not be given back and is to be tried again. */
  get hasUnreturned(): boolean {
    return this.#unreturned.length > 0;
  }

  get accounts(): Iterable<LeaseAccount> {
    return this.#accounts.values();
  }

  /** The account of a payer. User and subscription ids are never the same. */
  account(kind: LeasePayerKind, id: string, userId: UserId): LeaseAccount {
    const known = this.#accounts.get(id);
    if (known) return known;
    const account = new LeaseAccount(kind, id, userId);
    this.#accounts.set(id, account);
    return account;
  }

  /** Forgets accounts about which there is nothing to know. */
  forgetEmpty(now: EpochMs): void {
    for (const account of this.#accounts.values()) if (account.isEmpty(now)) this.#accounts.delete(account.id);
  }

  /**
   * Holds room with a payer whose lease has not enough of it.
   * @throws Failure overloaded when the database does not answer.
   */
  ask(account: LeaseAccount, amountUsdMicros: number, minimumUsdMicros: number): Promise<Asked> {
    return new Promise((resolve, reject) => {
      account.waiters.push({ amountUsdMicros, minimumUsdMicros, resolve, reject });
      if (account.waiters.length > 1) return;
      this.#asking.push(account);
      this.#schedule();
    });
  }

  /** Shows that this process lives, if it holds anything. */
  async beat(): Promise<void> {
    await this.#inTurn(async () => {
      const holder = this.#holder;
      if (!holder || !this.#hasLeases()) return;
      const expiresAt = this.#expiry();
      if (await keepHolder(this.#ctx, holder.id, expiresAt)) this.#validUntil = expiresAt;
      else this.#lose();
    });
  }

  /** Gives back those of the leases that nobody has used since `usedAt`, and what could not be given back before. */
  async giveBack(leases: readonly { readonly lease: Lease; readonly usedAt: EpochMs }[]): Promise<void> {
    await this.#inTurn(async () => {
      for (const { lease, usedAt } of leases) {
        const account = this.#accounts.get(lease.payerId);
        if (account?.lease !== lease || lease.heldUsdMicros > 0 || lease.usedAt !== usedAt) continue;
        // Out of use first: a request that comes meanwhile asks for a new one.
        account.lease = null;
        this.#unreturned.push(lease);
      }
      while (this.#unreturned.length > 0) {
        await returnLeases(this.#ctx, this.#unreturned.slice(0, ACCOUNTS_MAX));
        this.#unreturned.splice(0, ACCOUNTS_MAX);
      }
      if (!this.#hasLeases()) await this.#retire();
    });
  }

  /** Gives everything back. Afterwards nothing is leased any more. */
  async close(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#retire();
    });
  }

  /** Whoever holds nothing need not show that it lives. */
  async #retire(): Promise<void> {
    const holder = this.#holder;
    this.#forget();
    if (holder) await releaseHolders(this.#ctx, { id: holder.id });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // After the I/O of this turn: the requests that it brought ask together.
    setImmediate(() => void this.#inTurn(() => this.#answerAll()));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#turn.then(work);
    this.#turn = next.catch(() => {});
    return next;
  }

  async #answerAll(): Promise<void> {
    this.#isScheduled = false;
    while (this.#asking.length > 0) {
      const accounts = this.#asking.splice(0, ACCOUNTS_MAX);
      const asked = accounts.map((account) => account.waiters.length);
      try {
        const grants = await this.#grant(accounts);
        accounts.forEach((account, at) => {
          const { wish, grant } = grants[at] as (typeof grants)[number];
          this.#serve(account, asked[at] ?? 0, wish, grant);
        });
      } catch (error) {
        const failure = new Failure('overloaded', 'The relay cannot reach its books; try again in a moment.', error);
        for (const account of accounts) for (const waiter of account.waiters.splice(0)) waiter.reject(failure);
      }
    }
  }

  async #grant(
    accounts: readonly LeaseAccount[],
  ): Promise<readonly { readonly wish: LeaseWish; readonly grant: LeaseGrant }[]> {
    for (;;) {
      const now = this.#ctx.clock.now();
      const expiresAt = this.#expiry();
      const isNew = this.#holder === null;
      const id = this.#holder?.id ?? newId('dmn', now, this.#ctx.random);
      const holder = { id, folder: this.#options.folder, startedAt: this.#holder?.startedAt ?? now, expiresAt };
      const wishes = accounts.map((account) => this.#wishOf(account, now));
      const grants = await grantLeases(this.#ctx, { ...holder, isNew }, wishes, now);
      if (grants === 'swept') {
        this.#lose();
        continue;
      }
      this.#holder = holder;
      this.#validUntil = expiresAt;
      return grants.map((grant, at) => ({ wish: wishes[at] as LeaseWish, grant }));
    }
  }

  #wishOf(account: LeaseAccount, now: EpochMs): LeaseWish {
    // In its place before the database has it: should the answer be lost, it is given back under this id like any other.
    account.lease ??= new Lease(newId('lease', now, this.#ctx.random), account, now);
    const { lease, waiters } = account;
    const free = lease.freeUsdMicros;
    let asked = 0;
    let least = Number.POSITIVE_INFINITY;
    for (const waiter of waiters) {
      asked += waiter.amountUsdMicros;
      least = Math.min(least, waiter.minimumUsdMicros);
    }
    return { lease, askedUsdMicros: asked, neededUsdMicros: asked - free, leastUsdMicros: least - free };
  }

  /** Hands out what there is now, in the order in which they came, to the first `asked` of those who wait. */
  #serve(account: LeaseAccount, asked: number, wish: LeaseWish, grant: LeaseGrant): void {
    const now = this.#ctx.clock.now();
    const { lease } = wish;
    const { grantedUsdMicros, leftUsdMicros, windows } = grant;
    lease.grantedUsdMicros += grantedUsdMicros;
    lease.leftBehindUsdMicros = leftUsdMicros;
    const isShort = grantedUsdMicros < wish.neededUsdMicros;
    if (isShort) account.noteShort(leftUsdMicros, now);
    else account.noteEnough();
    // Those who came while the answer was under way may know of a payment that it does not.
    const later = account.waiters.slice(asked);
    const again: Waiter[] = [];
    for (const waiter of account.waiters.slice(0, asked)) {
      const held = Math.min(waiter.amountUsdMicros, lease.freeUsdMicros);
      if (held >= waiter.minimumUsdMicros) {
        lease.hold(held, now);
        waiter.resolve({ lease, heldUsdMicros: held });
      } else if (isShort) {
        const missing = waiter.minimumUsdMicros - lease.freeUsdMicros;
        waiter.resolve({ lease: null, resetsAt: resetOf(windows, grantedUsdMicros + missing) });
      } else again.push(waiter);
    }
    account.waiters = [...again, ...later];
    if (account.waiters.length > 0) this.#asking.push(account);
    if (lease.grantedUsdMicros === 0) account.lease = null;
  }

  /** What was leased is no longer ours: it was taken for abandoned. Requests that run are charged all the same. */
  #lose(): void {
    if (this.#hasLeases()) {
      this.#ctx.log.warn({ holder: this.#holder?.id }, 'leases were swept while this process lived; leasing anew');
    }
    this.#forget();
  }

  #forget(): void {
    for (const account of this.#accounts.values()) account.lease = null;
    this.#unreturned = [];
    this.#holder = null;
    this.#validUntil = 0;
  }

  #expiry(): EpochMs {
    return epochMs(this.#ctx.clock.now() + this.#options.leaseMs);
  }

  #hasLeases(): boolean {
    for (const { lease } of this.#accounts.values()) if (lease) return true;
    return this.#unreturned.length > 0;
  }
}
