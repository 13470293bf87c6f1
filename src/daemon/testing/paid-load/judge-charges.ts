import { groupBy } from '../../../core/group-by.ts';
import type { Delivered } from './paid-callers.ts';
import type { PaidShop } from './paid-shop.ts';
import { chargeOf, OPENING_BALANCE } from './prices.ts';
import type { Row, ShopBooks } from './shop-books.ts';

interface Charge {
  readonly requestId: string;
  /** The user of a balance, or a subscription. */
  readonly payer: string;
  readonly usdMicros: number;
}

/** What is wrong with the charges for requests, in words; nothing when each was charged once, to whom it should be. */
export function judgeCharges(shop: PaidShop, books: ShopBooks, delivered: ReadonlyMap<string, Delivered>): string[] {
  const charges = groupBy(chargesOf(books), ({ requestId }) => requestId);
  const events = new Map(books.events.map((event) => [String(event['id']), event]));
  const faults: string[] = [];
  for (const [id, { length }] of charges) {
    if (length > 1) faults.push(`${id} is charged ${length} times`);
    if (!events.has(id)) faults.push(`${id} is charged without an event`);
  }
  for (const [id, event] of events) faults.push(...judgeEvent(shop, event, charges.get(id)?.[0]));
  for (const [id, { endpoint, customer }] of delivered) {
    const event = events.get(id);
    if (!event) faults.push(`${id} was delivered and has no event`);
    else if (event['endpoint'] !== endpoint || event['user_id'] !== customer.user.id) {
      faults.push(`${id} was delivered and has the event of another`);
    }
    if (!charges.has(id)) faults.push(`${id} was delivered and is not charged`);
  }
  return faults;
}

function judgeEvent({ alice }: PaidShop, event: Row, charge: Charge | undefined): string[] {
  const { id, endpoint, user_id: userId, payer_id: payer, charged_usd_micros: said, outcome } = event;
  if (!charge) return Number(said) === 0 && outcome !== 'completed' ? [] : [`${id} is ${outcome} and is not charged`];
  const kind = userId === alice.user.id ? 'balance' : 'subscription';
  const expected = chargeOf(String(endpoint), kind);
  const faults: string[] = [];
  if (event['payer_kind'] !== kind) faults.push(`${id} is paid by ${event['payer_kind']} instead of ${kind}`);
  if (charge.payer !== payer) faults.push(`${id} is charged to ${charge.payer} and says ${payer}`);
  if (charge.usdMicros !== expected) faults.push(`${id} is charged ${charge.usdMicros} instead of ${expected}`);
  if (charge.usdMicros !== Number(said)) faults.push(`${id} is charged ${charge.usdMicros} and says ${said}`);
  return faults;
}

/** What is wrong with balances and windows, in words: they are what came in without what was used. */
export function judgeBalances({ alice, bob }: PaidShop, books: ShopBooks): string[] {
  const expected = new Map<string, number>([
    [alice.user.id, OPENING_BALANCE],
    [bob.user.id, 0],
  ]);
  const add = (userId: string, usdMicros: number) => expected.set(userId, (expected.get(userId) ?? 0) + usdMicros);
  for (const { kind, state, userId, creditUsdMicros } of books.orders) {
    if ((kind === 'topup' && state === 'fulfilled') || state === 'paid_late') add(userId, creditUsdMicros);
  }
  for (const { payer, usdMicros } of chargesOf(books)) if (expected.has(payer)) add(payer, -usdMicros);
  const faults = Object.entries(books.leftovers).map(([table, rows]) => `${rows} rows are left in ${table}`);
  for (const [userId, usdMicros] of expected) {
    const row = books.balances.find((balance) => balance['user_id'] === userId);
    const [is, held] = [Number(row?.['usd_micros'] ?? 0), Number(row?.['held_usd_micros'] ?? 0)];
    if (is !== usdMicros) faults.push(`the balance of ${userId} is ${is} instead of ${usdMicros}`);
    if (held !== 0) faults.push(`${held} of the balance of ${userId} is held`);
  }
  return [...faults, ...books.windows.flatMap((window) => judgeWindow(window, books))];
}

function judgeWindow(window: Row, { charges }: ShopBooks): string[] {
  const { subscription_id: id, span, started_at: start } = window;
  const inside = charges.filter((charge) => charge['subscription_id'] === id && Number(charge['at']) >= Number(start));
  const expected = inside.reduce((sum, charge) => sum + Number(charge['amount_usd_micros']), 0);
  const [used, held] = [Number(window['used_usd_micros']), Number(window['held_usd_micros'])];
  const faults: string[] = [];
  if (used !== expected) faults.push(`the window ${span} of ${id} has used ${used} instead of ${expected}`);
  if (held !== 0) faults.push(`${held} of the window ${span} of ${id} is held`);
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
