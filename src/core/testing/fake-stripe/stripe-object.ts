// The objects as the fake keeps them: the fields that Realms or a person may look at, in the shape of today's API.

export type Metadata = Record<string, string>;

interface Base {
  readonly id: string;
  /** Seconds. */
  readonly created: number;
  readonly livemode: boolean;
}

export interface Session extends Base {
  readonly object: 'checkout.session';
  readonly mode: 'payment' | 'subscription';
  status: 'open' | 'complete' | 'expired';
  payment_status: 'paid' | 'unpaid' | 'no_payment_required';
  readonly amount_subtotal: number;
  readonly amount_total: number;
  readonly currency: string;
  readonly client_reference_id: string | null;
  readonly client_secret: string | null;
  readonly metadata: Metadata;
  customer: string | null;
  customer_details: { email: string } | null;
  payment_intent: string | null;
  subscription: string | null;
  invoice: string | null;
  readonly payment_method_types: readonly string[];
  readonly allowed_payment_method_types: readonly string[] | null;
  readonly success_url: string;
  readonly cancel_url: string | null;
  url: string | null;
  readonly expires_at: number;
}

export interface PaymentIntent extends Base {
  readonly object: 'payment_intent';
  readonly amount: number;
  amount_received: number;
  readonly currency: string;
  readonly client_secret: string;
  readonly customer: string | null;
  latest_charge: string | null;
  readonly metadata: Metadata;
  status: 'requires_payment_method' | 'processing' | 'succeeded' | 'canceled';
}

export interface Charge extends Base {
  readonly object: 'charge';
  readonly amount: number;
  amount_refunded: number;
  readonly billing_details: { email: string };
  readonly currency: string;
  disputed: boolean;
  readonly metadata: Metadata;
  paid: boolean;
  readonly payment_intent: string;
  readonly payment_method_details: { type: string };
  readonly receipt_url: string;
  refunded: boolean;
  status: 'succeeded' | 'pending' | 'failed';
}

export interface Refund extends Base {
  readonly object: 'refund';
  readonly amount: number;
  readonly charge: string;
  readonly currency: string;
  failure_reason?: string;
  readonly metadata: Metadata;
  readonly payment_intent: string;
  readonly reason: string | null;
  status: string;
}

export interface Dispute extends Base {
  readonly object: 'dispute';
  readonly amount: number;
  readonly charge: string;
  readonly currency: string;
  readonly metadata: Metadata;
  readonly payment_intent: string;
  readonly reason: string;
  status: string;
}

export interface Customer extends Base {
  readonly object: 'customer';
  readonly email: string;
}

export interface SubscriptionItem {
  readonly id: string;
  readonly object: 'subscription_item';
  current_period_start: number;
  current_period_end: number;
  readonly price: {
    readonly currency: string;
    readonly unit_amount: number;
    readonly recurring: { readonly interval: string; readonly interval_count: number };
  };
}

export interface Subscription extends Base {
  readonly object: 'subscription';
  cancel_at: number | null;
  cancel_at_period_end: boolean;
  canceled_at: number | null;
  readonly billing_cycle_anchor: number;
  readonly currency: string;
  readonly customer: string;
  ended_at: number | null;
  readonly items: { readonly object: 'list'; readonly data: readonly [SubscriptionItem] };
  latest_invoice: string | null;
  metadata: Metadata;
  status: string;
}

export interface InvoiceLine {
  readonly id: string;
  readonly object: 'line_item';
  readonly amount: number;
  readonly currency: string;
  readonly period: { readonly start: number; readonly end: number };
  readonly parent: {
    readonly type: 'subscription_item_details';
    readonly subscription_item_details: {
      readonly proration: boolean;
      readonly subscription: string;
      readonly subscription_item: string;
    };
  };
}

export interface Invoice extends Base {
  readonly object: 'invoice';
  readonly amount_due: number;
  amount_paid: number;
  attempt_count: number;
  readonly billing_reason: string;
  readonly currency: string;
  readonly customer: string;
  readonly lines: { readonly object: 'list'; readonly data: readonly InvoiceLine[]; readonly has_more: false };
  next_payment_attempt: number | null;
  readonly parent: {
    readonly type: 'subscription_details';
    readonly subscription_details: { readonly metadata: Metadata | null; readonly subscription: string };
  };
  /** Of the invoice itself, which is the period before: the trap that the lines are there for. */
  readonly period_start: number;
  readonly period_end: number;
  status: 'draft' | 'open' | 'paid' | 'uncollectible' | 'void';
}

export interface InvoicePayment extends Base {
  readonly object: 'invoice_payment';
  amount_paid: number | null;
  readonly amount_requested: number;
  readonly currency: string;
  readonly invoice: string;
  readonly is_default: boolean;
  readonly payment: { readonly type: 'payment_intent'; readonly payment_intent: string };
  status: 'open' | 'paid' | 'canceled';
}

export interface Event extends Base {
  readonly object: 'event';
  readonly api_version: string;
  readonly type: string;
  /** As the object was when the event came to be. */
  readonly data: { readonly object: StripeObject };
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null };
}

export type StripeObject =
  | Session
  | PaymentIntent
  | Charge
  | Refund
  | Dispute
  | Customer
  | Subscription
  | Invoice
  | InvoicePayment
  | Event;

export type Kind = StripeObject['object'];
export type OfKind<K extends Kind> = Extract<StripeObject, { object: K }>;
