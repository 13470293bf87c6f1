import type { ChannelId, OrderId, PaymentId } from '../ids.ts';
import type { LedgerAccount } from '../ledger/index.ts';
import type { UsdMicros } from '../money.ts';
import type { OrderKind } from '../orders/index.ts';
import { type EpochMs, epochMs } from '../time.ts';
import type { DisputeState, Payment, PaymentState } from './payment.ts';

/** As it stands in the table `payments`. */
export interface PaymentRow {
  readonly id: PaymentId;
  readonly order_kind: OrderKind;
  readonly order_id: OrderId;
  readonly channel_id: ChannelId;
  readonly reference: string;
  readonly provider_ref: string | null;
  readonly payment_ref: string | null;
  readonly subscription_ref: string | null;
  readonly state: PaymentState;
  readonly renewal: Payment['renewal'];
  readonly by_hand: number;
  readonly amount_minor: number;
  readonly currency: string;
  readonly pay_url: string | null;
  readonly pay_url_until: number | null;
  readonly qr_text: string | null;
  readonly debit_account: string | null;
  readonly credit_account: string | null;
  readonly credited_usd_micros: number;
  readonly refunded_minor: number;
  readonly disputed_minor: number;
  readonly dispute_state: DisputeState;
  readonly returned_usd_micros: number;
  readonly disputed_usd_micros: number;
  readonly reversals: number;
  readonly reversal_as_of: number | null;
  readonly subscription_as_of: number | null;
  readonly asked: number;
  readonly next_ask_at: number | null;
  readonly created_at: number;
  readonly paid_at: number | null;
}

export function toRow(payment: Payment): PaymentRow {
  return {
    id: payment.id,
    order_kind: payment.orderKind,
    order_id: payment.orderId,
    channel_id: payment.channelId,
    reference: payment.reference,
    provider_ref: payment.providerRef,
    payment_ref: payment.paymentRef,
    subscription_ref: payment.subscriptionRef,
    state: payment.state,
    renewal: payment.renewal,
    by_hand: Number(payment.byHand),
    amount_minor: payment.amountMinor,
    currency: payment.currency,
    pay_url: payment.payUrl,
    pay_url_until: payment.payUrlUntil,
    qr_text: payment.qrText,
    debit_account: payment.debitAccount,
    credit_account: payment.creditAccount,
    credited_usd_micros: payment.creditedUsdMicros,
    refunded_minor: payment.refundedMinor,
    disputed_minor: payment.disputedMinor,
    dispute_state: payment.disputeState,
    returned_usd_micros: payment.returnedUsdMicros,
    disputed_usd_micros: payment.disputedUsdMicros,
    reversals: payment.reversals,
    reversal_as_of: payment.reversalAsOf,
    subscription_as_of: payment.subscriptionAsOf,
    asked: payment.asked,
    next_ask_at: payment.nextAskAt,
    created_at: payment.createdAt,
    paid_at: payment.paidAt,
  };
}

export function fromRow(row: PaymentRow): Payment {
  return {
    id: row.id,
    orderKind: row.order_kind,
    orderId: row.order_id,
    channelId: row.channel_id,
    reference: row.reference,
    providerRef: row.provider_ref,
    paymentRef: row.payment_ref,
    subscriptionRef: row.subscription_ref,
    state: row.state,
    renewal: row.renewal,
    byHand: row.by_hand === 1,
    amountMinor: row.amount_minor,
    currency: row.currency,
    payUrl: row.pay_url,
    payUrlUntil: instantOrNull(row.pay_url_until),
    qrText: row.qr_text,
    debitAccount: row.debit_account as LedgerAccount | null,
    creditAccount: row.credit_account as LedgerAccount | null,
    creditedUsdMicros: row.credited_usd_micros as UsdMicros,
    refundedMinor: row.refunded_minor,
    disputedMinor: row.disputed_minor,
    disputeState: row.dispute_state,
    returnedUsdMicros: row.returned_usd_micros,
    disputedUsdMicros: row.disputed_usd_micros,
    reversals: row.reversals,
    reversalAsOf: instantOrNull(row.reversal_as_of),
    subscriptionAsOf: instantOrNull(row.subscription_as_of),
    asked: row.asked,
    nextAskAt: instantOrNull(row.next_ask_at),
    createdAt: epochMs(row.created_at),
    paidAt: instantOrNull(row.paid_at),
  };
}

function instantOrNull(value: number | null): EpochMs | null {
  return value === null ? null : epochMs(value);
}
