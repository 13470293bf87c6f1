import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { inTransaction, rawRows } from '../database/index.ts';
import { createUser } from '../identity/index.ts';
import type { RequestId, SubscriptionId } from '../ids.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { type EpochMs, epochMs, HOUR_MS, MINUTE_MS } from '../time.ts';
import {
  beginWindows,
  CHARGE_TABLE,
  chargeRow,
  grantSubscription,
  lockWindows,
  readWindows,
  type SubscriptionWindow,
  windowLeft,
  windowResetsAt,
} from './index.ts';
import { openShop, type Shop, shown, windowLimits } from './testing/shop.ts';

let shop: Shop;
let sub: SubscriptionId;
beforeEach(async () => {
  shop = await openShop();
  shop.goTo('2026-01-01T00:00:00Z');
  const { version } = await shop.sell({
    duration: { count: 90, unit: 'day' },
    windowLimits: windowLimits({ '5h': 1_000, '1d': 3_000, '7d': 10_000, '30d': 20_000 }),
  });
  sub = (await shop.grant(version, 'order:1')).subscription.id;
});
afterEach(async () => {
  expect(await shop.violations()).toEqual([]);
  await shop.close();
});

const charge = (id: string, usdMicros: number, at?: EpochMs) =>
  shop.charge({ id: `req_${id}`, subscriptionId: sub, usdMicros, ...(at !== undefined && { at }) });
const windows = async (id = sub) => (await readWindows(shop.ctx, [id], shop.ctx.clock.now())).get(id) ?? [];
const shortest = async (): Promise<SubscriptionWindow> => (await windows())[0] as SubscriptionWindow;

describe('a window', () => {
  test('is there for each span with a limit, and begins with the first use', async () => {
    expect((await windows()).map(({ span, startedAt }) => [span, startedAt])).toEqual([
      ['5h', null],
      ['1d', null],
      ['7d', null],
      ['30d', null],
    ]);
    shop.goTo('2026-01-01T07:00:00Z');
    await charge('1', 400);
    const window = await shortest();
    expect(shown(window.startedAt)).toBe('2026-01-01T07:00:00.000Z');
    expect(shown(windowResetsAt(window))).toBe('2026-01-01T12:00:00.000Z');
    expect([window.limitUsdMicros, window.usedUsdMicros, windowLeft(window)]).toEqual([1_000, 400, 600]);
    expect(await shop.used(sub)).toEqual({ '5h': 400, '1d': 400, '7d': 400, '30d': 400 });
  });

  test('is none where the version sets no limit', async () => {
    const { version } = await shop.sell({ windowLimits: windowLimits({ '7d': 5 }) });
    const { subscription } = await shop.grant(version, 'order:2');
    expect((await windows(subscription.id)).map(({ span }) => span)).toEqual(['7d']);
    const { version: free } = await shop.sell();
    const open = (await shop.grant(free, 'order:3')).subscription.id;
    expect(await windows(open)).toEqual([]);
    await shop.charge({ id: 'req_free', subscriptionId: open, usdMicros: 5 });
  });

  test('is empty from the very instant of its end, and begins again with the next use, not before', async () => {
    await charge('1', 400);
    shop.ctx.clock.advance(5 * HOUR_MS - 1);
    expect((await shop.used(sub))['5h']).toBe(400);
    shop.ctx.clock.advance(1);
    expect(await shortest()).toMatchObject({ usedUsdMicros: 0, startedAt: null });
    shop.ctx.clock.advance(3 * HOUR_MS);
    await charge('2', 70);
    expect(shown((await shortest()).startedAt)).toBe('2026-01-01T08:00:00.000Z');
    expect(await shop.used(sub)).toEqual({ '5h': 70, '1d': 470, '7d': 470, '30d': 470 });
  });

  test('takes what passes the limit in full', async () => {
    await charge('1', 1_700);
    const window = await shortest();
    expect([window.usedUsdMicros, windowLeft(window)]).toEqual([1_700, 0]);
  });

  test('counts what is posted late where it can, and says so', async () => {
    await charge('1', 100);
    shop.ctx.clock.advance(5 * HOUR_MS);
    await charge('2', 10);
    await charge('3', 1, epochMs(shop.ctx.clock.now() - 1));
    expect(await shop.used(sub)).toEqual({ '5h': 11, '1d': 111, '7d': 111, '30d': 111 });
    const [row] = await rawRows<{ late: number }>(
      shop.ctx.db,
      `select late_usd_micros as late from subscription_windows where span = '5h'`,
    );
    expect(row?.late).toBe(1);
  });
});

describe('a charge', () => {
  test('counts once, however often it is written', async () => {
    const row = (usdMicros: number) => ({ id: 'req_1', subscriptionId: sub, usdMicros });
    await shop.charge(row(400));
    await shop.charge(row(400), row(400));
    await shop.charge(row(999));
    await Promise.all(Array.from({ length: 20 }, () => shop.charge(row(400))));
    expect(await shop.used(sub)).toEqual({ '5h': 400, '1d': 400, '7d': 400, '30d': 400 });
  });

  test('of nothing counts as use, and one of less than nothing is refused', async () => {
    await charge('1', 0);
    expect((await shortest()).startedAt).toBe(shop.ctx.clock.now());
    const at = shop.ctx.clock.now();
    const negative = chargeRow({
      requestId: 'req_2' as RequestId,
      subscriptionId: sub,
      at,
      amountUsdMicros: -1 as never,
    });
    const sound = chargeRow({ requestId: 'req_3' as RequestId, subscriptionId: sub, at, amountUsdMicros: 5 as never });
    const rejected = await shop.database.writeBatch([{ ...CHARGE_TABLE, rows: [negative, sound] }]);
    expect(rejected.map(({ row }) => row[0])).toEqual(['req_2']);
    expect((await shop.used(sub))['5h']).toBe(5);
  });

  test('can be neither changed nor deleted', async () => {
    await charge('1', 400);
    const rows = () => shop.database.knex('subscription_charges');
    await expect(rows().update({ amount_usd_micros: 1 })).rejects.toThrow('append-only');
    await expect(rows().delete()).rejects.toThrow('append-only');
    expect(await shop.used(sub)).toMatchObject({ '5h': 400 });
  });

  test('of many in one batch, over several windows and subscriptions, counts where it belongs', async () => {
    const { id: bob } = await createUser(shop.ctx, { name: 'bob' });
    const { version } = await shop.sell({ windowLimits: windowLimits({ '5h': 5, '30d': 5 }) });
    const at = shop.ctx.clock.now();
    const other = (await grantSubscription(shop.ctx, { userId: bob, planVersionId: version.id, source: 'order:2', at }))
      .subscription.id;
    const rows = Array.from({ length: 600 }, (_, i) => ({
      id: `req_${i}`,
      subscriptionId: i % 3 === 0 ? other : sub,
      usdMicros: 10,
      at: epochMs(at + i * MINUTE_MS),
    }));
    await shop.charge(...rows);
    shop.ctx.clock.advance(599 * MINUTE_MS);
    // Hours 0 to 10: the second window of five hours holds the minutes 300 (other) or 301 (sub) and later.
    expect(await shop.used(sub)).toEqual({ '5h': 2_000, '1d': 4_000, '7d': 4_000, '30d': 4_000 });
    expect(await shop.used(other)).toEqual({ '5h': 1_000, '30d': 2_000 });
    expect(shown((await shortest()).startedAt)).toBe('2026-01-01T05:01:00.000Z');
  });

  test('counts the same in batches as one by one, for weeks', async () => {
    const { version } = await shop.sell({
      onRepurchase: 'stack',
      duration: { count: 90, unit: 'day' },
      windowLimits: windowLimits({ '5h': 1_000, '1d': 3_000, '7d': 10_000, '30d': 20_000 }),
    });
    const twin = (await shop.grant(version, 'order:2')).subscription.id;
    const random = seededRandom(7);
    const start = shop.ctx.clock.now();
    const all = Array.from({ length: 240 }, (_, i) => ({
      at: epochMs(start + Math.floor(random.fraction() * 40 * 24 * HOUR_MS)),
      usdMicros: 1 + (i % 97),
    })).sort((a, b) => a.at - b.at);
    for (const [i, { at, usdMicros }] of all.entries()) {
      await shop.charge({ id: `req_a${i}`, subscriptionId: sub, usdMicros, at });
    }
    for (let from = 0; from < all.length; ) {
      const batch = all.slice(from, from + 1 + Math.floor(random.fraction() * 40));
      const rows = batch.map(({ at, usdMicros }, i) => ({
        id: `req_b${from + i}`,
        subscriptionId: twin,
        usdMicros,
        at,
      }));
      await shop.charge(...rows);
      from += batch.length;
    }
    shop.ctx.clock.advance((all.at(-1)?.at ?? start) - start);
    expect(await shop.used(twin)).toEqual(await shop.used(sub));
    expect((await windows(twin)).map(({ startedAt }) => startedAt)).toEqual(
      (await windows()).map(({ startedAt }) => startedAt),
    );
  });

  test('keeps the books exact in whatever order it comes', async () => {
    const random = seededRandom(11);
    const start = shop.ctx.clock.now();
    for (let batch = 0; batch < 12; batch++) {
      const rows = Array.from({ length: 25 }, (_, i) => ({
        id: `req_${batch}_${i}`,
        subscriptionId: sub,
        usdMicros: 1 + i,
        at: epochMs(start + Math.floor(random.fraction() * 3 * 24 * HOUR_MS)),
      }));
      await shop.charge(...rows);
      expect(await shop.violations()).toEqual([]);
    }
    const [{ used } = { used: 0 }] = await rawRows<{ used: number }>(
      shop.ctx.db,
      `select used_usd_micros as used from subscription_windows where span = '30d'`,
    );
    // Nothing is over within three days, so all of it counts, late or not.
    expect(used).toBe((12 * 25 * 26) / 2);
  });
});

describe('a lease', () => {
  const hold = (usdMicros: number) =>
    shop.database.knex('subscription_windows').where({ subscription_id: sub }).update({ held_usd_micros: usdMicros });

  test('begins windows that are not open; what is held stays held', async () => {
    await charge('1', 400);
    await hold(50);
    shop.ctx.clock.advance(6 * HOUR_MS);
    const now = shop.ctx.clock.now();
    await inTransaction(shop.ctx, async (tx) => {
      const locked = (await lockWindows(tx, [sub], now)).get(sub) ?? [];
      expect(locked.map((window) => [window.span, windowLeft(window)])).toEqual([
        ['5h', 950],
        ['1d', 2_550],
        ['7d', 9_550],
        ['30d', 19_550],
      ]);
      await beginWindows(tx, [sub], now);
    });
    expect(await shortest()).toMatchObject({ startedAt: now, usedUsdMicros: 0, heldUsdMicros: 50 });
    shop.ctx.clock.advance(MINUTE_MS);
    await charge('2', 30);
    expect(await shortest()).toMatchObject({ startedAt: now, usedUsdMicros: 30 });
    expect(await shop.used(sub)).toMatchObject({ '1d': 430 });
    await hold(0);
  });

  test('reads the windows of many subscriptions at once, also of those that have none', async () => {
    const { version } = await shop.sell();
    const { subscription } = await shop.grant(version, 'order:2');
    const read = await inTransaction(shop.ctx, (tx) => lockWindows(tx, [subscription.id, sub], tx.clock.now()));
    expect([...read.keys()]).toEqual(expect.arrayContaining([sub, subscription.id]));
    expect(read.get(subscription.id)).toEqual([]);
    expect(read.get(sub)).toHaveLength(4);
  });

  test('keeps others from what it has locked: of a hundred on room for ten, ten get it', async () => {
    const take = async () =>
      await inTransaction(shop.ctx, async (tx) => {
        const now = tx.clock.now();
        const locked = (await lockWindows(tx, [sub], now)).get(sub) ?? [];
        if (Math.min(...locked.map(windowLeft)) < 100) return false;
        await beginWindows(tx, [sub], now);
        await tx.db('subscription_windows').where({ subscription_id: sub }).increment('held_usd_micros', 100);
        return true;
      });
    const taken = await Promise.all(Array.from({ length: 100 }, take));
    expect(taken.filter(Boolean)).toHaveLength(10);
    await hold(0);
  });
});
