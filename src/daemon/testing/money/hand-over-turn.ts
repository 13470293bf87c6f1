import { expect } from 'vitest';
import { DAEMONS } from './money-cast.ts';
import type { MoneyStep } from './money-step.ts';
import { type MoneyWorld, pick } from './money-world.ts';
import { calmDown, close, inputFor, isClear, lookAtPlans, note, shownOf } from './spending-turns.ts';

/** More than anybody has here: what is held is what there is. */
const EVERYTHING = 1_000_000_000;

/**
 * A request is done, its daemon gives back what it has leased, and another daemon is asked for all that there is, before
 * anybody waits for the charge to be written: what was charged must not be there a second time.
 */
export async function handOver(world: MoneyWorld, step: Extract<MoneyStep, { kind: 'handOver' }>): Promise<void> {
  const hold = pick(
    world.spending.holds.filter(({ isBacked }) => isBacked),
    step.which,
  );
  if (!hold) return;
  const { user, daemon } = hold;
  const other = (daemon + 1) % DAEMONS;
  await calmDown(world, user);
  await lookAtPlans(world);
  close(world, hold, hold.held);
  await world.daemon(daemon).keeper.giveBackIdle(user);
  const input = inputFor(world, user, EVERYTHING);
  const isKnown = isClear(world, other, user);
  const answer = await world.daemon(other).quota.reserve(input);
  if (isKnown) {
    world.sawThat('handed over');
    expect(shownOf(answer)).toEqual(world.spending.expect(input, world.rules));
  }
  note(world, other, user, answer, new Map());
}
