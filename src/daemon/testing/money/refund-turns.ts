import { expect } from 'vitest';
import { formatAmount } from '../../../core/orders/index.ts';
import {
  askProviders,
  expireOrders,
  followRefunds,
  requestRefund,
  retryInbox,
  settleRefund,
} from '../../../core/payments/index.ts';
import { reconcile } from '../../../core/payments/reconcile.ts';
import type { BankWord } from './bank.ts';
import { isUndecided, type ModelRefund, refundableOf } from './model-sale.ts';
import type { MoneyStep, RefundMood } from './money-step.ts';
import { type MoneyWorld, pick } from './money-world.ts';
import { tell } from './order-turns.ts';
import { outcomeOf } from './outcome-of.ts';

type StepOf<K extends MoneyStep['kind']> = Extract<MoneyStep, { kind: K }>;

const RECONCILED_DAYS = 90;

export async function refund(world: MoneyWorld, step: StepOf<'refund'>): Promise<void> {
  const attempt = pick(world.books.paid, step.which);
  if (!attempt) return;
  const { amountMinor, currency } = attempt.sale;
  const left = refundableOf(attempt);
  const part = Math.max(1, Math.floor((amountMinor * step.percent) / 100));
  const isAll = step.percent === 100;
  const wanted = isAll ? left : part;
  const amount = isAll ? undefined : formatAmount(part, currency);
  const asked = requestRefund(world.ctx, { of: attempt.id, amount, reason: 'asked for', actor: 'test' });
  const isRefused = wanted > left || left <= 0;
  expect(await outcomeOf(asked)).toBe(isRefused ? 'conflict' : 'done');
  if (isRefused) return world.sawThat('refund refused');
  const { id, amountMinor: agreed } = await asked;
  expect(agreed).toBe(wanted);
  world.books.askBack(attempt, wanted, id);
}

/** Somebody gives money back at the bank itself. */
export async function bankRefund(world: MoneyWorld, step: StepOf<'bankRefund'>): Promise<void> {
  const payment = pick(
    world.bank.payments.filter((each) => world.bank.leftOf(each) > 0),
    step.which,
  );
  if (!payment) return;
  const part = Math.floor((payment.amountMinor * step.percent) / 100);
  payment.refunded += Math.min(world.bank.leftOf(payment), Math.max(1, part));
  payment.isTold = false;
  world.sawThat('refunded at the bank');
  await tell(world, world.bank.reversalFact(payment), step.told);
}

/** The bank says what becomes of a refund that is under way; one that was done may still come back. */
export async function bankDecides(world: MoneyWorld, step: StepOf<'bankDecides'>): Promise<void> {
  const { bank } = world;
  const open = [...bank.refunds.values()].filter(
    ({ state }) => state === 'pending' || (state === 'done' && !step.done),
  );
  const refund = pick(open, step.which);
  if (!refund) return;
  if (refund.state === 'done') world.sawThat('refund bounced');
  else refund.payment.isTold = false;
  bank.decide(refund, step.done);
  await tell(world, bank.reversalFact(refund.payment), step.told);
}

export async function settleByHand(world: MoneyWorld, step: StepOf<'settleRefund'>): Promise<void> {
  const refund = pick(
    world.books.refunds.filter(({ id }) => id !== null),
    step.which,
  );
  if (refund?.id == null) return;
  const isOpen = refund.state === 'submitted' || refund.state === 'unknown';
  const outcome = step.succeeded ? 'succeeded' : 'failed';
  const gone = world.bank.paymentOf(refund.attempt.reference)?.refunded ?? 0;
  const isPossible = isOpen && (!step.succeeded || gone >= refund.amountMinor);
  const settled = settleRefund(world.cashier, refund.id, outcome, 'test', 'somebody looked');
  expect(await outcomeOf(settled)).toBe(isPossible ? 'done' : 'conflict');
  // A person who is wrong has still made somebody ask.
  listen(world);
  if (!isPossible) return;
  world.sawThat('refund settled by hand');
  answer(world, refund, step.succeeded ? { state: 'succeeded', refundRef: null } : { state: 'failed', reason: 'no' });
}

export async function dispute(world: MoneyWorld, step: StepOf<'dispute'>): Promise<void> {
  const payment = pick(
    world.bank.payments.filter((each) => each.dispute === 'none' && world.bank.leftOf(each) > 0),
    step.which,
  );
  if (!payment) return;
  const part = Math.floor((payment.amountMinor * step.percent) / 100);
  payment.disputed = Math.min(world.bank.leftOf(payment), Math.max(1, part));
  payment.dispute = 'open';
  payment.isTold = false;
  await tell(world, world.bank.reversalFact(payment), step.told);
}

export async function decide(world: MoneyWorld, step: StepOf<'decide'>): Promise<void> {
  const payment = pick(
    world.bank.payments.filter((each) => each.dispute === 'open'),
    step.which,
  );
  if (!payment) return;
  payment.dispute = step.won ? 'won' : 'lost';
  if (step.won) payment.disputed = 0;
  payment.isTold = false;
  world.sawThat(`dispute ${payment.dispute}`);
  await tell(world, world.bank.reversalFact(payment), step.told);
}

/** Everything that is done by the clock. */
export async function jobs(world: MoneyWorld, mood: RefundMood): Promise<void> {
  const { bank, books, cashier, inbox } = world;
  bank.mood = mood;
  await retryInbox(cashier);
  inbox.retry(books, world.now);
  await askProviders(cashier);
  listen(world);
  const waiting = books.sales.filter(({ state, expiresAt }) => state === 'pending' && expiresAt <= world.now);
  await expireOrders(cashier);
  listen(world);
  if (waiting.some(({ state }) => state === 'fulfilled')) world.sawThat('paid as it expired');
  for (const sale of books.sales) {
    if (sale.state !== 'pending' || sale.expiresAt > world.now) continue;
    sale.state = 'expired';
    world.sawThat('expired');
  }
  await followRefunds(cashier);
  sendOwnRefunds(world);
  listen(world);
}

export async function compareWithBank(world: MoneyWorld, mood: RefundMood): Promise<void> {
  world.bank.mood = mood;
  const { items } = await reconcile(world.cashier, { days: RECONCILED_DAYS });
  expect(items.filter(({ kind }) => kind === 'stuck_callback' || kind === 'not_asked')).toEqual([]);
  sendOwnRefunds(world);
  listen(world);
}

/** What came from a wallet or by hand goes back without a bank. */
function sendOwnRefunds(world: MoneyWorld): void {
  for (const refund of world.books.refunds) {
    if (refund.state !== 'requested' || refund.attempt.by === 'bank') continue;
    refund.state = 'submitted';
    answer(world, refund, { state: 'succeeded', refundRef: null });
  }
}

/** The model hears what the bank has answered. */
function listen(world: MoneyWorld): void {
  for (const word of world.bank.words.splice(0)) hear(world, word);
}

function hear(world: MoneyWorld, word: BankWord): void {
  if (word.kind === 'totals') world.books.tell(word.fact);
  else if (word.kind === 'standing') hearStanding(world, word);
  else hearOfRefund(world, word);
}

function hearStanding({ books }: MoneyWorld, { reference, facts }: Extract<BankWord, { kind: 'standing' }>): void {
  for (const fact of facts) books.tell(fact);
  for (const refund of books.refunds) {
    if (!refund.isMissing || refund.attempt.reference !== reference) continue;
    refund.isMissing = false;
    if (refund.state === 'submitted' && !refund.isNamed) refund.state = 'unknown';
  }
}

function hearOfRefund(world: MoneyWorld, word: Extract<BankWord, { kind: 'refund' | 'find' }>): void {
  const { attempt, amountMinor, refundKey } = word.input;
  const { refunds } = world.books;
  const refund =
    refunds.find(({ id }) => id === refundKey) ??
    refunds.find((each) => each.id === null && each.attempt.id === attempt.id && each.amountMinor === amountMinor);
  expect(refund, 'the bank hears only of refunds that were asked for').toBeDefined();
  if (!refund) return;
  refund.id = refundKey;
  if (word.kind === 'refund') {
    expect(refund.state).toBe('requested');
    const others = refund.attempt.refunds.filter((each) => isUndecided(each) && !each.isNamed);
    expect(others, 'no refund is sent beside one that the bank has not named').toEqual([]);
    refund.state = 'submitted';
  }
  if (word.answer) answer(world, refund, word.answer);
  else refund.isMissing = true;
}

function answer(world: MoneyWorld, refund: ModelRefund, said: Parameters<MoneyWorld['books']['answer']>[1]): void {
  const before = refund.state;
  if (!world.books.answer(refund, said)) return;
  if (before === 'unknown' && refund.state !== 'unknown') world.sawThat('unknown refund known');
  world.sawThat(`refund ${refund.state}`);
}
