import { groupBy } from '../../../core/group-by.ts';
import { DAY_MS } from '../../../core/time.ts';
import type { PaidShop } from './paid-shop.ts';
import { worthOfTopup } from './prices.ts';
import type { OrderRow, ShopBooks } from './shop-books.ts';

interface Money {
  readonly amountMinor: number;
  readonly currency: string;
}

/** Every payment that a provider has, by what it knows the attempt by. */
export async function paidAtProviders({ gateway, stripe }: PaidShop): Promise<ReadonlyMap<string, Money>> {
  const paid = new Map<string, Money>();
  for (const { outTradeNo, money, status } of await gateway.orders()) {
    if (status === 1) paid.set(outTradeNo, { amountMinor: Number(money.replace('.', '')), currency: 'CNY' });
  }
  for (const { amount, currency, metadata } of await stripe.moneyTaken()) {
    paid.set(metadata['realms_reference'] ?? '', { amountMinor: amount, currency: currency.toUpperCase() });
  }
  return paid;
}

/** What a provider was told that we have it, by what it knows the attempt by. For before the providers lose anything. */
export async function acknowledged({ gateway, stripe }: PaidShop): Promise<ReadonlySet<string>> {
  const references = new Set<string>();
  for (const { form, acked } of await gateway.deliveries()) {
    if (acked) references.add(new URLSearchParams(form).get('out_trade_no') ?? '');
  }
  const waiting = new Set(await stripe.waiting());
  for (const { id, about } of await stripe.events(['checkout.session.completed'])) {
    if (!waiting.has(id)) references.add(String((await stripe.read(about))['client_reference_id']));
  }
  return references;
}

/** What is wrong with what was acknowledged, in words: a provider that has our word does not come again. */
export function judgeAcknowledged({ payments }: ShopBooks, references: ReadonlySet<string>): string[] {
  const taken = new Set(payments.filter(({ state }) => state === 'succeeded').map(({ reference }) => reference));
  return [...references].filter((each) => !taken.has(each)).map((each) => `${each} is acknowledged and not taken`);
}

/** What is wrong with orders, in words: what was paid at a provider is fulfilled exactly once, and nothing else is. */
export function judgeOrders(books: ShopBooks, paid: ReadonlyMap<string, Money>): string[] {
  const { paidOrders, faults } = matchPayments(books, paid);
  const transfers = groupBy(
    books.transfers.filter(({ kind }) => kind === 'order'),
    (transfer) => String(transfer['ref_id']),
  );
  for (const order of books.orders) {
    const moved = transfers.get(order.id) ?? [];
    const granted = books.grants.filter(({ source }) => source === `order:${order.id}`).length;
    const isPaid = paidOrders.has(order.id);
    if (!(isPaid ? isFulfilled : isOpen)(order, moved.length, granted)) {
      const is = `is ${order.state} with ${moved.length} transfers and ${granted} grants`;
      faults.push(`${order.id}, ${isPaid ? 'paid' : 'not paid'} at its provider, ${is}`);
    }
    const worth = order.kind === 'topup' ? worthOfTopup(order.amountMinor, order.currency) : order.creditUsdMicros;
    for (const { id, amount_usd_micros: amount } of moved) {
      if (id !== `order:${order.id}` || Number(amount) !== worth)
        faults.push(`${id} moved ${amount} instead of ${worth}`);
    }
    transfers.delete(order.id);
  }
  for (const id of transfers.keys()) faults.push(`money was moved for ${id}, which is no order`);
  return [...faults, ...judgeTime(books)];
}

/** The orders that were paid there: each by one attempt, and with the money that it was made for. */
function matchPayments(books: ShopBooks, paid: ReadonlyMap<string, Money>) {
  const orders = new Map(books.orders.map((order) => [order.id, order]));
  const payments = groupBy(books.payments, (payment) => String(payment['reference']));
  const paidOrders = new Set<string>();
  const faults: string[] = [];
  for (const [reference, { amountMinor, currency }] of paid) {
    const [payment, ...more] = payments.get(reference) ?? [];
    const order = orders.get(String(payment?.['order_id']));
    if (!order || more.length > 0) {
      faults.push(`${reference} was paid there and is not one attempt here`);
      continue;
    }
    if (paidOrders.has(order.id)) faults.push(`${order.id} was paid there twice`);
    if (order.amountMinor !== amountMinor || order.currency !== currency) {
      faults.push(
        `${order.id} was of ${order.amountMinor} ${order.currency}, and paid with ${amountMinor} ${currency}`,
      );
    }
    paidOrders.add(order.id);
  }
  return { paidOrders, faults };
}

/** Paid in time or too late: the money is there once, and what was bought only in time. */
function isFulfilled({ kind, state }: OrderRow, transfers: number, grants: number): boolean {
  const isInTime = state === 'fulfilled';
  const expectedGrants = kind === 'subscription' && isInTime ? 1 : 0;
  return (isInTime || state === 'paid_late') && transfers === 1 && grants === expectedGrants;
}

function isOpen({ state }: OrderRow, transfers: number, grants: number): boolean {
  return ['pending', 'canceled', 'expired', 'failed'].includes(state) && transfers === 0 && grants === 0;
}

/** Bob's plan began with a day, and each order made it a day longer. */
function judgeTime({ orders, subscriptions }: ShopBooks): string[] {
  const bought = orders.filter(({ kind, state }) => kind === 'subscription' && state === 'fulfilled').length;
  const days = subscriptions.map((row) => (Number(row['ends_at']) - Number(row['starts_at'])) / DAY_MS);
  return days.length === 1 && days[0] === bought + 1
    ? []
    : [`${bought} orders for a day more gave ${days.join(', ')} days`];
}
