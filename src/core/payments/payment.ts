import type { ChannelId, OrderId, PaymentId } from '../ids.ts';
import type { LedgerAccount } from '../ledger/index.ts';
import type { UsdMicros } from '../money.ts';
import type { OrderKind } from '../orders/index.ts';
import type { EpochMs } from '../time.ts';
import type { PaymentAttempt, PaymentFact } from './provider.ts';

export const PAYMENT_STATES = [
  'initiated',
  'pending',
  'succeeded',
  'failed',
  'unknown',
  'partially_refunded',
  'refunded',
  'disputed',
  'dispute_lost',
] as const;
export type PaymentState = (typeof PAYMENT_STATES)[number];

export type DisputeState = Extract<PaymentFact, { kind: 'reversal' }>['disputeState'];

/** One try to get an order paid, or one period that the provider collected by itself, and what became of its money. */
export interface Payment extends PaymentAttempt {
  readonly orderKind: OrderKind;
  readonly channelId: ChannelId;
  /** The provider's id of the payment itself, which refunds and disputes name. */
  readonly paymentRef: string | null;
  /** The provider's subscription that it began or belongs to. */
  readonly subscriptionRef: string | null;
  readonly state: PaymentState;
  /** Whether the provider goes on to collect for it; `none` for all but the first payment of what renews. */
  readonly renewal: 'none' | 'running' | 'ended';
  /** Root said that it was paid; the provider knows nothing of it. */
  readonly byHand: boolean;
  readonly amountMinor: number;
  readonly currency: string;
  readonly payUrl: string | null;
  /** Until when the provider takes it; null: as long as it can be paid. */
  readonly payUrlUntil: EpochMs | null;
  readonly qrText: string | null;
  /** Where its money came from and went to; null until it is paid. */
  readonly debitAccount: LedgerAccount | null;
  readonly creditAccount: LedgerAccount | null;
  readonly creditedUsdMicros: UsdMicros;
  /** What the provider says was taken back… */
  readonly refundedMinor: number;
  readonly disputedMinor: number;
  readonly disputeState: DisputeState;
  /** …and what of it is posted: gone back for good, and held while a dispute is open. */
  readonly returnedUsdMicros: number;
  readonly disputedUsdMicros: number;
  /** How often something was posted for it: numbers the transfers. */
  readonly reversals: number;
  readonly reversalAsOf: EpochMs | null;
  readonly subscriptionAsOf: EpochMs | null;
  /** How often the provider was asked, and when it is asked again. */
  readonly asked: number;
  readonly nextAskAt: EpochMs | null;
  readonly createdAt: EpochMs;
  readonly paidAt: EpochMs | null;
  readonly id: PaymentId;
  readonly orderId: OrderId;
}

/** States in which money may still come. */
export const OPEN_STATES: readonly PaymentState[] = ['initiated', 'pending', 'unknown'];

export function isPaid({ creditAccount }: Pick<Payment, 'creditAccount'>): boolean {
  return creditAccount !== null;
}

/** What is the same for every payment that has only begun. */
export const UNPAID = {
  providerRef: null,
  paymentRef: null,
  subscriptionRef: null,
  renewal: 'none',
  byHand: false,
  payUrl: null,
  payUrlUntil: null,
  qrText: null,
  debitAccount: null,
  creditAccount: null,
  creditedUsdMicros: 0 as UsdMicros,
  refundedMinor: 0,
  disputedMinor: 0,
  disputeState: 'none',
  returnedUsdMicros: 0,
  disputedUsdMicros: 0,
  reversals: 0,
  reversalAsOf: null,
  subscriptionAsOf: null,
  asked: 0,
  nextAskAt: null,
  paidAt: null,
} as const satisfies Partial<Payment>;
