import { SECOND_MS } from '../../time.ts';
import type { FakeClock } from '../fake-clock.ts';
import type { ApiFault, ApiFaults, ApiMatch } from './api-faults.ts';
import { type Shape, show } from './api-shape.ts';
import type { Billing } from './billing.ts';
import type { Books } from './books.ts';
import type { Checkout, PayHow } from './checkout.ts';
import type { Reversals } from './reversals.ts';
import type { CallbackFault, SignedCallback } from './signed-callback.ts';
import type { Metadata } from './stripe-object.ts';
import type { DeliverOptions, Delivery, Endpoint, WebhookPost } from './webhook-post.ts';

export interface RecordedCall {
  readonly method: string;
  readonly path: string;
  /** Of the query or the body, as it came. */
  readonly form: string;
  readonly idempotencyKey: string | null;
  readonly version: string | null;
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string>>;
}

export interface EventNote {
  readonly id: string;
  readonly type: string;
  /** The object that it tells of. */
  readonly about: string;
}

export interface MoneyTaken {
  readonly paymentIntent: string;
  readonly amount: number;
  readonly currency: string;
  readonly metadata: Metadata;
}

/**
 * What a test can do to the account: play the payer, the dashboard and the banks, lose and spoil what is sent. All of it
 * by plain JSON, so that it is the same for a fake in another process.
 */
export interface StripeControls {
  /** The payer completes the page of a session; `card` unless told otherwise. */
  pay(session: string, how?: PayHow): Promise<void>;
  /** A delayed payment arrives, or never will. */
  settle(session: string, outcome: 'succeeded' | 'failed'): Promise<void>;
  expire(session: string): Promise<void>;
  /** In the dashboard: all that is left unless an amount is given. Its id. */
  refund(paymentIntent: string, amount?: number): Promise<string>;
  moveRefund(id: string, status: string): Promise<void>;
  /** What new refunds are from now on. */
  refundsBecome(status: string): Promise<void>;
  dispute(paymentIntent: string, how?: { readonly amount?: number; readonly isInquiry?: boolean }): Promise<string>;
  moveDispute(id: string, status: string): Promise<void>;
  /** The next period of a subscription, before its time. The id of its invoice. */
  renew(subscription: string): Promise<string>;
  /** Tries an invoice that failed once more. */
  retry(subscription: string): Promise<void>;
  setCard(subscription: string, card: 'works' | 'declined'): Promise<void>;
  cancel(subscription: string, when?: 'now' | 'at_period_end'): Promise<void>;
  /** Changes fields without a word to anybody: for states that no version knows yet. */
  edit(id: string, changes: Readonly<Record<string, unknown>>): Promise<void>;
  /** The object is gone, as test data is after a while. */
  forget(id: string): Promise<void>;
  read(id: string): Promise<Shape>;
  moneyTaken(): Promise<readonly MoneyTaken[]>;
  /** Oldest first. */
  events(types?: readonly string[]): Promise<readonly EventNote[]>;
  addEndpoint(endpoint: {
    readonly url: string;
    readonly secrets: readonly string[];
    readonly apiVersion?: string;
  }): Promise<string>;
  waiting(): Promise<readonly string[]>;
  deliver(options?: DeliverOptions): Promise<readonly Delivery[]>;
  drop(events: readonly string[]): Promise<void>;
  /** A callback that the test hands over itself. */
  sign(
    event: string,
    secrets: readonly string[],
    how?: { readonly fault?: CallbackFault; readonly apiVersion?: string },
  ): Promise<SignedCallback>;
  /** Turns the clock: pages expire, subscriptions renew, webhooks that wait go out again. */
  advance(ms: number): Promise<readonly Delivery[]>;
  failNext(match: ApiMatch, fault: ApiFault, times?: number): Promise<void>;
  healApi(): Promise<void>;
  calls(): Promise<readonly RecordedCall[]>;
}

export interface ControlRooms {
  readonly books: Books;
  readonly checkout: Checkout;
  readonly billing: Billing;
  readonly reversals: Reversals;
  readonly post: WebhookPost;
  readonly faults: ApiFaults;
  readonly clock: FakeClock;
  readonly apiVersion: string;
  readonly calls: readonly RecordedCall[];
  readonly autoDeliver: boolean;
}

/** Bound on what one turn of the clock may bring, against periods of no length. */
const TURNS_MAX = 10_000;

export function stripeControls(rooms: ControlRooms): StripeControls {
  const { books, checkout, billing, reversals, post, faults, apiVersion } = rooms;
  const done = async <T>(result: T): Promise<T> => {
    if (rooms.autoDeliver) await post.deliverDue();
    return result;
  };
  return {
    pay: async (session, how = 'card') => done(checkout.pay(session, how)),
    settle: async (session, outcome) => done(checkout.settle(session, outcome)),
    expire: async (session) => void (await done(checkout.expire(session))),
    refund: async (intent, amount) => done(reversals.refund(intent, amount ?? null).id),
    moveRefund: async (id, status) => done(reversals.moveRefund(id, status)),
    refundsBecome: async (status) => {
      reversals.refundStatus = status;
    },
    dispute: async (intent, how = {}) => done(reversals.dispute(intent, how.amount ?? null, how.isInquiry ?? false).id),
    moveDispute: async (id, status) => done(reversals.moveDispute(id, status)),
    renew: async (subscription) => done(billing.renew(subscription).id),
    retry: async (subscription) => void (await done(billing.retry(subscription))),
    setCard: async (subscription, card) => billing.setCard(subscription, card === 'declined'),
    cancel: async (subscription, when = 'now') =>
      void (await done(billing.cancel(subscription, when === 'at_period_end'))),
    edit: async (id, changes) => void Object.assign(books.find(id) ?? {}, changes),
    forget: async (id) => books.remove(id),
    read: async (id) => readObject(books, id, apiVersion),
    moneyTaken: async () => moneyTaken(books),
    events: async (types) => eventNotes(books, types),
    addEndpoint: async (endpoint) => {
      const added: Endpoint = { id: books.newId('we'), apiVersion, ...endpoint };
      post.endpoints.push(added);
      return added.id;
    },
    waiting: async () => post.waiting(),
    deliver: async (options = {}) => post.deliver(options),
    drop: async (events) => post.drop(events),
    sign: async (event, secrets, how = {}) =>
      post.sign(event, { secrets, apiVersion: how.apiVersion ?? apiVersion }, how.fault),
    advance: (ms) => advance(rooms, ms),
    failNext: async (match, fault, times = 1) => faults.plan(match, fault, times),
    healApi: async () => faults.clear(),
    calls: async () => rooms.calls,
  };
}

/** From one thing that is due to the next, so that each happens at its time. */
async function advance({ checkout, billing, post, clock }: ControlRooms, ms: number): Promise<Delivery[]> {
  const end = clock.now() + ms;
  const deliveries: Delivery[] = [];
  for (let turn = 0; turn < TURNS_MAX; turn += 1) {
    const dues = [checkout.nextDue(), billing.nextDue()].map((due) => (due === null ? null : due * SECOND_MS));
    const next = Math.min(...[...dues, post.nextDueMs()].map((due) => due ?? Number.POSITIVE_INFINITY));
    if (next > end) break;
    clock.advance(Math.max(0, next - clock.now()));
    checkout.expireDue();
    billing.runDue();
    deliveries.push(...(await post.deliverDue()));
  }
  clock.advance(Math.max(0, end - clock.now()));
  return deliveries;
}

function readObject(books: Books, id: string, version: string): Shape {
  const object = books.find(id);
  if (object === undefined) throw new Error(`there is no ${id}`);
  return show(books, object, { version, expand: [] });
}

function moneyTaken(books: Books): MoneyTaken[] {
  const taken = books.all('payment_intent').filter(({ status }) => status === 'succeeded');
  return taken.map(({ id, amount_received: amount, currency, metadata }) => ({
    paymentIntent: id,
    amount,
    currency,
    metadata,
  }));
}

function eventNotes(books: Books, types: readonly string[] | undefined): EventNote[] {
  const events = books.all('event').filter(({ type }) => types?.includes(type) ?? true);
  return events.map(({ id, type, data }) => ({ id, type, about: data.object.id }));
}
