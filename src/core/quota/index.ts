// Whether a request may run, and who pays for it: leases of balances and plans, and what is charged out of them.
export { freeReservation } from './free-reservation.ts';
export { type LeaseRecord, listLeases } from './lease-store.ts';
export type { QuotaFacts } from './leased-quota.ts';
export { type OpenQuota, type OpenQuotaInput, openQuota } from './open-quota.ts';
export {
  type HeldReservation,
  type Payer,
  payerText,
  QUOTA_REFUSALS,
  type QuotaProvider,
  type QuotaRefusalCode,
  type Refused,
  type Reservation,
  type ReserveAnswer,
  type ReserveInput,
  type Settled,
} from './quota.ts';
export { QUOTA_CHECKS } from './quota-checks.ts';
export { type DoneAnswer, type PlacedAnswer, settleAnswer } from './settle-answer.ts';
