import type { RequestId, UserId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import type { EpochMs } from '../time.ts';
import type { Lease } from './lease.ts';
import type { HeldReservation, Payer, Reservation } from './quota.ts';

const CLOSED = -1;

/** A reservation that somebody pays for. */
export class PaidReservation implements Reservation, HeldReservation {
  readonly requestId: RequestId;
  readonly userId: UserId;
  readonly payer: Payer;
  readonly payerMultiplierPpm: number;
  readonly heldUsdMicros: UsdMicros;
  readonly groups: ReadonlySet<string> | null;
  /** Out of which it holds; null when it needs no room, or its plan has no limit. */
  readonly lease: Lease | null;
  readonly since: EpochMs;
  /** Kept by OpenReservations. */
  slot = CLOSED;

  constructor(
    request: { readonly requestId: RequestId; readonly userId: UserId; readonly now: EpochMs },
    payer: Payer,
    payerMultiplierPpm: number,
    groups: ReadonlySet<string> | null,
    lease: Lease | null,
    heldUsdMicros: number,
  ) {
    this.requestId = request.requestId;
    this.userId = request.userId;
    this.since = request.now;
    this.payer = payer;
    this.payerMultiplierPpm = payerMultiplierPpm;
    this.groups = groups;
    this.lease = lease;
    this.heldUsdMicros = heldUsdMicros as UsdMicros;
  }
}

/** The reservations of requests that run. An array whose last entry fills a gap, for the reason that Watch has one. */
export class OpenReservations {
  readonly #open: PaidReservation[] = [];

  add(reservation: PaidReservation): void {
    reservation.slot = this.#open.length;
    this.#open.push(reservation);
  }

  /** False when it is closed already. */
  delete(reservation: PaidReservation): boolean {
    const { slot } = reservation;
    if (slot === CLOSED) return false;
    reservation.slot = CLOSED;
    const last = this.#open.pop();
    if (last && last !== reservation) {
      last.slot = slot;
      this.#open[slot] = last;
    }
    return true;
  }

  list(): readonly HeldReservation[] {
    return this.#open.slice();
  }
}
