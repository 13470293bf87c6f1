import { expect } from 'vitest';
import { findOrder } from '../../../core/orders/index.ts';
import { cancelOrder, startPayment } from '../../../core/payments/index.ts';
import { BEGIN } from '../../../core/payments/testing/payment-scene.ts';
import { PLANS } from './money-cast.ts';
import type { MoneyStep } from './money-step.ts';
import { type MoneyWorld, pick } from './money-world.ts';
import { callBack, orderPlan, takeFromWallet } from './order-turns.ts';
import { outcomeOf } from './outcome-of.ts';
import { giveBackIdle, lookAtPlans, manyAt, note, redeemTimes, settleAll } from './spending-turns.ts';

type Race = Extract<MoneyStep, { kind: 'race' }>;

const REQUESTS = 6;
const TRIES = 3;

/**
 * All at once, with charges that are not written yet: an order is paid, told of by three callbacks, and canceled; a user
 * buys a plan from the wallet, redeems a code again and again, and sends requests to both daemons. Whoever comes first,
 * everything happens once, and what is given was there.
 */
export async function race(world: MoneyWorld, step: Race): Promise<void> {
  const { bank, books, cashier, ctx, inbox } = world;
  const user = world.user(step.user);
  const unpaid = books.attempts.filter(
    ({ reference, sale }) => bank.attempts.has(reference) && !bank.paymentOf(reference) && sale.state === 'pending',
  );
  const attempt = pick(unpaid, step.which);
  const code = world.codes[0];
  const wish = await orderPlan(world, step.user, step.which % PLANS.length, true);
  if (!attempt || !code || !wish) return;
  const { sale } = attempt;
  const fact = bank.paidFact(bank.pay(attempt.reference, sale.amountMinor, sale.currency));
  const [one, other] = [inbox.write(fact), inbox.write(fact)];
  const order = await findOrder(ctx, sale.id);
  const plan = await findOrder(ctx, wish.id);
  const wasRobbed = world.spending.isRobbed(user) || world.spending.roomOf(user, world.now) < 0;
  settleAll(world, user);
  const [told, canceled, bought, answers] = await Promise.all([
    Promise.all([one, one, other].map((event) => callBack(world, event))),
    step.cancel ? outcomeOf(cancelOrder(cashier, order, 'test')) : 'conflict',
    outcomeOf(giveBackIdle(world, user).then(() => startPayment(cashier, plan, BEGIN))),
    Promise.all(manyAt(world, user, REQUESTS)),
    redeemTimes(world, code, user, TRIES),
  ]);
  expect(told.map(({ body }) => body)).toEqual(['success', 'success', 'success']);
  expect(['done', 'conflict']).toContain(canceled);
  expect(['done', 'conflict']).toContain(bought);
  world.sawThat(canceled === 'done' ? 'canceled before it was paid' : 'paid before it was canceled');
  if (canceled === 'done') sale.state = 'canceled';
  for (const event of [one, one, other]) inbox.deliver(event, books, world.now);
  if (bought === 'done') await takeFromWallet(world, wish);
  await lookAtPlans(world);
  for (const [at, answer] of answers.entries()) note(world, at % world.daemons.length, user, answer, new Map());
  if (!wasRobbed) expect(world.spending.roomOf(user, world.now)).toBeGreaterThanOrEqual(0);
}
