import { type EpochMs, epochMs, SECOND_MS } from '../../time.ts';
import { fromStripeAmount } from './stripe-amount.ts';
import { idOf, itemsOf, type Json, objectOf, textOf, wholeOf } from './stripe-json.ts';

/** What Realms wants to know of an invoice; null where the version of the API in which it came does not say it. */
export interface InvoiceReading {
  readonly id: string | null;
  readonly isPaid: boolean;
  readonly reason: string;
  readonly subscriptionRef: string | null;
  readonly metadata: Json | null;
  readonly paymentRef: string | null;
  readonly money: { readonly amountMinor: number; readonly currency: string } | null;
  readonly period: { readonly start: EpochMs; readonly end: EpochMs } | null;
}

/** Reads an invoice of any API version: since 2025-03-31 several fields stand elsewhere. */
export function readInvoice(invoice: Json): InvoiceReading {
  const details = objectOf(objectOf(invoice['parent'])['subscription_details']);
  const earlier = objectOf(invoice['subscription_details']);
  return {
    id: idOf(invoice),
    isPaid: invoice['status'] === 'paid',
    reason: textOf(invoice['billing_reason']) ?? '',
    subscriptionRef: idOf(details['subscription']) ?? idOf(invoice['subscription']),
    metadata: metadataOf(details) ?? metadataOf(earlier),
    paymentRef: idOf(invoice['payment_intent']) ?? paymentAmong(invoice) ?? idOf(invoice['charge']),
    money: fromStripeAmount(invoice['amount_paid'], invoice['currency']),
    period: periodOf(invoice),
  };
}

/** The paid one; the default first, since a retry may have left others. */
function paymentAmong(invoice: Json): string | null {
  const paid = itemsOf(invoice['payments']).filter((item) => item['status'] === 'paid');
  const best = paid.find((item) => item['is_default'] === true) ?? paid[0];
  const payment = objectOf(best?.['payment']);
  return idOf(payment['payment_intent']) ?? idOf(payment['charge']);
}

/** That of the subscription's own line: the invoice's own period is the one before. */
function periodOf(invoice: Json): InvoiceReading['period'] {
  const periods = itemsOf(invoice['lines']).filter(isOfSubscription).flatMap(linePeriod);
  const [latest] = periods.toSorted((one, other) => other.end - one.end);
  return latest ?? null;
}

function isOfSubscription(line: Json): boolean {
  const parent = objectOf(line['parent']);
  const item = objectOf(parent['subscription_item_details']);
  const isProration = item['proration'] === true || line['proration'] === true;
  return !isProration && (parent['type'] === 'subscription_item_details' || line['type'] === 'subscription');
}

function linePeriod(line: Json): { start: EpochMs; end: EpochMs }[] {
  const start = wholeOf(objectOf(line['period'])['start']);
  const end = wholeOf(objectOf(line['period'])['end']);
  if (start === null || end === null || end <= start) return [];
  return [{ start: epochMs(start * SECOND_MS), end: epochMs(end * SECOND_MS) }];
}

/** An empty one says that there is none; only an absent one leaves it open. */
function metadataOf(details: Json): Json | null {
  const { metadata } = details;
  return typeof metadata === 'object' && metadata !== null ? objectOf(metadata) : null;
}
