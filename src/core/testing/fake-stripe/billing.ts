import { addInterval } from './billing-period.ts';
import type { Books } from './books.ts';
import { chargeFor } from './charge.ts';
import type { SessionWish } from './session-form.ts';
import type { Invoice, InvoicePayment, Session, Subscription } from './stripe-object.ts';
import { badParam } from './stripe-refusal.ts';

type Reason = 'subscription_create' | 'subscription_cycle';

/** When a payment that failed is tried again; after the last the subscription is canceled. */
const RETRY_SECONDS = [3, 5, 7].map((days) => days * 86_400);

/** Subscriptions that renew themselves, and their invoices. */
export class Billing {
  readonly #books: Books;
  /** Subscriptions whose card will be declined. */
  readonly #declined = new Set<string>();

  constructor(books: Books) {
    this.#books = books;
  }

  /** The payer has completed a session in subscription mode: subscription, first invoice, first payment. */
  begin(session: Session, { amount, currency, recurring, innerMetadata }: SessionWish): void {
    const books = this.#books;
    if (recurring === null) throw badParam('line_items', 'A subscription needs a recurring price');
    const customer = books.add({ ...books.base('customer'), email: 'payer@example.com' });
    const start = books.now();
    const item = {
      id: books.newId('si'),
      object: 'subscription_item' as const,
      current_period_start: start,
      current_period_end: addInterval(start, recurring, 1),
      price: { currency, unit_amount: amount, recurring },
    };
    const subscription: Subscription = books.add({
      ...books.base('subscription'),
      billing_cycle_anchor: start,
      cancel_at: null,
      cancel_at_period_end: false,
      canceled_at: null,
      currency,
      customer: customer.id,
      ended_at: null,
      items: { object: 'list', data: [item] },
      latest_invoice: null,
      metadata: { ...innerMetadata },
      status: 'active',
    });
    session.customer = customer.id;
    session.subscription = subscription.id;
    session.payment_status = 'paid';
    books.tell('customer.subscription.created', subscription);
    session.invoice = this.#payInvoice(subscription, this.#openInvoice(subscription, 'subscription_create')).id;
  }

  /** From now on the card is declined, or works again. */
  setCard(id: string, isDeclined: boolean): void {
    if (isDeclined) this.#declined.add(id);
    else this.#declined.delete(id);
  }

  /** Begins the next period and takes its payment, or tries to. */
  renew(id: string): Invoice {
    const books = this.#books;
    const subscription = this.#living(id);
    const [item] = subscription.items.data;
    const count = periodsSince(subscription) + 1;
    item.current_period_start = item.current_period_end;
    item.current_period_end = addInterval(subscription.billing_cycle_anchor, item.price.recurring, count + 1);
    const invoice = this.#openInvoice(subscription, 'subscription_cycle');
    books.tell('customer.subscription.updated', subscription);
    return this.#collect(subscription, invoice);
  }

  /** Tries an open invoice again. */
  retry(id: string): Invoice {
    const subscription = this.#living(id);
    const invoice = this.#books.get('invoice', subscription.latest_invoice ?? '');
    if (invoice.status !== 'open') throw badParam('id', 'The invoice is not open');
    return this.#collect(subscription, invoice);
  }

  cancel(id: string, atPeriodEnd: boolean): Subscription {
    const subscription = this.#living(id);
    if (atPeriodEnd) {
      subscription.cancel_at_period_end = true;
      subscription.cancel_at = subscription.items.data[0].current_period_end;
      this.#books.tell('customer.subscription.updated', subscription);
      return subscription;
    }
    subscription.status = 'canceled';
    subscription.canceled_at = this.#books.now();
    subscription.ended_at = this.#books.now();
    this.#books.tell('customer.subscription.deleted', subscription);
    return subscription;
  }

  /** When the next renewal, retry or end is due, in seconds; null when none will be. */
  nextDue(): number | null {
    const dues = this.#books.all('subscription').flatMap((subscription) => this.#dueAt(subscription) ?? []);
    return dues.length === 0 ? null : Math.min(...dues);
  }

  /** What the time brings: renewals, retries, ends. */
  runDue(): void {
    for (const subscription of this.#books.all('subscription')) {
      const dueAt = this.#dueAt(subscription);
      if (dueAt === null || dueAt > this.#books.now()) continue;
      if (this.#retryAt(subscription) !== null) this.retry(subscription.id);
      else if (subscription.cancel_at_period_end) this.cancel(subscription.id, false);
      else this.renew(subscription.id);
    }
  }

  #dueAt(subscription: Subscription): number | null {
    if (subscription.status !== 'active' && subscription.status !== 'past_due') return null;
    return this.#retryAt(subscription) ?? subscription.items.data[0].current_period_end;
  }

  #retryAt(subscription: Subscription): number | null {
    const invoice = this.#books.get('invoice', subscription.latest_invoice ?? '');
    return invoice.status === 'open' ? invoice.next_payment_attempt : null;
  }

  #living(id: string): Subscription {
    const subscription = this.#books.get('subscription', id);
    if (subscription.status !== 'canceled') return subscription;
    throw badParam('id', `No such subscription: '${id}'`, 'resource_missing');
  }

  #openInvoice(subscription: Subscription, reason: Reason): Invoice {
    const books = this.#books;
    const [item] = subscription.items.data;
    const { unit_amount: amount, currency } = item.price;
    const invoice: Invoice = books.add({
      ...books.base('invoice'),
      amount_due: amount,
      amount_paid: 0,
      attempt_count: 0,
      billing_reason: reason,
      currency,
      customer: subscription.customer,
      lines: { object: 'list', data: [lineOf(books, subscription)], has_more: false },
      next_payment_attempt: null,
      parent: {
        type: 'subscription_details',
        subscription_details: { metadata: { ...subscription.metadata }, subscription: subscription.id },
      },
      period_start: subscription.created,
      period_end: item.current_period_start,
      status: 'open',
    });
    subscription.latest_invoice = invoice.id;
    books.tell('invoice.created', invoice);
    books.tell('invoice.finalized', invoice);
    return invoice;
  }

  #collect(subscription: Subscription, invoice: Invoice): Invoice {
    return this.#declined.has(subscription.id)
      ? this.#failInvoice(subscription, invoice)
      : this.#payInvoice(subscription, invoice);
  }

  #payInvoice(subscription: Subscription, invoice: Invoice): Invoice {
    const books = this.#books;
    const { amount_due: amount, currency, customer } = invoice;
    // What a subscription is called goes to its invoices, not to their payments.
    const { intent, charge } = chargeFor(books, { amount, currency, metadata: {}, customer, status: 'succeeded' });
    const payment: InvoicePayment = {
      ...books.base('invoice_payment'),
      amount_paid: amount,
      amount_requested: amount,
      currency,
      invoice: invoice.id,
      is_default: true,
      payment: { type: 'payment_intent', payment_intent: intent.id },
      status: 'paid',
    };
    books.add(payment);
    invoice.status = 'paid';
    invoice.amount_paid = amount;
    invoice.attempt_count += 1;
    invoice.next_payment_attempt = null;
    books.tell('charge.succeeded', charge);
    books.tell('payment_intent.succeeded', intent);
    books.tell('invoice.paid', invoice);
    books.tell('invoice.payment_succeeded', invoice);
    if (subscription.status !== 'past_due') return invoice;
    subscription.status = 'active';
    books.tell('customer.subscription.updated', subscription);
    return invoice;
  }

  #failInvoice(subscription: Subscription, invoice: Invoice): Invoice {
    const books = this.#books;
    const wait = RETRY_SECONDS[invoice.attempt_count];
    invoice.attempt_count += 1;
    invoice.next_payment_attempt = wait === undefined ? null : books.now() + wait;
    books.tell('invoice.payment_failed', invoice);
    if (wait === undefined) {
      invoice.status = 'uncollectible';
      this.cancel(subscription.id, false);
    } else if (subscription.status !== 'past_due') {
      subscription.status = 'past_due';
      books.tell('customer.subscription.updated', subscription);
    }
    return invoice;
  }
}

function lineOf(books: Books, subscription: Subscription): Invoice['lines']['data'][number] {
  const [item] = subscription.items.data;
  return {
    id: books.newId('il'),
    object: 'line_item',
    amount: item.price.unit_amount,
    currency: item.price.currency,
    period: { start: item.current_period_start, end: item.current_period_end },
    parent: {
      type: 'subscription_item_details',
      subscription_item_details: { proration: false, subscription: subscription.id, subscription_item: item.id },
    },
  };
}

/** How many whole periods lie before the present one. */
function periodsSince({ billing_cycle_anchor: anchor, items }: Subscription): number {
  const [{ current_period_start: start, price }] = items.data;
  let count = 0;
  while (addInterval(anchor, price.recurring, count) < start) count += 1;
  return count;
}
