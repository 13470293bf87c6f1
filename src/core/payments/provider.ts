import type { ChannelId, OrderId, PaymentId } from '../ids.ts';
import type { Order } from '../orders/index.ts';
import { Secret } from '../secret.ts';
import type { Clock, EpochMs } from '../time.ts';

/** A configured instance of a provider with its secrets opened. Never logged, never stored in this form. */
export interface OpenChannel {
  readonly id: ChannelId;
  readonly name: string;
  readonly provider: string;
  /** Whether real money moves; test and live callbacks are never mixed. */
  readonly livemode: boolean;
  readonly allowPrivate: boolean;
  /** What the provider's `settings` schema yields, e.g. gateway, pid, api_base. */
  readonly settings: Readonly<Record<string, unknown>>;
  /**
   * By name, e.g. `key`, `secret_key`, `webhook_secret`. Never blank. A secret that was given as a list, for rotation,
   * is one text with a line for each: read it with `secretLines`.
   */
  readonly secrets: Readonly<Record<string, Secret>>;
}

/** One try to get an order paid. Each has its own reference at the provider, which is never used again. */
export interface PaymentAttempt {
  readonly id: PaymentId;
  readonly orderId: OrderId;
  /** What the provider knows this attempt by (`out_trade_no`, `client_reference_id`). */
  readonly reference: string;
  /** The provider's id for it once known (`cs_…`, `trade_no`). */
  readonly providerRef: string | null;
  readonly createdAt: EpochMs;
}

export interface StartInput {
  readonly channel: OpenChannel;
  readonly order: Order;
  readonly attempt: PaymentAttempt;
  /** Absolute addresses of this Realms. */
  readonly notifyUrl: string;
  readonly returnUrl: string;
  readonly payerIp: string;
  /** True for a plan that renews itself at the provider, where it can. */
  readonly renews: boolean;
  /** How long the plan lasts; needed when it renews. */
  readonly period?: { readonly count: number; readonly unit: 'hour' | 'day' | 'month' };
}

export interface StartedPayment {
  /** Where the payer's browser goes. */
  readonly payUrl: string;
  /** For a code that the payer scans; null when the provider gave none. */
  readonly qrText: string | null;
  readonly providerRef: string | null;
  /**
   * Set where the provider takes `payUrl` for a while only (EPay V2). After that, starting the same attempt again gives
   * another address for the same payment.
   */
  readonly validUntil?: EpochMs;
}

/** A callback as it came. Query and form are never merged. */
export interface RawCallback {
  readonly method: 'GET' | 'POST';
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly receivedAt: EpochMs;
}

/**
 * When the provider was asked for a standing that can go up and down. Two askings may overtake each other: one that is
 * older than what was applied last for the same payment or subscription changes nothing. Absent: nobody asked, so totals
 * count only where they have grown.
 */
export type AsOf = EpochMs;

/**
 * What a provider says happened, in its own ids. The same fact may come many times, late and in any order. Of payments
 * that are plainly not made by this Realms (another program at the same account) it says `ignored`.
 */
export type PaymentFact =
  | {
      readonly kind: 'paid';
      /** The attempt's reference. */
      readonly reference: string;
      /** The provider's id of the payment (`pi_…`, `trade_no`): refunds and disputes name it. */
      readonly paymentRef: string;
      readonly amountMinor: number;
      readonly currency: string;
      readonly method: string;
      /** The provider's subscription that this first payment began; null for a single payment. */
      readonly subscriptionRef: string | null;
    }
  | { readonly kind: 'failed' | 'expired'; readonly reference: string; readonly reason: string }
  /**
   * Totals so far, never differences: what was refunded, and what disputes hold or took. Applying it posts only what is
   * not posted yet, so order and repetition do not matter.
   */
  | {
      readonly kind: 'reversal';
      readonly paymentRef: string;
      readonly refundedMinor: number;
      readonly disputedMinor: number;
      readonly disputeState: 'none' | 'open' | 'won' | 'lost';
      readonly asOf?: AsOf;
    }
  /** One period of a provider-run subscription is paid; the invoice id makes it count once. */
  | {
      readonly kind: 'renewal_paid';
      readonly subscriptionRef: string;
      readonly invoiceRef: string;
      readonly paymentRef: string;
      readonly amountMinor: number;
      readonly currency: string;
      readonly periodStart: EpochMs;
      readonly periodEnd: EpochMs;
      /** Set on the first invoice, where metadata names the attempt. */
      readonly reference: string | null;
    }
  | {
      readonly kind: 'subscription_state';
      readonly subscriptionRef: string;
      readonly state: 'active' | 'past_due' | 'canceled';
      readonly cancelAtPeriodEnd: boolean;
      readonly asOf?: AsOf;
    }
  | { readonly kind: 'ignored'; readonly why: string };

export type ReversalFact = Extract<PaymentFact, { kind: 'reversal' }>;

/** An authentic callback, read. `eventKey` is unique for the provider's event within the channel. */
export interface CallbackReading {
  readonly eventKey: string;
  readonly type: string;
  readonly facts: readonly PaymentFact[];
  /** Where the provider says it: whether real money moved. One that is not the channel's is stored and never applied. */
  readonly livemode?: boolean;
  /** The callback with secrets and signatures masked, for the inbox. */
  readonly shown: string;
}

/** The plain words that the provider takes for "got it" and for "send it again". */
export interface CallbackAnswers {
  readonly accepted: { readonly status: number; readonly body: string };
  readonly refused: { readonly status: number; readonly body: string };
}

/** What the provider itself says about one attempt when asked: facts that hold now, so totals may also have fallen. */
export interface ProviderStanding {
  readonly state: 'pending' | 'paid' | 'failed' | 'expired' | 'unknown_there';
  readonly facts: readonly PaymentFact[];
  /**
   * True when the provider says that money went back but not how much (EPay V1): no reversal is among the facts then. It
   * settles a refund of ours whose outcome is unknown; without one it is a difference for a person.
   */
  readonly hasRefundOfUnknownAmount?: boolean;
}

/** A payment as refunds and disputes name it. */
export interface PaidAttempt {
  readonly attempt: PaymentAttempt;
  readonly paymentRef: string;
}

export interface RefundInput extends PaidAttempt {
  readonly channel: OpenChannel;
  readonly amountMinor: number;
  readonly currency: string;
  /** Unique for this refund; providers with idempotency keys get it. */
  readonly refundKey: string;
}

export type RefundAnswer =
  | { readonly state: 'succeeded' | 'pending'; readonly refundRef: string | null }
  | { readonly state: 'failed'; readonly reason: string }
  /** It is not known whether the provider did it: never retried, only asked about or settled by a person. */
  | { readonly state: 'unknown'; readonly reason: string };

/** A payment in the provider's own list, for reconciliation. */
export interface ListedPayment {
  readonly reference: string | null;
  readonly paymentRef: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly refundedMinor: number;
  readonly at: EpochMs;
}

/** What the operator fills in for a channel, checked before it is stored. */
export interface ChannelForm {
  /** @throws Failure invalid_input that names the field. */
  checkSettings(
    settings: Readonly<Record<string, unknown>>,
    policy: { readonly allowPrivate: boolean },
  ): Readonly<Record<string, unknown>>;
  /** Secrets that must be there and not blank before the channel can be enabled. */
  readonly requiredSecrets: readonly string[];
  readonly optionalSecrets: readonly string[];
  /**
   * Where the settings decide which secrets are needed (EPay V1 or V2), or a secret has a form that can be checked. Asked
   * with the settings that `checkSettings` gave, before a channel is enabled and when its secrets or settings change. May
   * say whether real money moves, where the secrets tell; unsaid, it does.
   * @throws Failure invalid_input that names the secret and never shows it.
   */
  checkSecrets?(
    settings: Readonly<Record<string, unknown>>,
    secrets: Readonly<Record<string, Secret>>,
  ): { readonly livemode: boolean | null } | undefined;
}

/** A payment provider: one folder each. Everything here may be called by several daemons at once. */
export interface PaymentProvider {
  readonly name: string;
  readonly form: ChannelForm;
  readonly answers: CallbackAnswers;
  /** Currencies it can take; null: any that has a known exponent. */
  readonly currencies: readonly string[] | null;
  start(input: StartInput): Promise<StartedPayment>;
  /** @throws Failure forbidden when the callback is not authentic, stale, or another channel's; nothing is stored as applied then. */
  readCallback(channel: OpenChannel, callback: RawCallback): Promise<CallbackReading>;
  query(channel: OpenChannel, attempt: PaymentAttempt): Promise<ProviderStanding>;
  refund(input: RefundInput): Promise<RefundAnswer>;
  /** Asks what became of a refund without causing one; null when the provider has no trace of it. */
  findRefund?(input: RefundInput): Promise<RefundAnswer | null>;
  /**
   * What was taken back of one payment until now. Null where the provider tells no amounts; absent where nobody knows but
   * whoever gave it back.
   */
  totals?(channel: OpenChannel, payment: PaidAttempt): Promise<ReversalFact | null>;
  /** Makes an attempt that is no longer wanted unpayable; absent where the provider has no such call. */
  close?(channel: OpenChannel, attempt: PaymentAttempt): Promise<void>;
  /** Ends a subscription that the provider renews, at once; absent where the provider has none. */
  stopRenewal?(channel: OpenChannel, subscriptionRef: string): Promise<void>;
  /** Newest first, from `since`; absent where the provider has no such list. */
  list?(channel: OpenChannel, since: EpochMs): AsyncIterable<ListedPayment>;
}

/** What providers are made with. */
export interface ProviderTools {
  readonly clock: Clock;
}

/** The single secrets of one that may be a list. */
export function secretLines(secret: Secret): readonly Secret[] {
  return secret
    .reveal()
    .split('\n')
    .map((line) => new Secret(line));
}
