import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SubscriptionId, UserId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import { HOUR_MS } from '../time.ts';
import { findUsageEvent } from '../usage/index.ts';
import { QuotaScene, type SceneDaemon, UNIT } from './testing/quota-scene.ts';

let scene: QuotaScene;
let daemon: SceneDaemon;
let alice: UserId;

beforeEach(async () => {
  scene = await QuotaScene.open();
  daemon = await scene.daemon();
  alice = await scene.user(10 * UNIT);
});
afterEach(async () => {
  await daemon.queue.flush();
  expect(await scene.violations()).toEqual([]);
  await scene.close();
});

const transfers = async (kind: string): Promise<object[]> =>
  await scene.database.knex('ledger_transfers').where({ kind }).orderBy('id');
const flushed = async (): Promise<void> => await daemon.queue.flush();
const plan5h = async (userId: UserId, unitCount: number): Promise<SubscriptionId> =>
  await scene.subscribe(userId, { windowLimits: { '5h': (unitCount * UNIT) as UsdMicros } });

describe('a request that settles', () => {
  test('is charged what it cost; the rest of what was held can be used by others at once', async () => {
    const reservation = await daemon.reserved(alice, { listUsdMicros: (10 * UNIT) as UsdMicros });
    await daemon.refused(alice);
    const settled = daemon.settle(reservation, 4 * UNIT);
    expect(settled.payment).toEqual({
      payerKind: 'balance',
      payerId: alice,
      payerMultiplierPpm: 1_000_000,
      reservedUsdMicros: 10 * UNIT,
      chargedUsdMicros: 4 * UNIT,
    });
    expect(settled.note).toBe('charged 0.004 USD of 0.01 held');
    expect(daemon.quota.reserve(scene.input(alice))).toMatchObject({ kind: 'reserved' });
    await flushed();
    expect(await transfers('usage')).toMatchObject([
      {
        id: `usage:${reservation.requestId}`,
        debit_account: `user:${alice}`,
        credit_account: 'revenue:usage',
        amount_usd_micros: 4 * UNIT,
        ref_id: reservation.requestId,
      },
    ]);
    // What is available has not moved: what was charged was held.
    expect(await scene.balance(alice)).toMatchObject({ usdMicros: 6 * UNIT, heldUsdMicros: 6 * UNIT });
    expect(await findUsageEvent(scene.ctx, reservation.requestId)).toMatchObject({ payment: settled.payment });
  });

  test('is charged to its plan, in all windows, with its multiplier on the event', async () => {
    const windowLimits = { '5h': 50_000 as UsdMicros, '30d': 90_000 as UsdMicros };
    const id = await scene.subscribe(alice, { multiplierPpm: 2_000_000, windowLimits });
    const reservation = await daemon.reserved(alice);
    const { payment, rows } = daemon.settle(reservation, 1_500);
    expect(payment).toMatchObject({
      payerKind: 'subscription',
      payerId: id,
      payerMultiplierPpm: 2_000_000,
      reservedUsdMicros: 2_000,
      chargedUsdMicros: 1_500,
    });
    expect(rows.map(({ table }) => table.table)).toEqual(['subscription_charges', 'quota_leases']);
    await flushed();
    const windows = await scene.windows(id);
    expect(windows.map(({ usedUsdMicros }) => usedUsdMicros)).toEqual([1_500, 1_500]);
    expect(await scene.balance(alice)).toMatchObject({ usdMicros: 10 * UNIT, heldUsdMicros: 0 });
  });

  test('is charged once, whoever closes it again', async () => {
    const reservation = await daemon.reserved(alice);
    daemon.settle(reservation, UNIT);
    const { now } = scene.ctx.clock;
    const again = daemon.quota.settle(reservation, UNIT as UsdMicros, now());
    const released = daemon.quota.release(reservation, now());
    for (const { rows, payment, note } of [again, released]) {
      expect([rows, payment.chargedUsdMicros, note]).toEqual([[], 0, 'closed before']);
    }
    await flushed();
    expect(await scene.balance(alice)).toMatchObject({ usdMicros: 9 * UNIT });
  });

  test('costs nothing when it is released, when its cost is nothing, and when that is not known', async () => {
    const [released, nothing, unknown] = [
      await daemon.reserved(alice),
      await daemon.reserved(alice),
      await daemon.reserved(alice),
    ];
    expect(daemon.release(released as never)).toMatchObject({ note: 'gave back 0.001 USD', rows: [] });
    expect(daemon.settle(nothing as never, 0).rows).toEqual([]);
    expect(daemon.settle(unknown as never, null)).toMatchObject({
      note: 'nothing charged: the cost is not known',
      rows: [],
    });
    expect(daemon.quota.held()).toEqual([]);
    await flushed();
    expect(await transfers('usage')).toEqual([]);
    scene.ctx.clock.advance(60_000);
    await daemon.tick();
    expect(await scene.balance(alice)).toMatchObject({ usdMicros: 10 * UNIT, heldUsdMicros: 0 });
  });

  test('is told of as held until then', async () => {
    const reservation = await daemon.reserved(alice);
    const other = await daemon.reserved(alice);
    const { requestId } = reservation;
    const since = scene.ctx.clock.now();
    const held = { requestId, userId: alice, payer: { kind: 'balance' }, heldUsdMicros: UNIT, since };
    expect(daemon.quota.held()).toMatchObject([held, { requestId: other.requestId }]);
    daemon.settle(reservation, 1);
    expect(daemon.quota.held()).toMatchObject([{ requestId: other.requestId }]);
    daemon.release(other);
    expect(daemon.quota.held()).toEqual([]);
  });
});

describe('a request that costs more than was held', () => {
  const capped = { listUsdMicros: (20 * UNIT) as UsdMicros, minimumUsdMicros: UNIT as UsdMicros };

  test('is charged in full; what takes the balance below its floor is written off, and nothing more', async () => {
    scene.facts.floor = -2 * UNIT;
    const reservation = await daemon.reserved(alice, capped);
    expect(reservation.heldUsdMicros).toBe(10 * UNIT);
    const { payment } = daemon.settle(reservation, 15 * UNIT);
    expect(payment).toMatchObject({ reservedUsdMicros: 10 * UNIT, chargedUsdMicros: 15 * UNIT });
    await flushed();
    expect(await scene.balance(alice)).toMatchObject({ usdMicros: -5 * UNIT });
    await daemon.tick();
    expect(await scene.balance(alice)).toMatchObject({ usdMicros: -2 * UNIT, heldUsdMicros: 0 });
    expect(await transfers('usage')).toMatchObject([{ amount_usd_micros: 15 * UNIT }]);
    expect(await transfers('writeoff')).toMatchObject([
      {
        id: `writeoff:${reservation.requestId}`,
        debit_account: 'writeoffs',
        credit_account: `user:${alice}`,
        amount_usd_micros: 3 * UNIT,
      },
    ]);
    await daemon.refused(alice);
    await scene.adjust(alice, 3 * UNIT);
    expect(await daemon.reserved(alice, capped)).toMatchObject({ heldUsdMicros: UNIT });
  });

  test('takes what is free in the lease first, so that nobody else is given it', async () => {
    await scene.adjust(alice, 90 * UNIT);
    const small = await daemon.reserved(alice);
    const leased = (await scene.balance(alice)).heldUsdMicros;
    expect(leased).toBeGreaterThan(5 * UNIT);
    daemon.settle(small, 5 * UNIT);
    await flushed();
    expect(await scene.balance(alice)).toMatchObject({ usdMicros: 95 * UNIT, heldUsdMicros: leased - 5 * UNIT });
  });

  test('is not written off while the floor is not reached', async () => {
    scene.facts.floor = -100 * UNIT;
    daemon.settle(await daemon.reserved(alice, capped), 12 * UNIT);
    await daemon.tick();
    expect(await scene.balance(alice)).toMatchObject({ usdMicros: -2 * UNIT });
    expect(await transfers('writeoff')).toEqual([]);
  });

  test('is written off only as far as it went over: what was taken otherwise stays owed', async () => {
    const reservation = await daemon.reserved(alice, capped);
    await scene.adjust(alice, -50 * UNIT);
    daemon.settle(reservation, 11 * UNIT);
    await daemon.tick();
    expect(await transfers('writeoff')).toMatchObject([{ amount_usd_micros: UNIT }]);
    expect(await scene.balance(alice)).toMatchObject({ usdMicros: -50 * UNIT });
  });

  test('uses its plan beyond the window, and leaves the balance alone', async () => {
    const id = await plan5h(alice, 2);
    const reservation = await daemon.reserved(alice, capped);
    expect(reservation.heldUsdMicros).toBe(2 * UNIT);
    daemon.settle(reservation, 7 * UNIT);
    await flushed();
    await daemon.tick();
    expect(await scene.windows(id)).toMatchObject([{ usedUsdMicros: 7 * UNIT, heldUsdMicros: 0 }]);
    expect(await scene.balance(alice)).toMatchObject({ usdMicros: 10 * UNIT });
    expect((await daemon.reserved(alice)).payer).toEqual({ kind: 'balance' });
  });
});

describe('a window that ends while a request runs', () => {
  test('takes nothing from the next, and the next counts what is charged in it', async () => {
    const id = await plan5h(alice, 4);
    const early = await daemon.reserved(alice, { listUsdMicros: (3 * UNIT) as UsdMicros });
    scene.ctx.clock.advance(5 * HOUR_MS + 1);
    // The lease has held its part of the new window all along.
    const [over] = await scene.windows(id);
    expect(over).toMatchObject({ usedUsdMicros: 0, startedAt: null });
    expect(over?.heldUsdMicros).toBeGreaterThanOrEqual(3 * UNIT);
    const later = await daemon.reserved(alice, { listUsdMicros: UNIT as UsdMicros });
    expect(later.payer.kind).toBe('subscription');
    expect((await daemon.reserved(alice)).payer.kind).toBe('balance');
    daemon.settle(early, 2 * UNIT);
    daemon.settle(later, UNIT);
    await flushed();
    const [window] = await scene.windows(id);
    expect(window).toMatchObject({ usedUsdMicros: 3 * UNIT, startedAt: scene.ctx.clock.now() });
    expect((window?.usedUsdMicros ?? 0) + (window?.heldUsdMicros ?? 0)).toBeLessThanOrEqual(4 * UNIT);
  });

  test('begins anew with the first use, in full', async () => {
    const id = await plan5h(alice, 2);
    for (let i = 0; i < 2; i++) daemon.settle(await daemon.reserved(alice), UNIT);
    await flushed();
    expect((await daemon.reserved(alice)).payer.kind).toBe('balance');
    scene.ctx.clock.advance(5 * HOUR_MS);
    const again = await daemon.reserved(alice, { listUsdMicros: (2 * UNIT) as UsdMicros });
    expect(again.payer).toMatchObject({ kind: 'subscription', id });
    expect(await scene.windows(id)).toMatchObject([{ usedUsdMicros: 0, startedAt: scene.ctx.clock.now() }]);
    daemon.settle(again, 2 * UNIT);
  });
});
