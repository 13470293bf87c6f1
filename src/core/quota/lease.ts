import type { LeaseId, UserId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import type { EpochMs } from '../time.ts';
import type { UsagePayment } from '../usage/index.ts';

export type LeasePayerKind = Exclude<UsagePayment['payerKind'], 'free'>;

/** A slice of a balance or of a plan's windows that this process may hand out without asking the database. */
export class Lease {
  readonly id: LeaseId;
  readonly userId: UserId;
  readonly payerKind: LeasePayerKind;
  /** The user of a balance, or the subscription. */
  readonly payerId: string;
  readonly createdAt: EpochMs;
  /** All that the database ever gave. */
  grantedUsdMicros = 0;
  /** All that was charged out of it. */
  spentUsdMicros = 0;
  /** Of what is left: held by requests that run. */
  heldUsdMicros = 0;
  /** What the payer had left in the database after the last grant. */
  leftBehindUsdMicros = 0;
  usedAt: EpochMs;

  constructor(
    id: LeaseId,
    payer: { readonly userId: UserId; readonly kind: LeasePayerKind; readonly id: string },
    now: EpochMs,
  ) {
    this.id = id;
    this.userId = payer.userId;
    this.payerKind = payer.kind;
    this.payerId = payer.id;
    this.createdAt = now;
    this.usedAt = now;
  }

  get freeUsdMicros(): number {
    return this.grantedUsdMicros - this.spentUsdMicros - this.heldUsdMicros;
  }

  hold(amountUsdMicros: number, now: EpochMs): void {
    this.heldUsdMicros += amountUsdMicros;
    this.usedAt = now;
  }

  /**
   * Ends a hold of which `chargedUsdMicros` was used. What was used beyond it is taken from what is free, as far as
   * that goes: the payer has less by all of it.
   */
  settle(heldUsdMicros: number, chargedUsdMicros: UsdMicros, now: EpochMs): void {
    this.heldUsdMicros -= heldUsdMicros;
    this.spentUsdMicros += Math.min(chargedUsdMicros, this.freeUsdMicros);
    this.usedAt = now;
  }
}
