import { expect } from 'vitest';
import { findOrder, type Order } from '../../../core/orders/index.ts';
import {
  cancelOrder,
  createSubscriptionOrder,
  createTopupOrder,
  markPaid,
  receiveCallback,
  startPayment,
} from '../../../core/payments/index.ts';
import { readPaymentsOf } from '../../../core/payments/payment-store.ts';
import type { PaymentFact } from '../../../core/payments/provider.ts';
import { fakeCallback } from '../../../core/payments/testing/fake-provider.ts';
import { BEGIN } from '../../../core/payments/testing/payment-scene.ts';
import { epochMs } from '../../../core/time.ts';
import type { ModelEvent } from './model-inbox.ts';
import { hasMoney, newAttempt, type Sale } from './model-sale.ts';
import { PLANS } from './money-cast.ts';
import type { MoneyStep, Told } from './money-step.ts';
import { BANK_KEY, CHANNEL, type MoneyWorld, pick } from './money-world.ts';
import { outcomeOf } from './outcome-of.ts';
import { giveBackIdle } from './spending-turns.ts';

type StepOf<K extends MoneyStep['kind']> = Extract<MoneyStep, { kind: K }>;

const PENDING_MAX = 20;
/** What a cent of each currency is worth. */
const WORTH = { USD: 10_000, CNY: 10_000 / 7.2 };

export async function topUp(world: MoneyWorld, step: StepOf<'topUp'>): Promise<void> {
  const { user, cents, currency, start } = step;
  const userId = world.user(user);
  const amount = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
  const credit = Math.floor(cents * WORTH[currency] + 1e-6);
  const isDear = credit >= 1_000_000;
  const order = createTopupOrder(world.cashier, { userId, amount, currency, channel: 'main' });
  const expected = isDear ? roomForOrder(world, userId) : 'invalid_input';
  expect(await outcomeOf(order)).toBe(expected);
  if (expected !== 'done') return;
  const sale = sell(world, await order, null);
  expect(sale.credit).toBe(credit);
  world.bank.startsAs = start;
  expect(await outcomeOf(startPayment(world.cashier, await order, BEGIN))).toBe(
    start === 'ok' ? 'done' : 'upstream_failed',
  );
  world.bank.startsAs = 'ok';
  await learnAttempts(world, sale, start === 'ok');
}

export async function buy(world: MoneyWorld, step: StepOf<'buy'>): Promise<void> {
  const { user, plan, wallet } = step;
  const sale = await orderPlan(world, user, plan, wallet);
  if (sale) await start(world, sale);
}

/** Undefined when the user has too many orders that wait. */
export async function orderPlan(
  world: MoneyWorld,
  user: number,
  plan: number,
  wallet: boolean,
): Promise<Sale | undefined> {
  const userId = world.user(user);
  const { terms, lastsMs } = PLANS[plan] as (typeof PLANS)[number];
  const channel = wallet ? 'wallet' : 'main';
  const order = createSubscriptionOrder(world.cashier, { userId, plan: terms.code, channel });
  const expected = roomForOrder(world, userId);
  expect(await outcomeOf(order)).toBe(expected);
  if (expected !== 'done') return undefined;
  return sell(world, await order, { versionId: world.plans[plan]?.version.id ?? '', lastsMs });
}

export async function startAgain(world: MoneyWorld, step: StepOf<'startAgain'>): Promise<void> {
  const sale = pick(world.books.sales, step.which);
  if (sale) await start(world, sale);
}

export async function pay(world: MoneyWorld, step: StepOf<'pay'>): Promise<void> {
  const { bank, books } = world;
  const payable = books.attempts.filter(({ reference, sale }) => {
    const paid = bank.paymentOf(reference);
    const isAsAgreed = paid?.amountMinor === sale.amountMinor && paid.currency === sale.currency;
    return bank.attempts.has(reference) && !isAsAgreed;
  });
  const attempt = pick(payable, step.which);
  if (!attempt) return;
  const { amountMinor, currency } = attempt.sale;
  const change = { agreed: 0, less: -1, more: 1, other_currency: 0 }[step.as];
  const payment = bank.pay(attempt.reference, amountMinor + change, step.as === 'other_currency' ? 'JPY' : currency);
  if (step.as !== 'agreed') world.sawThat('wrong amount');
  await tell(world, bank.paidFact(payment), step.told);
}

export async function giveUp(world: MoneyWorld, step: StepOf<'giveUp'>): Promise<void> {
  const { bank, books } = world;
  const unpaid = books.attempts.filter(
    ({ reference }) => bank.attempts.has(reference) && !bank.paymentOf(reference) && !bank.ended.has(reference),
  );
  const attempt = pick(unpaid, step.which);
  if (!attempt) return;
  bank.ended.set(attempt.reference, step.as);
  await tell(world, { kind: step.as, reference: attempt.reference, reason: 'the payer went away' }, step.told);
}

export async function tellAgain(world: MoneyWorld, step: StepOf<'tellAgain'>): Promise<void> {
  const event = pick(world.inbox.events, step.which);
  if (!event) return;
  if (event.state !== 'new') world.sawThat('told again');
  await deliver(world, step.asNew ? world.inbox.write(event.fact) : event);
}

export async function cancel(world: MoneyWorld, step: StepOf<'cancel'>): Promise<void> {
  const sale = pick(world.books.sales, step.which);
  if (!sale) return;
  const order = await findOrder(world.ctx, sale.id);
  const expected = sale.state === 'pending' ? 'done' : 'conflict';
  expect(await outcomeOf(cancelOrder(world.cashier, order, 'test'))).toBe(expected);
  if (expected === 'done') sale.state = 'canceled';
}

export async function payByHand(world: MoneyWorld, step: StepOf<'markPaid'>): Promise<void> {
  const sale = pick(world.books.sales, step.which);
  if (!sale) return;
  const reference = `receipt ${step.receipt}`;
  const { receipts } = world.books;
  const isRefused = sale.wallet || hasMoney(sale) || receipts.has(reference);
  const order = await findOrder(world.ctx, sale.id);
  const paid = markPaid(world.cashier, order, { reference, actor: 'test', reason: null });
  expect(await outcomeOf(paid)).toBe(isRefused ? 'conflict' : 'done');
  if (isRefused) return;
  receipts.add(reference);
  world.sawThat('paid by hand');
  const [row] = (await readPaymentsOf(world.ctx, order.id)).filter(({ byHand }) => byHand).slice(-1);
  const attempt = newAttempt(sale, {
    id: row?.id ?? '',
    reference: row?.reference ?? '',
    by: 'hand',
    source: 'manual',
  });
  sale.attempts.push(attempt);
  world.books.take(attempt, reference, 'credit');
}

/** The bank calls back, or keeps it to itself until it is asked. */
export async function tell(world: MoneyWorld, fact: PaymentFact, told: Told): Promise<void> {
  const event = world.inbox.write(fact);
  if (told === 'never') return;
  await deliver(world, event);
  if (told === 'twice') await deliver(world, event);
}

async function deliver(world: MoneyWorld, event: ModelEvent): Promise<void> {
  const { books, inbox } = world;
  const { body } = await callBack(world, event);
  const before = {
    arrivals: books.arrivals.size,
    late: books.sales.filter(({ state }) => state === 'paid_late').length,
  };
  const wasDone = event.state === 'applied';
  inbox.deliver(event, books, world.now);
  if (event.fact.kind === 'reversal' && event.state === 'applied' && !wasDone) world.bank.noteTold(event.fact);
  expect(body).toBe(event.state === 'refused' ? 'fail' : 'success');
  if (event.state === 'waits') world.sawThat('told too early');
  const late = books.sales.filter(({ state }) => state === 'paid_late').length;
  if (late > before.late) world.sawThat('paid late');
  else if (books.arrivals.size > before.arrivals && [...books.arrivals].at(-1)?.startsWith('order:pay_')) {
    world.sawThat('paid again');
  }
}

/** Only what happens at the doors; the model is told by the caller. */
export async function callBack(world: MoneyWorld, { key, fact }: ModelEvent): Promise<{ readonly body: string }> {
  const raw = fakeCallback({ eventKey: key, type: fact.kind, facts: [fact] }, BANK_KEY, epochMs(world.now));
  return await receiveCallback(world.cashier, CHANNEL, raw);
}

/** Begins to pay, as buyers do: from the wallet it is done then and there, or there is not enough in it. */
async function start(world: MoneyWorld, sale: Sale): Promise<void> {
  const isWaiting = sale.state === 'pending' && world.now < sale.expiresAt;
  const order = await findOrder(world.ctx, sale.id);
  if (sale.wallet) {
    await startFromWallet(world, sale, order, isWaiting);
    return;
  }
  const known = sale.attempts.length;
  const isUsable = sale.attempts.some(({ isOpen, hasPage }) => isOpen && hasPage);
  expect(await outcomeOf(startPayment(world.cashier, order, BEGIN))).toBe(isWaiting ? 'done' : 'conflict');
  await learnAttempts(world, sale, true);
  expect(sale.attempts.length - known).toBe(isWaiting && !isUsable ? 1 : 0);
}

async function startFromWallet(world: MoneyWorld, sale: Sale, order: Order, isWaiting: boolean): Promise<void> {
  await giveBackIdle(world, sale.user);
  const { heldUsdMicros } = await world.scene.balance(sale.user);
  const isEnough = world.books.balanceOf(sale.user) - heldUsdMicros >= sale.credit;
  const isDone = isWaiting && isEnough;
  expect(await outcomeOf(startPayment(world.cashier, order, BEGIN))).toBe(isDone ? 'done' : 'conflict');
  world.sawThat(isDone ? 'bought from the wallet' : 'not bought from the wallet');
  if (isDone) await takeFromWallet(world, sale);
}

/** The model follows what was bought from a balance. */
export async function takeFromWallet(world: MoneyWorld, sale: Sale): Promise<void> {
  const [row] = (await readPaymentsOf(world.ctx, sale.id as Order['id'])).slice(-1);
  const given = {
    id: row?.id ?? '',
    reference: row?.reference ?? '',
    by: 'wallet',
    source: `user:${sale.user}`,
  } as const;
  const attempt = newAttempt(sale, given);
  sale.attempts.push(attempt);
  world.books.take(attempt, row?.reference ?? '');
}

function roomForOrder({ books }: MoneyWorld, userId: string): string {
  const waiting = books.sales.filter(({ user, state }) => user === userId && state === 'pending');
  return waiting.length >= PENDING_MAX ? 'conflict' : 'done';
}

function sell(world: MoneyWorld, order: Order, plan: Sale['plan']): Sale {
  const sale: Sale = {
    id: order.id,
    number: order.number,
    user: order.userId,
    plan,
    credit: order.creditUsdMicros,
    amountMinor: order.amountMinor,
    currency: order.currency,
    expiresAt: order.expiresAt,
    wallet: order.provider === 'balance',
    attempts: [],
    state: 'pending',
  };
  world.books.sales.push(sale);
  return sale;
}

async function learnAttempts(world: MoneyWorld, sale: Sale, hasPage: boolean): Promise<void> {
  for (const { id, reference } of await readPaymentsOf(world.ctx, sale.id as Order['id'])) {
    if (sale.attempts.some((known) => known.id === id)) continue;
    sale.attempts.push(newAttempt(sale, { id, reference, by: 'bank', source: world.channelAccount, hasPage }));
  }
}
