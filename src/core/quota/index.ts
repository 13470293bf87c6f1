// Whether a request may run and who pays for it.
export { freeQuota } from './free-quota.ts';
export type { QuotaProvider, Reservation, ReserveAnswer, ReserveInput, SettleInput } from './quota.ts';
