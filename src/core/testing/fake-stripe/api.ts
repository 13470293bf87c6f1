import { type Shape, show, showEvent, type View } from './api-shape.ts';
import type { Billing } from './billing.ts';
import type { Books } from './books.ts';
import type { Checkout } from './checkout.ts';
import { branchOf, type FormTree, itemsOf, textAt } from './form-body.ts';
import type { Reversals } from './reversals.ts';
import type { Kind, StripeObject } from './stripe-object.ts';
import { badParam, StripeRefusal } from './stripe-refusal.ts';

export interface ApiCall {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Of the query for GET, else of the body. */
  readonly form: FormTree;
  readonly version: string;
}

interface Rooms {
  readonly books: Books;
  readonly checkout: Checkout;
  readonly billing: Billing;
  readonly reversals: Reversals;
}

const LISTS: Readonly<Record<string, Kind>> = {
  '/v1/checkout/sessions': 'checkout.session',
  '/v1/payment_intents': 'payment_intent',
  '/v1/charges': 'charge',
  '/v1/refunds': 'refund',
  '/v1/disputes': 'dispute',
  '/v1/subscriptions': 'subscription',
  '/v1/invoices': 'invoice',
  '/v1/invoice_payments': 'invoice_payment',
  '/v1/events': 'event',
};
/** Fields by which a list can be narrowed, where they are equal. */
const FILTERS = ['payment_intent', 'charge', 'subscription', 'customer', 'status', 'invoice', 'type'];
const LIST_PARAMS = new Set([...FILTERS, 'created', 'limit', 'starting_after', 'ending_before', 'expand', 'payment']);
const LIMIT_MAX = 100;

/** Does what a call asks and gives the body of its answer. @throws StripeRefusal */
export function answerCall(rooms: Rooms, call: ApiCall): Shape {
  const view: View = { version: call.version, expand: itemsOf(call.form['expand']).map(String) };
  const changed = change(rooms, call);
  if (changed !== undefined) return show(rooms.books, changed, view);
  const kind = LISTS[call.path];
  if (call.method === 'GET' && kind !== undefined) return list(rooms.books, kind, call, view);
  const [collection = '', id = ''] = splitLast(call.path);
  const single = LISTS[collection];
  if (call.method === 'GET' && single !== undefined) return one(rooms.books, rooms.books.get(single, id), view);
  throw new StripeRefusal({ status: 404, message: `Unrecognized request URL (${call.method}: ${call.path}).` });
}

function change({ checkout, billing, reversals }: Rooms, { method, path, form }: ApiCall): StripeObject | undefined {
  const [, expiring] = /^\/v1\/checkout\/sessions\/([^/]+)\/expire$/.exec(path) ?? [];
  const [, subscription] = /^\/v1\/subscriptions\/([^/]+)$/.exec(path) ?? [];
  if (method === 'POST' && path === '/v1/checkout/sessions') return checkout.create(form);
  if (method === 'POST' && expiring !== undefined) return checkout.expire(expiring);
  if (method === 'POST' && path === '/v1/refunds') return reversals.createRefund(form);
  if (method === 'DELETE' && subscription !== undefined) return billing.cancel(subscription, false);
  if (method === 'POST' && subscription !== undefined && textAt(form, 'cancel_at_period_end') === 'true') {
    return billing.cancel(subscription, true);
  }
  return undefined;
}

function list(books: Books, kind: Kind, { path, form }: ApiCall, view: View): Shape {
  const odd = Object.keys(form).find((key) => !LIST_PARAMS.has(key));
  if (odd !== undefined) throw badParam(odd, `Received unknown parameter: ${odd}`, 'parameter_unknown');
  const newest = books
    .all(kind)
    .filter((object) => isWanted(object, form))
    .toReversed();
  const limit = Math.min(Number(textAt(form, 'limit') ?? 10), LIMIT_MAX);
  const after = textAt(form, 'starting_after');
  const from = after === undefined ? 0 : newest.findIndex(({ id }) => id === after) + 1;
  const page = newest.slice(from, from + limit);
  // `data.` stands before what is expanded of every item.
  const inner = { ...view, expand: view.expand.map((place) => place.replace(/^data\./, '')) };
  return {
    object: 'list',
    url: path,
    has_more: from + limit < newest.length,
    data: page.map((object) => one(books, object, inner)),
  };
}

function one(books: Books, object: StripeObject, view: View): Shape {
  return object.object === 'event' ? showEvent(books, object, object.api_version) : show(books, object, view);
}

function isWanted(object: StripeObject, form: FormTree): boolean {
  const fields = object as unknown as Record<string, unknown>;
  const isEqual = FILTERS.every((key) => form[key] === undefined || fieldOf(fields, key) === form[key]);
  const payment = textAt(branchOf(form, 'payment'), 'payment_intent');
  const isOfPayment = payment === undefined || paymentOf(fields) === payment;
  return isEqual && isOfPayment && isWithin(object.created, form['created']);
}

/** An invoice names its subscription deeper inside. */
function fieldOf(fields: Record<string, unknown>, key: string): unknown {
  if (fields['object'] !== 'invoice' || key !== 'subscription') return fields[key];
  return (fields as unknown as { parent: { subscription_details: { subscription: string } } }).parent
    .subscription_details.subscription;
}

function paymentOf(fields: Record<string, unknown>): unknown {
  return (fields['payment'] as { payment_intent?: string } | undefined)?.payment_intent;
}

function isWithin(created: number, range: FormTree | string | undefined): boolean {
  if (range === undefined) return true;
  if (typeof range === 'string') return created === Number(range);
  const bound = (key: string, otherwise: number) => Number(textAt(range, key) ?? otherwise);
  return (
    created >= bound('gte', 0) &&
    created > bound('gt', -1) &&
    created <= bound('lte', Number.MAX_SAFE_INTEGER) &&
    created < bound('lt', Number.MAX_SAFE_INTEGER)
  );
}

function splitLast(path: string): [string, string] {
  const at = path.lastIndexOf('/');
  return [path.slice(0, at), decodeURIComponent(path.slice(at + 1))];
}
