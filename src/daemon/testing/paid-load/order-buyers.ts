import type { OrderKind } from '../../../core/orders/index.ts';
import { seededRandom } from '../../../core/testing/seeded-random.ts';
import { adminCall } from '../admin-call.ts';
import { pause } from '../boot-daemon.ts';
import { type HttpExchange, httpExchange } from '../http-exchange.ts';
import { NextTime } from './next-time.ts';
import { type Customer, EPAY_CHANNEL, type PaidShop, PLAN, STRIPE_CHANNEL } from './paid-shop.ts';
import { type Payer, type PayHow, payerAtEpay, payerAtStripe } from './payers.ts';

interface Wish {
  readonly kind: OrderKind;
  readonly customer: Customer;
  readonly body: object;
}

interface OrderAnswer {
  readonly order: string;
  readonly pay_url: string;
  readonly page_url: string;
}

type Way = PayHow | 'canceled' | 'never';

const KINDS = ['topup', 'subscription'] as const;
const CHANNELS = [EPAY_CHANNEL, STRIPE_CHANNEL] as const;
/** What buyers do with an order: mostly they pay it; some only when it is canceled already, and some never. */
const WAYS: readonly Way[] = ['at_once', 'at_once', 'late', 'twice', 'lost', 'canceled', 'never'];
const PAUSE_MAX_MS = 80;
const CONFLICT = 409;
/** What a daemon that is gone knows of. */
const NOTHING = () => ({ items: [] });

/** Alice tops up her balance and Bob buys more of his plan, again and again, each through two providers. */
export class OrderBuyers {
  /** Answers that should not have been, in words. */
  readonly odd: string[] = [];
  /** A provider has heard that its callback was taken. */
  readonly acknowledged = new NextTime();
  readonly #shop: PaidShop;
  readonly #payers: readonly Payer[];
  readonly #random = seededRandom(12);

  constructor(shop: PaidShop) {
    this.#shop = shop;
    this.#payers = [payerAtEpay(shop.gateway, this.#random), payerAtStripe(shop.stripe, this.#random)];
  }

  /** Goes on until the daemon is gone. */
  async run(): Promise<void> {
    await Promise.all([this.#buyOnAndOn('topup'), this.#buyOnAndOn('subscription')]);
  }

  /** Pays orders of which no callback ever tells. Resolves to their number. */
  async buyUntold(): Promise<number> {
    for (const kind of KINDS) await this.#cancelWaiting(this.#wishFor(kind, EPAY_CHANNEL));
    const wishes = KINDS.flatMap((kind) => CHANNELS.map((channel) => this.#wishFor(kind, channel)));
    for (const wish of wishes) {
      const answer = await this.#order(wish);
      if (answer.status !== 201) this.odd.push(`the order answered ${answer.status}: ${answer.text}`);
      else await this.#payFor(wish, JSON.parse(answer.text) as OrderAnswer, 'lost');
    }
    return wishes.length;
  }

  /** Providers send again some of what nobody took. */
  async retry(): Promise<void> {
    await Promise.all(this.#payers.map((payer) => payer.retry()));
  }

  /** The last of their tries; half of it never comes. */
  async retryHalf(): Promise<void> {
    for (const payer of this.#payers) await payer.retryHalf();
  }

  /** Resolves when no callback is on its way any more. */
  async settled(): Promise<void> {
    for (const payer of this.#payers) await payer.settled();
  }

  async #buyOnAndOn(kind: OrderKind): Promise<void> {
    for (;;) {
      const wish = this.#wishFor(kind, this.#oneOf(CHANNELS));
      const answer = await this.#order(wish);
      if (answer.error !== undefined) return;
      if (answer.status === 201) {
        await this.#payFor(wish, JSON.parse(answer.text) as OrderAnswer, this.#oneOf(WAYS));
      } else if (answer.status === CONFLICT) await this.#cancelWaiting(wish);
      else this.odd.push(`the order answered ${answer.status}: ${answer.text}`);
      await pause(this.#random.fraction() * PAUSE_MAX_MS);
    }
  }

  #wishFor(kind: OrderKind, channel: string): Wish {
    const { alice, bob } = this.#shop;
    if (kind === 'subscription') return { kind, customer: bob, body: { plan: PLAN, channel } };
    const amount = (10 + Math.floor(this.#random.fraction() * 9_000) / 100).toFixed(2);
    const currency = channel === EPAY_CHANNEL ? 'CNY' : 'USD';
    return { kind, customer: alice, body: { amount, currency, channel } };
  }

  async #order({ kind, customer, body }: Wish): Promise<HttpExchange> {
    return await this.#call(customer, 'POST', kind === 'topup' ? '/topup/create' : '/subscription/purchase', body);
  }

  async #payFor({ kind, customer }: Wish, answer: OrderAnswer, way: Way): Promise<void> {
    const { order, pay_url: payUrl, page_url: pageUrl } = answer;
    // The provider did not answer in time, which is nobody's fault here; the order stays unpaid.
    if (payUrl === pageUrl) return;
    const payer = this.#payers.find(({ isAt }) => isAt(payUrl));
    if (!payer) return void this.odd.push(`nobody can be paid at ${payUrl}`);
    if (way === 'never') return;
    if (way === 'canceled') await this.#call(customer, 'POST', `/pay/${kind}/${order}/cancel`);
    if (way === 'canceled' && !payer.staysOpen) return;
    const isTaken = await payer.pay(payUrl, way === 'canceled' ? 'at_once' : way);
    if (isTaken) this.acknowledged.happens();
  }

  /** There is a limit on orders that wait: whoever has too many gives them up. */
  async #cancelWaiting({ kind, customer }: Wish): Promise<void> {
    const { boot } = this.#shop;
    const path = `/admin/orders?state=pending&user=${customer.user.id}`;
    const { items } = await adminCall<{ items: readonly { number: string }[] }>(boot.folder, 'GET', path).catch(
      NOTHING,
    );
    for (const { number } of items) await this.#call(customer, 'POST', `/pay/${kind}/${number}/cancel`);
  }

  #oneOf<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#random.fraction() * items.length)] as Item;
  }

  async #call(customer: Customer, method: string, path: string, body?: object): Promise<HttpExchange> {
    const headers = { authorization: `Bearer ${customer.token}` };
    return await httpExchange(`${this.#shop.url}${path}`, { method, headers, body });
  }
}
