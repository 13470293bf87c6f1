import type { PaymentFact } from '../../../core/payments/provider.ts';
import { DAY_MS, HOUR_MS, SECOND_MS } from '../../../core/time.ts';
import type { ModelBooks } from './model-books.ts';

/** A callback of the bank. */
export interface ModelEvent {
  readonly key: string;
  readonly fact: PaymentFact;
  /** `new`: it was never delivered. */
  state: 'new' | 'applied' | 'waits' | 'refused' | 'dropped';
  tries: number;
  nextAt: number;
  receivedAt: number;
}

const GIVEN_UP_AFTER_MS = 3 * DAY_MS;

/** Which callbacks took effect: one that did never does again, and one that came too early is tried until it can. */
export class ModelInbox {
  readonly events: ModelEvent[] = [];

  write(fact: PaymentFact): ModelEvent {
    const key = `evt_${this.events.length + 1}`;
    const event: ModelEvent = { key, fact, state: 'new', tries: 0, nextAt: 0, receivedAt: 0 };
    this.events.push(event);
    return event;
  }

  deliver(event: ModelEvent, books: ModelBooks, now: number): void {
    if (event.state === 'applied') return;
    if (event.state === 'new') event.receivedAt = now;
    this.#try(event, books, now);
  }

  retry(books: ModelBooks, now: number): void {
    const due = this.events.filter(({ state, nextAt }) => state === 'waits' && nextAt <= now);
    for (const event of due.sort((a, b) => a.nextAt - b.nextAt)) {
      this.#try(event, books, now);
      if (event.state === 'waits' && now - event.receivedAt >= GIVEN_UP_AFTER_MS) event.state = 'dropped';
    }
  }

  #try(event: ModelEvent, books: ModelBooks, now: number): void {
    event.tries += 1;
    event.state = books.tell(event.fact);
    event.nextAt = now + Math.min(HOUR_MS, 10 * SECOND_MS * 2 ** (event.tries - 1));
  }
}
