import type { QuotaProvider } from './quota.ts';

/** Free mode: nothing is checked and nobody pays; usage is still recorded by the caller. */
export const freeQuota: QuotaProvider = {
  reserve: (input) => ({ kind: 'reserved', reservation: { requestId: input.requestId, payer: 'free' } }),
  settle: () => 'nothing charged (free mode)',
  release: () => 'nothing held (free mode)',
};
