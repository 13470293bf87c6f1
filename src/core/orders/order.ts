import type { ChannelId, OrderId, PlanVersionId, UserId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import type { EpochMs } from '../time.ts';

/** What is bought: balance, or time on a plan. Each kind has its own table. */
export const ORDER_KINDS = ['topup', 'subscription'] as const;
export type OrderKind = (typeof ORDER_KINDS)[number];

/**
 * `pending → paid → fulfilled`; `pending → canceled | expired | failed`; a payment that arrives after one of these three
 * makes it `paid_late`, and what was bought is given as balance or queued for a refund. No order is ever deleted.
 */
export const ORDER_STATES = ['pending', 'paid', 'fulfilled', 'canceled', 'expired', 'failed', 'paid_late'] as const;
export type OrderState = (typeof ORDER_STATES)[number];

/** An order with everything that decides about money frozen when it was made. */
export interface Order {
  readonly id: OrderId;
  readonly kind: OrderKind;
  /** Unguessable; what users, return pages and providers see. `[A-Za-z0-9]`, at most 32 characters. */
  readonly number: string;
  readonly userId: UserId;
  readonly state: OrderState;
  /** In the currency's smallest unit. */
  readonly amountMinor: number;
  /** ISO 4217, upper case. */
  readonly currency: string;
  /** Units of the currency for one US dollar, as an exact decimal text; "1" for USD. */
  readonly rate: string;
  /** What the payment is worth as balance; for a plan, what is given instead when it is paid too late. */
  readonly creditUsdMicros: UsdMicros;
  /** Null for a top-up. */
  readonly planVersionId: PlanVersionId | null;
  readonly channelId: ChannelId;
  readonly provider: string;
  /** The provider's own way to pay (`alipay`, `wxpay`, `card`); empty: the payer chooses there. */
  readonly method: string;
  readonly createdAt: EpochMs;
  readonly expiresAt: EpochMs;
  readonly paidAt: EpochMs | null;
  readonly fulfilledAt: EpochMs | null;
}
