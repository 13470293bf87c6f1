import type { Delivered } from './paid-callers.ts';
import type { PaidShop } from './paid-shop.ts';
import { chargeOf, OPENING_BALANCE } from './prices.ts';
import { type ShopBooks, sumOf } from './shop-books.ts';

interface Charge {
  readonly requestId: string;
  /** The user of a balance, or a subscription. */
  readonly payer: string;
  readonly usdMicros: number;
}

/** What is wrong with the charges for requests, in words; nothing when each was charged once, to whom it should be. */
export function judgeCharges(shop: PaidShop, books: ShopBooks, delivered: ReadonlyMap<string, Delivered>): string[] {
  const charges = chargesOf(books);
  const faults: string[] = [];
  const byRequest = new Map<string, Charge>();
  for (const charge of charges) {
    if (byRequest.has(charge.requestId)) faults.push(`${charge.requestId} is charged twice`);
    byRequest.set(charge.requestId, charge);
  }
  const events = new Map(books.events.map((event) => [String(event['id']), event]));
  for (const { requestId } of charges)
    if (!events.has(requestId)) faults.push(`${requestId} is charged without an event`);
  for (const [id, event] of events) {
    const charge = byRequest.get(id);
    const expected = chargeOf(String(event['endpoint']), event['payer_kind'] as never);
    const [said, posted] = [Number(event['charged_usd_micros']), charge?.usdMicros ?? 0];
    if (said !== posted) faults.push(`${id} says that it costs ${said} and is charged ${posted}`);
    if (charge && charge.usdMicros !== expected) faults.push(`${id} is charged ${posted} instead of ${expected}`);
    if (charge && charge.payer !== event['payer_id']) faults.push(`${id} is charged to ${charge.payer}, not its payer`);
    if (!charge && event['outcome'] === 'completed') faults.push(`${id} was completed and is not charged`);
  }
  for (const [id, { endpoint, customer }] of delivered) {
    const event = events.get(id);
    if (!event) faults.push(`${id} was delivered and has no event`);
    else if (event['endpoint'] !== endpoint || event['user_id'] !== customer.user.id)
      faults.push(`${id} has another's event`);
    if (!byRequest.has(id)) faults.push(`${id} was delivered and is not charged`);
  }
  for (const { requestId, payer } of charges) {
    const userId = events.get(requestId)?.['user_id'];
    if (userId === shop.alice.user.id ? payer !== userId : !payer.startsWith('sub_')) {
      faults.push(`${requestId} of ${userId} is paid by ${payer}`);
    }
  }
  return faults;
}

/** What is wrong with balances and windows, in words: they are what came in without what was used. */
export function judgeBalances(shop: PaidShop, books: ShopBooks): string[] {
  const faults = Object.entries(books.leftovers).map(([table, rows]) => `${rows} rows are left in ${table}`);
  const expected = new Map([
    [shop.alice.user.id as string, OPENING_BALANCE as number],
    [shop.bob.user.id as string, 0],
  ]);
  const add = (userId: string, usdMicros: number) => expected.set(userId, (expected.get(userId) ?? 0) + usdMicros);
  for (const { kind, state, userId, creditUsdMicros } of books.orders) {
    if ((kind === 'topup' && state === 'fulfilled') || state === 'paid_late') add(userId, creditUsdMicros);
  }
  for (const { payer, usdMicros } of chargesOf(books)) if (expected.has(payer)) add(payer, -usdMicros);
  for (const [userId, usdMicros] of expected) {
    const row = books.balances.find((balance) => balance['user_id'] === userId);
    const is = Number(row?.['usd_micros'] ?? 0);
    if (is !== usdMicros) faults.push(`the balance of ${userId} is ${is} instead of ${usdMicros}`);
    if (Number(row?.['held_usd_micros'] ?? 0) !== 0) faults.push(`${row?.['held_usd_micros']} of ${userId} is held`);
  }
  for (const window of books.windows) {
    const { subscription_id: id, span, used_usd_micros: used, held_usd_micros: held } = window;
    const charged = sumOf(
      books.charges.filter((charge) => charge['subscription_id'] === id),
      'amount_usd_micros',
    );
    if (Number(used) !== charged) faults.push(`the window ${span} of ${id} has used ${used} instead of ${charged}`);
    if (Number(held) !== 0) faults.push(`${held} of the window ${span} of ${id} is held`);
  }
  return faults;
}

function chargesOf({ transfers, charges }: ShopBooks): readonly Charge[] {
  const usage = transfers.filter(({ kind }) => kind === 'usage');
  return [
    ...usage.map((row) => ({
      requestId: String(row['id']).slice('usage:'.length),
      payer: String(row['debit_account']).slice('user:'.length),
      usdMicros: Number(row['amount_usd_micros']),
    })),
    ...charges.map((row) => ({
      requestId: String(row['id']),
      payer: String(row['subscription_id']),
      usdMicros: Number(row['amount_usd_micros']),
    })),
  ];
}
