import type { Random } from '../../../core/random.ts';
import type { FakeEpay } from '../../../core/testing/fake-epay.ts';
import type { FakeStripe } from '../../../core/testing/fake-stripe.ts';
import { DAY_MS } from '../../../core/time.ts';
import { pause } from '../boot-daemon.ts';

/** What becomes of the callback of a payment: it goes out at once, some time later, twice at once, or not at all. */
export type PayHow = 'at_once' | 'late' | 'twice' | 'lost';

/** Somebody in front of a provider's page of payment, and what the provider then does. */
export interface Payer {
  isAt(payUrl: string): boolean;
  /** A page that can still be paid when its order was canceled. */
  readonly staysOpen: boolean;
  /** Pays, and waits for a callback that goes out at once. Resolves to whether it was taken. */
  pay(payUrl: string, how: PayHow): Promise<boolean>;
  /** Sends a few of the callbacks again that nobody took. */
  retry(): Promise<void>;
  /** Sends again what nobody took, as long as providers do, but half of it is lost for good. */
  retryHalf(): Promise<void>;
  /** Resolves when nothing is on its way any more. */
  settled(): Promise<void>;
}

const LATE_MAX_MS = 1_500;
const RETRIED_MAX = 5;
const PAID_COMPLETELY = 'checkout.session.completed';

export function payerAtEpay(gateway: FakeEpay, random: Random): Payer {
  const later = new Latecomers(random);
  const missed = async () => (await gateway.orders()).filter(({ status, notify }) => status === 1 && notify > 0);
  return {
    isAt: (payUrl) => payUrl.startsWith(gateway.url),
    staysOpen: true,
    async pay(payUrl, how) {
      // It is the first visit of the page that makes the order known there.
      const { outTradeNo: number } = await gateway.open(payUrl);
      const first = await gateway.pay(number, { lost: how !== 'at_once' });
      if (how === 'late') later.do(() => gateway.deliver(number));
      const deliveries = how === 'twice' ? await gateway.deliverMany(number, 2) : [first];
      return deliveries.some((delivery) => delivery?.acked);
    },
    async retry() {
      for (const { outTradeNo } of (await missed()).slice(-RETRIED_MAX)) await gateway.deliver(outTradeNo);
    },
    async retryHalf() {
      for (const [index, order] of (await missed()).entries()) if (index % 2 === 0) order.notifyAt = null;
      await gateway.advance(DAY_MS);
    },
    settled: () => later.settled(),
  };
}

export function payerAtStripe(stripe: FakeStripe, random: Random): Payer {
  const later = new Latecomers(random);
  return {
    isAt: (payUrl) => payUrl.startsWith(stripe.url),
    staysOpen: false,
    async pay(payUrl, how) {
      const session = payUrl.split('/').at(-1) ?? '';
      await stripe.pay(session);
      const told = (await stripe.events([PAID_COMPLETELY])).find(({ about }) => about === session);
      const events = told ? [told.id] : [];
      if (how === 'late') later.do(() => stripe.deliver({ events }));
      if (how !== 'at_once' && how !== 'twice') return false;
      const deliveries = await stripe.deliver({ events, times: how === 'twice' ? 2 : 1, atOnce: true });
      return deliveries.some(({ status }) => status === 200);
    },
    async retry() {
      await stripe.deliver({ events: (await stripe.waiting()).slice(-RETRIED_MAX) });
    },
    async retryHalf() {
      await stripe.drop((await stripe.waiting()).filter((_, index) => index % 2 === 0));
      await stripe.deliver();
    },
    settled: () => later.settled(),
  };
}

/** Callbacks that are on their way for a while, whatever is killed meanwhile. */
class Latecomers {
  readonly #random: Random;
  readonly #open = new Set<Promise<unknown>>();

  constructor(random: Random) {
    this.#random = random;
  }

  do(send: () => Promise<unknown>): void {
    const sent = pause(this.#random.fraction() * LATE_MAX_MS).then(send);
    this.#open.add(sent);
    void sent.finally(() => this.#open.delete(sent));
  }

  async settled(): Promise<void> {
    await Promise.all(this.#open);
  }
}
