import type { Billing } from './billing.ts';
import type { Books } from './books.ts';
import { chargeFor } from './charge.ts';
import type { FormTree } from './form-body.ts';
import { readSessionForm, type SessionWish } from './session-form.ts';
import type { Charge, PaymentIntent, Session } from './stripe-object.ts';
import { badParam } from './stripe-refusal.ts';

/** How the payer pays: at once, by a method that takes days, or with a card that is declined. */
export type PayHow = 'card' | 'delayed' | 'declined';

/** Hosted payment pages: what merchants ask for, and what payers do there. */
export class Checkout {
  readonly #books: Books;
  readonly #billing: Billing;
  readonly #pageUrl: () => string;
  readonly #wishes = new Map<string, SessionWish>();

  constructor(books: Books, billing: Billing, pageUrl: () => string) {
    this.#books = books;
    this.#billing = billing;
    this.#pageUrl = pageUrl;
  }

  create(form: FormTree): Session {
    const wish = readSessionForm(form, this.#books.now());
    const base = this.#books.base('checkout.session');
    this.#wishes.set(base.id, wish);
    return this.#books.add({
      ...base,
      mode: wish.mode,
      status: 'open',
      payment_status: 'unpaid',
      amount_subtotal: wish.amount,
      amount_total: wish.amount,
      currency: wish.currency,
      client_reference_id: wish.reference,
      client_secret: null,
      metadata: wish.metadata,
      customer: null,
      customer_details: null,
      payment_intent: null,
      subscription: null,
      invoice: null,
      payment_method_types: wish.allowedMethods ?? ['card', 'link'],
      allowed_payment_method_types: wish.allowedMethods,
      success_url: wish.successUrl,
      cancel_url: wish.cancelUrl,
      url: `${this.#pageUrl()}/pay/${base.id}`,
      expires_at: wish.expiresAt,
    });
  }

  /** The payer pays, or tries to. @throws StripeRefusal when the page is no longer open */
  pay(id: string, how: PayHow): void {
    const session = this.#openSession(id);
    const wish = this.#wishOf(id);
    if (how === 'declined') {
      const { charge } = this.#charge(session, wish, 'failed');
      this.#books.tell('charge.failed', charge);
      return;
    }
    session.status = 'complete';
    session.url = null;
    session.customer_details = { email: 'payer@example.com' };
    if (wish.mode === 'subscription') this.#billing.begin(session, wish);
    else this.#takePayment(session, wish, how);
    this.#books.tell('checkout.session.completed', session);
  }

  /** A delayed payment arrives, or never will. */
  settle(id: string, outcome: 'succeeded' | 'failed'): void {
    const session = this.#books.get('checkout.session', id);
    if (session.status !== 'complete' || session.payment_status !== 'unpaid' || session.payment_intent === null) {
      throw badParam('id', `The session ${id} waits for no payment`);
    }
    const intent = this.#books.get('payment_intent', session.payment_intent);
    const charge = this.#books.get('charge', intent.latest_charge ?? '');
    if (outcome === 'failed') {
      charge.status = 'failed';
      intent.status = 'requires_payment_method';
      this.#books.tell('charge.failed', charge);
      this.#books.tell('payment_intent.payment_failed', intent);
      this.#books.tell('checkout.session.async_payment_failed', session);
      return;
    }
    this.#succeed(session, intent, charge);
    this.#books.tell('checkout.session.async_payment_succeeded', session);
  }

  expire(id: string): Session {
    const session = this.#openSession(id);
    session.status = 'expired';
    session.url = null;
    this.#books.tell('checkout.session.expired', session);
    return session;
  }

  /** When the next page expires, in seconds; null when none will. */
  nextDue(): number | null {
    const open = this.#books.all('checkout.session').filter(({ status }) => status === 'open');
    return open.length === 0 ? null : Math.min(...open.map(({ expires_at: end }) => end));
  }

  /** Pages whose time is over. */
  expireDue(): void {
    const due = this.#books
      .all('checkout.session')
      .filter(({ status, expires_at: end }) => status === 'open' && end <= this.#books.now());
    for (const { id } of due) this.expire(id);
  }

  #openSession(id: string): Session {
    const session = this.#books.get('checkout.session', id);
    if (session.status === 'open') return session;
    throw badParam(
      'id',
      `Only Checkout Sessions with a status in ["open"] can be used; this one is ${session.status}.`,
    );
  }

  #wishOf(id: string): SessionWish {
    const wish = this.#wishes.get(id);
    if (wish === undefined) throw badParam('id', `Nobody knows what ${id} was made for`);
    return wish;
  }

  #takePayment(session: Session, wish: SessionWish, how: PayHow): void {
    const { intent, charge } = this.#charge(session, wish, 'pending');
    session.payment_intent = intent.id;
    if (how === 'card') this.#succeed(session, intent, charge);
    else this.#books.tell('payment_intent.processing', intent);
  }

  #charge(session: Session, wish: SessionWish, status: Charge['status']): { intent: PaymentIntent; charge: Charge } {
    const { amount, currency } = wish;
    return chargeFor(this.#books, { amount, currency, metadata: wish.innerMetadata, customer: null, status }, session);
  }

  #succeed(session: Session, intent: PaymentIntent, charge: Charge): void {
    charge.status = 'succeeded';
    charge.paid = true;
    intent.status = 'succeeded';
    intent.amount_received = intent.amount;
    session.payment_status = 'paid';
    this.#books.tell('charge.succeeded', charge);
    this.#books.tell('payment_intent.succeeded', intent);
  }
}
