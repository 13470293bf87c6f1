import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../time.ts';
import { showEvent } from './api-shape.ts';
import type { Books } from './books.ts';
import { type CallbackFault, type SignedCallback, signCallback } from './signed-callback.ts';
import type { Event } from './stripe-object.ts';

export interface Endpoint {
  readonly id: string;
  readonly url: string;
  /** More than one while they are rotated: each signs. */
  readonly secrets: readonly string[];
  readonly apiVersion: string;
}

export interface Delivery {
  readonly eventId: string;
  readonly type: string;
  readonly endpointId: string;
  /** Null when nobody answered. */
  readonly status: number | null;
  readonly body: string;
}

export interface DeliverOptions {
  /** Ids, in the order in which they go out; all that wait unless given. */
  readonly events?: readonly string[];
  /** To this endpoint only. */
  readonly endpoint?: string;
  readonly fault?: CallbackFault;
  /** How often each goes out. */
  readonly times?: number;
  /** All at once instead of one after the other. */
  readonly atOnce?: boolean;
}

interface Waiting {
  readonly event: Event;
  readonly endpoint: Endpoint;
  attempts: number;
  nextAt: number;
}

/** After the first; then the last one again and again, for three days. */
const RETRY_AFTER_MS = [MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 5 * HOUR_MS, 10 * HOUR_MS];
const GIVE_UP_AFTER_MS = 3 * DAY_MS;
const ANSWER_TIMEOUT_MS = 20_000;

/** Sends events to endpoints, at least once, in whatever order it is told. */
export class WebhookPost {
  readonly endpoints: Endpoint[] = [];
  readonly #books: Books;
  readonly #nowMs: () => number;
  readonly #waiting: Waiting[] = [];

  constructor(books: Books, nowMs: () => number) {
    this.#books = books;
    this.#nowMs = nowMs;
  }

  /** A new event waits for every endpoint. */
  take(event: Event): void {
    for (const endpoint of this.endpoints) this.#waiting.push({ event, endpoint, attempts: 0, nextAt: this.#nowMs() });
  }

  /** Ids of what is not yet acknowledged everywhere, oldest first. */
  waiting(): string[] {
    return [...new Set(this.#waiting.map(({ event }) => event.id))];
  }

  /** Loses events: they will not be delivered any more. */
  drop(ids: readonly string[]): void {
    for (const id of ids) this.#forget(({ event }) => event.id === id);
  }

  async deliver({ events, endpoint, fault, times = 1, atOnce = false }: DeliverOptions): Promise<Delivery[]> {
    const ids = events ?? this.waiting();
    const targets = this.endpoints.filter(({ id }) => endpoint === undefined || id === endpoint);
    const posts = ids.flatMap((id) =>
      Array.from({ length: times }, () => targets.map((target) => () => this.#post(id, target, fault))).flat(),
    );
    if (atOnce) return Promise.all(posts.map((post) => post()));
    const deliveries: Delivery[] = [];
    for (const post of posts) deliveries.push(await post());
    return deliveries;
  }

  /** When the next try is due; null when nothing waits. */
  nextDueMs(): number | null {
    return this.#waiting.length === 0 ? null : Math.min(...this.#waiting.map(({ nextAt }) => nextAt));
  }

  /** What is due by the clock: first tries and retries. */
  async deliverDue(): Promise<Delivery[]> {
    const now = this.#nowMs();
    const due = this.#waiting.filter(({ nextAt }) => nextAt <= now);
    const deliveries: Delivery[] = [];
    for (const { event, endpoint } of due) deliveries.push(await this.#post(event.id, endpoint, undefined));
    return deliveries;
  }

  /** The callback as it would go out, for whoever hands it over himself. */
  sign(
    id: string,
    { secrets, apiVersion }: Pick<Endpoint, 'secrets' | 'apiVersion'>,
    fault?: CallbackFault,
  ): SignedCallback {
    return signCallback(
      showEvent(this.#books, this.#books.get('event', id), apiVersion),
      secrets,
      this.#nowMs(),
      fault,
    );
  }

  async #post(id: string, endpoint: Endpoint, fault: CallbackFault | undefined): Promise<Delivery> {
    const { headers, body } = this.sign(id, endpoint, fault);
    const answer = await send(endpoint.url, headers, body);
    // Whoever spoils a callback is not Stripe, so that its own goes out all the same.
    if (fault === undefined) this.#note(id, endpoint, answer.status);
    return { eventId: id, type: this.#books.get('event', id).type, endpointId: endpoint.id, ...answer };
  }

  #note(id: string, endpoint: Endpoint, status: number | null): void {
    const isSame = (item: Waiting) => item.event.id === id && item.endpoint === endpoint;
    const item = this.#waiting.find(isSame);
    if (item === undefined) return;
    const isOld = this.#nowMs() - item.event.created * 1_000 >= GIVE_UP_AFTER_MS;
    if (isOld || (status !== null && status >= 200 && status < 300)) return this.#forget(isSame);
    item.nextAt = this.#nowMs() + (RETRY_AFTER_MS[item.attempts] ?? RETRY_AFTER_MS.at(-1) ?? 0);
    item.attempts += 1;
  }

  #forget(isIt: (item: Waiting) => boolean): void {
    const kept = this.#waiting.filter((item) => !isIt(item));
    this.#waiting.splice(0, this.#waiting.length, ...kept);
  }
}

async function send(
  url: string,
  headers: SignedCallback['headers'],
  body: string,
): Promise<Pick<Delivery, 'status' | 'body'>> {
  try {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
    return { status: answer.status, body: await answer.text() };
  } catch (error) {
    return { status: null, body: error instanceof Error ? error.message : 'no answer' };
  }
}
