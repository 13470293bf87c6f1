import type { UserId } from '../../../core/ids.ts';

/** An order as the model has it. */
export interface Sale {
  readonly id: string;
  readonly number: string;
  readonly user: UserId;
  /** What of PLANS was bought; null: balance. */
  readonly plan: { readonly versionId: string; readonly lastsMs: number } | null;
  readonly credit: number;
  readonly amountMinor: number;
  readonly currency: string;
  readonly expiresAt: number;
  readonly wallet: boolean;
  readonly attempts: Attempt[];
  state: 'pending' | 'canceled' | 'expired' | 'failed' | 'fulfilled' | 'paid_late';
}

/** A try to get it paid, and where the money of it went. */
export interface Attempt {
  readonly id: string;
  readonly reference: string;
  readonly sale: Sale;
  readonly by: 'bank' | 'wallet' | 'hand';
  /** It can be paid and started again. */
  hasPage: boolean;
  isOpen: boolean;
  /** The bank's name of the payment; null until it is paid. */
  ref: string | null;
  /** Accounts from and to which the money went. */
  source: string;
  holder: string | null;
  /** What was told of it so far, in the smallest unit of the currency. */
  refunded: number;
  disputed: number;
  dispute: 'none' | 'open' | 'won' | 'lost';
  /** What of it was moved, in micro-dollars. */
  returned: number;
  withheld: number;
  readonly refunds: ModelRefund[];
}

export interface ModelRefund {
  /** Of the row; null until it was seen. */
  id: string | null;
  readonly attempt: Attempt;
  readonly amountMinor: number;
  state: 'requested' | 'submitted' | 'succeeded' | 'failed' | 'unknown';
  /** The bank has named it, so it arrived there. */
  isNamed: boolean;
  /** The bank was asked for it and knows nothing of it. */
  isMissing: boolean;
}

const OPEN_REFUNDS = ['requested', 'submitted', 'unknown'];

export function newAttempt(
  sale: Sale,
  given: Pick<Attempt, 'id' | 'reference' | 'by' | 'source'> & Partial<Attempt>,
): Attempt {
  return {
    sale,
    hasPage: false,
    isOpen: true,
    ref: null,
    holder: null,
    refunded: 0,
    disputed: 0,
    dispute: 'none',
    returned: 0,
    withheld: 0,
    refunds: [],
    ...given,
  };
}

export function hasMoney({ state }: Sale): boolean {
  return state === 'fulfilled' || state === 'paid_late';
}

/** What of a payment may go back: not what is back, disputed, or on its way. */
export function refundableOf({ sale, refunded, disputed, refunds }: Attempt): number {
  return sale.amountMinor - refunded - disputed - sumOf(refunds.filter(({ state }) => OPEN_REFUNDS.includes(state)));
}

/** It reached the bank, and nobody knows yet what came of it. */
export function isUndecided({ state }: ModelRefund): boolean {
  return state === 'submitted' || state === 'unknown';
}

function sumOf(refunds: readonly ModelRefund[]): number {
  return refunds.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
}
