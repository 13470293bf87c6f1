import type { UserId } from '../../../core/ids.ts';
import { WINDOW_MS, type WindowSpan } from '../../../core/plans/index.ts';
import type { Reservation, ReserveInput } from '../../../core/quota/index.ts';
import { type LiveSubscription, standingOf } from '../../../core/subscriptions/index.ts';
import { epochMs } from '../../../core/time.ts';
import type { ModelBooks } from './model-books.ts';
import { FLOOR } from './money-cast.ts';

/** A request that runs. */
export interface Hold {
  readonly reservation: Reservation;
  readonly daemon: number;
  readonly user: UserId;
  /** The user, the subscription, or `free`. */
  readonly payer: string;
  readonly held: number;
  /** False when its daemon was taken for dead: what it held may be spent again, and it is charged all the same. */
  isBacked: boolean;
}

export interface Rules {
  payAsYouGo: boolean;
  multiplierPpm: number;
  isFree: boolean;
}

export type Verdict =
  | { readonly kind: 'reserved'; readonly payer: string; readonly held: number }
  | { readonly kind: 'refused'; readonly code: string };

interface Charge {
  readonly at: number;
  readonly amount: number;
}

/** Who may spend how much: one list of what is held, one of what each plan was charged. */
export class ModelSpending {
  holds: Hold[] = [];
  /** As last seen, with the end of each as the database has it. */
  subscriptions: readonly LiveSubscription[] = [];
  readonly charges = new Map<string, Charge[]>();
  /** When each window began, by subscription and span; absent: never. */
  readonly begun = new Map<string, number>();
  /** Subscriptions that were charged more than was held for it, while more of them may have been leased. */
  readonly robbed = new Set<string>();
  readonly #overruns = new Map<number, { readonly user: UserId; readonly over: number }[]>();
  readonly #books: ModelBooks;

  constructor(books: ModelBooks) {
    this.#books = books;
  }

  heldOf(payer: string): number {
    return this.holds.reduce((sum, hold) => sum + (hold.isBacked && hold.payer === payer ? hold.held : 0), 0);
  }

  isRobbed(payer: string): boolean {
    return this.robbed.has(payer) || this.#books.robbed.has(payer as UserId);
  }

  /** What a payer has left that nobody holds; below nothing when it was taken from it. */
  roomOf(payer: string, now: number): number {
    const subscription = this.subscriptions.find(({ id }) => id === payer);
    if (!subscription) return this.#books.balanceOf(payer as UserId) - this.heldOf(payer);
    const left = limitsOf(subscription).map(([span, limit]) => limit - this.usedOf(payer, span, now));
    return Math.min(...left) - this.heldOf(payer);
  }

  /** Since the window began that is open; nothing when none is. */
  usedOf(id: string, span: WindowSpan, now: number): number {
    return this.isOpen(id, span, now) ? this.chargedSince(id, this.begun.get(`${id} ${span}`) ?? 0) : 0;
  }

  isOpen(id: string, span: WindowSpan, now: number): boolean {
    const begun = this.begun.get(`${id} ${span}`);
    return begun !== undefined && now < begun + WINDOW_MS[span];
  }

  chargedSince(id: string, begun: number): number {
    return (this.charges.get(id) ?? []).reduce((sum, { at, amount }) => sum + (at >= begun ? amount : 0), 0);
  }

  running(user: UserId, now: number): LiveSubscription[] {
    const running = this.subscriptions.filter(
      (each) => each.userId === user && standingOf(each, epochMs(now)) === 'active',
    );
    return running.sort((a, b) => a.endsAt - b.endsAt || (a.id < b.id ? -1 : 1));
  }

  /** Who must pay when nothing is leased but what the asked daemon itself holds. */
  expect({ userId, listUsdMicros, minimumUsdMicros, now }: ReserveInput, rules: Rules): Verdict {
    if (rules.isFree) return { kind: 'reserved', payer: 'free', held: 0 };
    const running = this.running(userId, now);
    let isForbidden = false;
    for (const each of running) {
      const { multiplierPpm, allowsOverage } = each.version;
      const held = this.#holdable(each.id, listUsdMicros ?? 0, minimumUsdMicros, multiplierPpm, now);
      if (held !== null) return { kind: 'reserved', payer: each.id, held };
      isForbidden ||= !allowsOverage;
    }
    const refused = running.length > 0 ? 'plan_window_exhausted' : undefined;
    if (!rules.payAsYouGo) return { kind: 'refused', code: refused ?? 'not_granted' };
    const held = isForbidden
      ? null
      : this.#holdable(userId, listUsdMicros ?? 0, minimumUsdMicros, rules.multiplierPpm, now);
    if (held !== null) return { kind: 'reserved', payer: userId, held };
    return { kind: 'refused', code: refused ?? 'insufficient_balance' };
  }

  /** A request is done; null: what it cost cannot be told. `spare`: what its daemon has leased of the payer beside it. */
  settle(hold: Hold, cost: number | null, now: number, spare: number): void {
    this.drop(hold);
    const { payer, user, held, isBacked, daemon } = hold;
    if (payer === 'free' || cost === null || cost === 0) return;
    const isCovered = isBacked && cost <= held + spare;
    if (payer !== user) {
      this.charges.set(payer, [...(this.charges.get(payer) ?? []), { at: now, amount: cost }]);
      if (!isCovered) this.robbed.add(payer);
      return;
    }
    this.#books.move(`user:${user}`, 'revenue:usage', cost);
    if (!isCovered) this.#books.robbed.add(user);
    if (cost > held) this.#overruns.set(daemon, [...(this.#overruns.get(daemon) ?? []), { user, over: cost - held }]);
  }

  drop(hold: Hold): void {
    this.holds = this.holds.filter((other) => other !== hold);
  }

  /** The daemon looks at what cost more than was held: below the floor, it is written off. */
  tick(daemon: number): number {
    let writtenOff = 0;
    for (const { user, over } of this.#overruns.get(daemon) ?? []) {
      const amount = Math.min(over, FLOOR - this.#books.balanceOf(user));
      if (amount <= 0) continue;
      this.#books.move('writeoffs', `user:${user}`, amount);
      writtenOff += 1;
    }
    this.#overruns.delete(daemon);
    return writtenOff;
  }

  /** Nobody beats for it any more and its leases are swept. */
  bury(daemon: number): void {
    for (const hold of this.holds) if (hold.daemon === daemon) hold.isBacked = false;
  }

  /** What could be held with a payer; null: not even the least. */
  #holdable(payer: string, list: number, minimum: number, multiplierPpm: number, now: number): number | null {
    const times = (amount: number) => Math.ceil((amount * multiplierPpm) / 1_000_000);
    const amount = times(list);
    const room = amount === 0 ? 0 : this.roomOf(payer, now);
    const held = Math.min(amount, room);
    return held >= Math.min(amount, Math.max(1, times(minimum))) ? held : null;
  }
}

/** The windows of a plan and what each may take. */
export function limitsOf({ version }: LiveSubscription): [WindowSpan, number][] {
  return (Object.entries(version.windowLimits) as [WindowSpan, number | null][]).flatMap(([span, limit]) =>
    limit === null ? [] : [[span, limit]],
  );
}
