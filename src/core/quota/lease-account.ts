import type { UserId } from '../ids.ts';
import type { EpochMs } from '../time.ts';
import type { Lease, LeasePayerKind } from './lease.ts';

/** A request that waits for the database to say whether its payer has room. */
export interface Waiter {
  readonly amountUsdMicros: number;
  /** Less than this is not enough. */
  readonly minimumUsdMicros: number;
  readonly resolve: (answer: Asked) => void;
  readonly reject: (reason: unknown) => void;
}

/** What asking came to: room that is held now, or none. */
export type Asked =
  | { readonly lease: Lease; readonly heldUsdMicros: number }
  | { readonly lease: null; readonly resetsAt: EpochMs | null };

/** How long the word of the database that a payer has nothing left is believed. */
const SHORT_FOR_MS = 1_000;

/** What this process knows of one payer: its lease, and who waits for more. */
export class LeaseAccount {
  readonly kind: LeasePayerKind;
  /** The user of a balance, or the subscription. */
  readonly id: string;
  readonly userId: UserId;
  lease: Lease | null = null;
  waiters: Waiter[] = [];
  #shortUntil = 0;
  #leftUsdMicros = 0;

  constructor(kind: LeasePayerKind, id: string, userId: UserId) {
    this.kind = kind;
    this.id = id;
    this.userId = userId;
  }

  get freeUsdMicros(): number {
    return this.lease?.freeUsdMicros ?? 0;
  }

  /** The database has given all it had but `leftUsdMicros`, which was too little to be of use. */
  noteShort(leftUsdMicros: number, now: EpochMs): void {
    this.#leftUsdMicros = leftUsdMicros;
    this.#shortUntil = now + SHORT_FOR_MS;
  }

  noteEnough(): void {
    this.#shortUntil = 0;
  }

  /** Whether it is known, as of a moment ago, that there is not even the least that a request needs. */
  isShortOf(minimumUsdMicros: number, now: EpochMs): boolean {
    return now < this.#shortUntil && this.freeUsdMicros + this.#leftUsdMicros < minimumUsdMicros;
  }

  /** Nothing in it that would be missed. */
  isEmpty(now: EpochMs): boolean {
    return this.lease === null && this.waiters.length === 0 && now >= this.#shortUntil;
  }
}
