import { expect } from 'vitest';
import { unreachable } from '../../../core/invariant.ts';
import { SECOND_MS } from '../../../core/time.ts';
import { compareWorld, expectQuiet } from './compare-world.ts';
import { handOver } from './hand-over-turn.ts';
import { DOWRY_CENTS } from './money-cast.ts';
import type { MoneyStep } from './money-step.ts';
import { MoneyWorld } from './money-world.ts';
import * as orders from './order-turns.ts';
import { race } from './race-turn.ts';
import * as refunds from './refund-turns.ts';
import * as spending from './spending-turns.ts';

/** Lives through the steps and compares after each; returns what was seen, and how often. */
export async function liveThrough(steps: readonly MoneyStep[]): Promise<ReadonlyMap<string, number>> {
  const world = await MoneyWorld.open();
  try {
    await take(world, { kind: 'adjust', user: 0, cents: DOWRY_CENTS, key: null });
    for (const [at, step] of steps.entries()) {
      world.moment();
      await told(`step ${at + 1} ${JSON.stringify(step)}`, async () => {
        await take(world, step);
        await compareWorld(world);
      });
    }
    await told('the end', () => end(world));
    for (const { isRevoked, wasBack } of world.books.grants.values()) {
      if (isRevoked) world.sawThat('plan taken back');
      if (wasBack) world.sawThat('plan given back');
    }
    return world.seen;
  } finally {
    await world.close();
  }
}

async function take(world: MoneyWorld, step: MoneyStep): Promise<void> {
  switch (step.kind) {
    case 'topUp':
      return await orders.topUp(world, step);
    case 'buy':
      return await orders.buy(world, step);
    case 'startAgain':
      return await orders.startAgain(world, step);
    case 'pay':
      return await orders.pay(world, step);
    case 'giveUp':
      return await orders.giveUp(world, step);
    case 'tellAgain':
      return await orders.tellAgain(world, step);
    case 'cancel':
      return await orders.cancel(world, step);
    case 'markPaid':
      return await orders.payByHand(world, step);
    case 'refund':
      return await refunds.refund(world, step);
    case 'bankRefund':
      return await refunds.bankRefund(world, step);
    case 'bankDecides':
      return await refunds.bankDecides(world, step);
    case 'settleRefund':
      return await refunds.settleByHand(world, step);
    case 'dispute':
      return await refunds.dispute(world, step);
    case 'decide':
      return await refunds.decide(world, step);
    case 'jobs':
      return await refunds.jobs(world, step.mood);
    case 'reconcile':
      return await refunds.compareWithBank(world, step.mood);
    case 'redeem':
      return await spending.redeem(world, step);
    case 'adjust':
      return await spending.adjust(world, step);
    case 'cancelPlan':
      return await spending.cancelPlan(world, step);
    case 'reserve':
      return await spending.reserve(world, step);
    case 'storm':
      return await spending.storm(world, step);
    case 'settle':
      return await spending.settle(world, step);
    case 'handOver':
      return await handOver(world, step);
    case 'release':
      return spending.release(world, step);
    case 'tick':
      return await spending.tick(world, step.daemon);
    case 'wait':
      return await spending.wait(world, step.ms);
    case 'silence':
      return await spending.silence(world, step.daemon);
    case 'race':
      return await race(world, step);
    case 'rules': {
      const { late, kind: _kind, ...rules } = step;
      world.books.late = late;
      Object.assign(world.rules, rules);
      return void Object.assign(world.scene.facts, rules);
    }
    default:
      return unreachable(step);
  }
}

/** Every request ends, every question is asked, every refund is sent: then all agree, and nothing is held of anybody. */
async function end(world: MoneyWorld): Promise<void> {
  await take(world, { kind: 'rules', late: 'credit', payAsYouGo: true, multiplierPpm: 1_000_000, isFree: false });
  for (const _hold of world.spending.holds) spending.release(world, { kind: 'release', which: 0 });
  for (let i = 0; i < 4; i++) {
    world.moment();
    await refunds.compareWithBank(world, 'done');
  }
  await spending.wait(world, 40 * SECOND_MS);
  await compareWorld(world);
  expect(world.spending.holds).toEqual([]);
  await expectQuiet(world);
}

/** A failure says at which step it was. */
async function told(where: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Error) error.message = `${where}: ${error.message}`;
    throw error;
  }
}
