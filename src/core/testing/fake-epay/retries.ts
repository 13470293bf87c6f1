import type { FakeOrder } from './books.ts';
import { callbackOf, type Delivery, sendCallback } from './callbacks.ts';
import type { GatewayV2 } from './pages-v2.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** After the payment; the first callback is sent at once. */
const RETRY_MINUTES = [1, 3, 20, 60, 120];

export interface FakeEpayClock {
  now(): number;
  advance(ms: number): void;
}

/** The gateway's callbacks over time: one at once, five more at most, only where its operator runs the job. */
export class Retries {
  readonly #gateway: GatewayV2;
  readonly #clock: FakeEpayClock;
  readonly #record: (delivery: Delivery) => void;

  constructor(gateway: GatewayV2, clock: FakeEpayClock, record: (delivery: Delivery) => void) {
    this.#gateway = gateway;
    this.#clock = clock;
    this.#record = record;
  }

  /** Sends the callback of a payment, and remembers when the next is due if nobody acknowledges it. */
  async send(order: FakeOrder): Promise<Delivery> {
    const delivery = await sendCallback(callbackOf(this.#gateway, order), this.#clock.now());
    this.#record(delivery);
    if (delivery.acked) {
      order.notify = 0;
      order.notifyAt = null;
    } else this.missed(order);
    return delivery;
  }

  /** One callback came to nothing, on the way or there. */
  missed(order: FakeOrder): void {
    const failures = order.notify + 1;
    const minutes = RETRY_MINUTES[failures - 1];
    const isOver = minutes === undefined || order.endedAt === null;
    order.notify = isOver ? -1 : failures;
    order.notifyAt = isOver ? null : (order.endedAt ?? 0) + minutes * MINUTE_MS;
  }

  /** Turns the clock and does on the way what falls due, in its order. */
  async advance(ms: number): Promise<void> {
    const end = this.#clock.now() + ms;
    for (;;) {
      const next = this.#nextDue(end);
      if (next === undefined) break;
      this.#clock.advance(Math.max(0, (next.notifyAt ?? 0) - this.#clock.now()));
      await this.send(next);
    }
    this.#clock.advance(end - this.#clock.now());
    this.#gateway.books.purge();
  }

  #nextDue(end: number): FakeOrder | undefined {
    if (!this.#gateway.manner.cron) return undefined;
    const due = this.#gateway.books.orders.filter(({ notifyAt, endedAt }) => {
      if (notifyAt === null || notifyAt > end) return false;
      return notifyAt - (endedAt ?? 0) <= DAY_MS;
    });
    return due.sort((a, b) => (a.notifyAt ?? 0) - (b.notifyAt ?? 0))[0];
  }
}
