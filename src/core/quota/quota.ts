import type { QueuedRow } from '../database/index.ts';
import type { KeyId, RequestId, SubscriptionId, UserId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import type { EpochMs } from '../time.ts';
import type { UsagePayment } from '../usage/index.ts';

/** Who pays for a request; one of them, for all of it. */
export type Payer =
  | { readonly kind: 'free' }
  | { readonly kind: 'balance' }
  | { readonly kind: 'subscription'; readonly id: SubscriptionId; readonly planCode: string };

/** What a request may cost, before it runs. */
export interface ReserveInput {
  readonly requestId: RequestId;
  readonly userId: UserId;
  readonly keyId: KeyId;
  /** Public id of the model, and the name that was asked for: a plan that opens either of them pays. */
  readonly model: string;
  readonly asked: string;
  /** The group of each candidate, null where it is reached through none. */
  readonly groups: readonly (string | null)[];
  /**
   * The most that it may cost at list price, with the highest multiplier among the groups; null: the model has no price.
   * Zero: it costs nothing whatever comes, and needs no room.
   */
  readonly listUsdMicros: UsdMicros | null;
  /** What its input alone costs: less than that left with a payer is not enough. */
  readonly minimumUsdMicros: UsdMicros;
  readonly now: EpochMs;
}

/** Room held for one request. How it settles is written in it, never read from a switch again. */
export interface Reservation {
  readonly requestId: RequestId;
  readonly userId: UserId;
  readonly payer: Payer;
  /** Factor on the price, beside that of the group: hand it to `costOf`. */
  readonly payerMultiplierPpm: number;
  readonly heldUsdMicros: UsdMicros;
  /** The groups through which the payer lets it run; null: any, and none. */
  readonly groups: ReadonlySet<string> | null;
}

export const QUOTA_REFUSALS = [
  /** 402: no plan opens it, and the balance does not cover it. */
  'insufficient_balance',
  /** 402: the windows of the plans that open it are used up, and the balance may not or cannot pay on. */
  'plan_window_exhausted',
  /** 403: no plan of the user opens this, and the balance is not asked. */
  'not_granted',
  /** 403: what has no price cannot be charged. */
  'model_not_priced',
] as const;
export type QuotaRefusalCode = (typeof QUOTA_REFUSALS)[number];

export interface Refused {
  readonly kind: 'refused';
  readonly code: QuotaRefusalCode;
  readonly message: string;
  /** When a window of a plan begins anew that would have paid; null when waiting does not help. */
  readonly resetsAt: EpochMs | null;
}

export type ReserveAnswer = { readonly kind: 'reserved'; readonly reservation: Reservation } | Refused;

/** What became of a reservation. */
export interface Settled {
  /** For the usage event. */
  readonly payment: UsagePayment;
  /** For the decision record. */
  readonly note: string;
  /** To be written together with the usage event, durably; none when nothing was charged. */
  readonly rows: readonly QueuedRow[];
}

/** A reservation that is open in this process. */
export interface HeldReservation {
  readonly requestId: RequestId;
  readonly userId: UserId;
  readonly payer: Payer;
  readonly heldUsdMicros: UsdMicros;
  readonly since: EpochMs;
}

/** The quota step of the relay journey: reserve before the first attempt, then settle or release exactly once. */
export interface QuotaProvider {
  /**
   * Answers at once, without a promise, when memory has what it needs.
   * @throws Failure overloaded when the database cannot be asked.
   */
  reserve(input: ReserveInput): ReserveAnswer | Promise<ReserveAnswer>;
  /** `costUsdMicros`: with the multipliers of group and payer; null when it cannot be told, and then nothing is charged. */
  settle(reservation: Reservation, costUsdMicros: UsdMicros | null, now: EpochMs): Settled;
  /** Leaves it held: what it costs is known later, and then it is released and charged by `settleAnswer`. */
  defer(reservation: Reservation): Settled;
  /** Gives back what was held; nothing is charged. */
  release(reservation: Reservation, now: EpochMs): Settled;
  /** What is held in this process right now. */
  held(): readonly HeldReservation[];
}

/** The payer as decision records name it. */
export function payerText(payer: Payer): string {
  return payer.kind === 'subscription' ? `subscription ${payer.planCode} (${payer.id})` : payer.kind;
}
