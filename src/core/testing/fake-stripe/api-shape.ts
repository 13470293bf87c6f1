import type { Books } from './books.ts';
import type { Charge, Event, Invoice, InvoiceLine, StripeObject, Subscription } from './stripe-object.ts';

export type Shape = Record<string, unknown>;

/** Since this version fields of invoices and subscriptions stand elsewhere. */
const FIELDS_MOVED_AT = '2025-03-31';
const INCLUDED_MAX = 10;

export interface View {
  readonly version: string;
  readonly expand: readonly string[];
}

/** The object as an API version shows it, with what was asked to be expanded. */
export function show(books: Books, object: StripeObject, view: View): Shape {
  const shape = inVersion(books, structuredClone(object), view.version);
  for (const path of view.expand) expandPath(books, shape, path.split('.'), view.version);
  return shape;
}

/** An event keeps the version of the endpoint that it goes to, not that of whoever asked. */
export function showEvent(books: Books, event: Event, version: string): Shape {
  const object = inVersion(books, structuredClone(event.data.object), version);
  return { ...structuredClone(event), api_version: version, data: { object }, pending_webhooks: 1 };
}

function inVersion(books: Books, object: StripeObject, version: string): Shape {
  const isOld = version.slice(0, FIELDS_MOVED_AT.length) < FIELDS_MOVED_AT;
  if (!isOld) return { ...object };
  if (object.object === 'invoice') return oldInvoice(books, object);
  return object.object === 'subscription' ? oldSubscription(object) : { ...object };
}

function oldInvoice(books: Books, { parent, lines, ...rest }: Invoice): Shape {
  const payment = books.all('invoice_payment').find(({ invoice }) => invoice === rest.id);
  const intent = payment && books.get('payment_intent', payment.payment.payment_intent);
  return {
    ...rest,
    paid: rest.status === 'paid',
    subscription: parent.subscription_details.subscription,
    subscription_details: { metadata: parent.subscription_details.metadata },
    payment_intent: intent?.id ?? null,
    charge: intent?.latest_charge ?? null,
    lines: { ...lines, data: lines.data.map(oldLine) },
  };
}

function oldLine({ parent, ...rest }: InvoiceLine): Shape {
  const { proration, subscription, subscription_item } = parent.subscription_item_details;
  return { ...rest, type: 'subscription', proration, subscription, subscription_item };
}

function oldSubscription(subscription: Subscription): Shape {
  const [item] = subscription.items.data;
  const { current_period_start, current_period_end, ...rest } = item;
  return { ...subscription, current_period_start, current_period_end, items: { object: 'list', data: [rest] } };
}

function expandPath(books: Books, shape: Shape, path: readonly string[], version: string): void {
  const [key = '', ...rest] = path;
  const value = key in shape ? shape[key] : includable(books, shape, key, version);
  if (Array.isArray(value)) {
    for (const item of value) if (isShape(item)) expandPath(books, item, rest, version);
    return;
  }
  const linked = typeof value === 'string' ? books.find(value) : undefined;
  const grown = linked === undefined ? value : inVersion(books, structuredClone(linked), version);
  if (!isShape(grown)) return;
  shape[key] = grown;
  if (rest.length > 0) expandPath(books, grown, rest, version);
}

/** What is only there when it is asked for. */
function includable(books: Books, shape: Shape, key: string, version: string): Shape | undefined {
  if (shape['object'] === 'charge' && key === 'refunds') {
    const { id } = shape as unknown as Charge;
    return listOf(
      books,
      books.all('refund').filter(({ charge }) => charge === id),
      version,
    );
  }
  if (shape['object'] === 'invoice' && key === 'payments') {
    const payments = books.all('invoice_payment').filter(({ invoice }) => invoice === shape['id']);
    return listOf(books, payments, version);
  }
  return undefined;
}

function listOf(books: Books, objects: readonly StripeObject[], version: string): Shape {
  const newest = objects.toReversed();
  const data = newest.slice(0, INCLUDED_MAX).map((object) => inVersion(books, structuredClone(object), version));
  return { object: 'list', data, has_more: newest.length > INCLUDED_MAX };
}

function isShape(value: unknown): value is Shape {
  return typeof value === 'object' && value !== null;
}
