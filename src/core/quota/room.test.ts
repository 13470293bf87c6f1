import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { UserId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import { type NewPlan, WINDOW_SPANS } from '../plans/index.ts';
import { QuotaScene, storm, UNIT } from './testing/quota-scene.ts';

let scene: QuotaScene;

beforeEach(async () => {
  scene = await QuotaScene.open();
});
afterEach(async () => await scene.close());

const limited = (span: (typeof WINDOW_SPANS)[number], units: number): Partial<NewPlan> => ({
  windowLimits: { [span]: (units * UNIT) as UsdMicros },
});

describe('of 100 requests at the same moment on room for 10', () => {
  test('10 get it from a balance', async () => {
    const daemon = await scene.daemon();
    const alice = await scene.user(10 * UNIT);
    const winners = await storm([daemon], alice, 100);
    expect(winners).toHaveLength(10);
    expect(await scene.balance(alice)).toMatchObject({ heldUsdMicros: 10 * UNIT, availableUsdMicros: 0 });
    expect(daemon.quota.held()).toHaveLength(10);
    for (const { reservation } of winners) daemon.settle(reservation, UNIT);
    await daemon.queue.flush();
    expect(await scene.balance(alice)).toMatchObject({ usdMicros: 0, heldUsdMicros: 0 });
    expect(await daemon.refused(alice)).toMatchObject({ code: 'insufficient_balance' });
    expect(await scene.violations()).toEqual([]);
  });

  test.each(WINDOW_SPANS)('10 get it from a window of %s', async (span) => {
    const daemon = await scene.daemon();
    const alice = await scene.user();
    const id = await scene.subscribe(alice, limited(span, 10));
    const winners = await storm([daemon], alice, 100);
    expect(winners).toHaveLength(10);
    for (const { reservation } of winners) {
      expect(reservation.payer).toMatchObject({ kind: 'subscription', id });
      daemon.settle(reservation, UNIT);
    }
    await daemon.queue.flush();
    expect(await scene.windows(id)).toMatchObject([{ span, usedUsdMicros: 10 * UNIT, heldUsdMicros: 0 }]);
    expect(await daemon.refused(alice)).toMatchObject({ code: 'plan_window_exhausted' });
    expect(await scene.violations()).toEqual([]);
  });

  test('no more than 10 get it from two daemons, and none of it is lost', async () => {
    const daemons = [await scene.daemon(), await scene.daemon()];
    const alice = await scene.user(10 * UNIT);
    const bob = await scene.user();
    const id = await scene.subscribe(bob, limited('5h', 10));
    for (const userId of [alice, bob]) {
      const winners = await storm(daemons, userId, 100);
      expect(winners.length).toBeLessThanOrEqual(10);
      expect(winners.length).toBeGreaterThan(0);
      for (const { daemon, reservation } of winners) daemon.settle(reservation, UNIT);
      const more = await spendOneByOne(userId, 10 - winners.length);
      expect(winners.length + more).toBe(10);
    }
    expect(await scene.balance(alice)).toMatchObject({ usdMicros: 0, heldUsdMicros: 0 });
    expect(await scene.windows(id)).toMatchObject([{ usedUsdMicros: 10 * UNIT, heldUsdMicros: 0 }]);
    expect(await scene.violations()).toEqual([]);

    /** What one daemon holds idly comes back after a moment. */
    async function spendOneByOne(userId: UserId, left: number): Promise<number> {
      let spent = 0;
      for (let round = 0; round < 10 && spent < left; round++) {
        scene.ctx.clock.advance(3_000);
        for (const daemon of daemons) await daemon.tick();
        for (const daemon of daemons) {
          for (const { reservation } of await storm([daemon], userId, 100)) {
            daemon.settle(reservation, UNIT);
            spent += 1;
          }
        }
      }
      for (const daemon of daemons) await daemon.queue.flush();
      return spent;
    }
  });
});

test('what is left is enough when it covers the input, and then it is all held', async () => {
  const daemon = await scene.daemon();
  const alice = await scene.user(700);
  const dear = { listUsdMicros: 5_000 as UsdMicros, minimumUsdMicros: 600 as UsdMicros };
  const reservation = await daemon.reserved(alice, dear);
  expect(reservation.heldUsdMicros).toBe(700);
  await daemon.refused(alice, dear);
  daemon.release(reservation);
  expect(await daemon.refused(alice, { ...dear, minimumUsdMicros: 701 as UsdMicros })).toMatchObject({
    code: 'insufficient_balance',
  });
  expect((await daemon.reserved(alice, dear)).heldUsdMicros).toBe(700);
  expect(await scene.balance(alice)).toMatchObject({ usdMicros: 700, availableUsdMicros: 0 });
});

test('every window has to have room', async () => {
  const daemon = await scene.daemon();
  const alice = await scene.user();
  const id = await scene.subscribe(alice, {
    windowLimits: { '5h': (20 * UNIT) as UsdMicros, '7d': (3 * UNIT) as UsdMicros, '30d': (9 * UNIT) as UsdMicros },
  });
  expect(await storm([daemon], alice, 20)).toHaveLength(3);
  const held = (await scene.windows(id)).map(({ span, heldUsdMicros }) => [span, heldUsdMicros]);
  expect(held).toEqual([
    ['5h', 3 * UNIT],
    ['7d', 3 * UNIT],
    ['30d', 3 * UNIT],
  ]);
});

test('a plan without limits holds nothing and lets everything through', async () => {
  const daemon = await scene.daemon();
  const alice = await scene.user();
  await scene.subscribe(alice);
  expect(await storm([daemon], alice, 50, { listUsdMicros: 9_000_000_000 as UsdMicros })).toHaveLength(50);
  expect(await scene.database.knex('quota_leases')).toEqual([]);
});

test('what is leased is handed out without asking', async () => {
  const daemon = await scene.daemon();
  const alice = await scene.user(1_000 * UNIT);
  daemon.release(await daemon.reserved(alice));
  const leased = (await scene.balance(alice)).heldUsdMicros;
  expect(leased).toBe(33 * UNIT);
  for (let i = 0; i < 33; i++) {
    const answer = daemon.quota.reserve(scene.input(alice));
    expect(answer).not.toBeInstanceOf(Promise);
  }
  expect(daemon.quota.reserve(scene.input(alice))).toBeInstanceOf(Promise);
  expect((await scene.balance(alice)).heldUsdMicros).toBeGreaterThanOrEqual(leased);
});

test('reservations of many users at the same moment share a transaction', async () => {
  const daemon = await scene.daemon();
  const users: UserId[] = [];
  for (let i = 0; i < 30; i++) users.push(await scene.user(100 * UNIT));
  let transactions = 0;
  scene.database.knex.on('query', ({ sql }: { readonly sql: string }) => {
    if (/^begin/i.test(sql)) transactions += 1;
  });
  await Promise.all(users.flatMap((userId) => [daemon.reserved(userId), daemon.reserved(userId)]));
  expect(transactions).toBe(1);
  expect(daemon.quota.held()).toHaveLength(60);
});
