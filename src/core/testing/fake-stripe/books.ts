import type { Clock } from '../../time.ts';
import { SECOND_MS } from '../../time.ts';
import type { Event, Kind, OfKind, StripeObject } from './stripe-object.ts';
import { missing } from './stripe-refusal.ts';

const PREFIXES: Readonly<Record<Kind, string>> = {
  'checkout.session': 'cs',
  payment_intent: 'pi',
  charge: 'ch',
  refund: 're',
  dispute: 'du',
  customer: 'cus',
  subscription: 'sub',
  invoice: 'in',
  invoice_payment: 'inpay',
  event: 'evt',
};

/** What came to be because of one request is told with that request's key. */
export interface Cause {
  readonly requestId: string | null;
  readonly idempotencyKey: string | null;
}

export interface BooksOptions {
  readonly clock: Clock;
  readonly livemode: boolean;
  readonly apiVersion: string;
  /** Makes ids of two fakes differ. */
  readonly seed: string;
}

/** Everything that the account holds, by id, in the order in which it came to be; and the events that tell of it. */
export class Books {
  readonly livemode: boolean;
  cause: Cause = { requestId: null, idempotencyKey: null };
  onEvent: (event: Event) => void = () => undefined;
  readonly #objects = new Map<string, StripeObject>();
  readonly #options: BooksOptions;
  #serial = 0;

  constructor(options: BooksOptions) {
    this.#options = options;
    this.livemode = options.livemode;
  }

  /** Seconds. */
  now(): number {
    return Math.floor(this.#options.clock.now() / SECOND_MS);
  }

  newId(prefix: string): string {
    this.#serial += 1;
    return `${prefix}_${this.livemode ? 'live' : 'test'}${this.#options.seed}${String(this.#serial).padStart(6, '0')}`;
  }

  /** What every object begins with. */
  base<K extends Kind>(object: K): { id: string; object: K; created: number; livemode: boolean } {
    return { id: this.newId(PREFIXES[object]), object, created: this.now(), livemode: this.livemode };
  }

  add<T extends StripeObject>(object: T): T {
    this.#objects.set(object.id, object);
    return object;
  }

  /** @throws StripeRefusal resource_missing */
  get<K extends Kind>(kind: K, id: string): OfKind<K> {
    const object = this.#objects.get(id);
    if (object?.object !== kind) throw missing(kind, id);
    return object as OfKind<K>;
  }

  find(id: string): StripeObject | undefined {
    return this.#objects.get(id);
  }

  remove(id: string): void {
    this.#objects.delete(id);
  }

  /** Oldest first. */
  all<K extends Kind>(kind: K): OfKind<K>[] {
    return [...this.#objects.values()].filter((object): object is OfKind<K> => object.object === kind);
  }

  /** Writes an event about the object as it is now. */
  tell(type: string, about: StripeObject): Event {
    const { requestId, idempotencyKey } = this.cause;
    const event: Event = this.add({
      ...this.base('event'),
      api_version: this.#options.apiVersion,
      type,
      data: { object: structuredClone(about) },
      request: { id: requestId, idempotency_key: idempotencyKey },
    });
    this.onEvent(event);
    return event;
  }
}
