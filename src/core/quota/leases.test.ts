import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SubscriptionId, UserId } from '../ids.ts';
import { type LogFields, silentLog } from '../log.ts';
import type { UsdMicros } from '../money.ts';
import { folderId } from './folder-id.ts';
import { listLeases } from './lease-store.ts';
import { type OpenQuota, openQuota } from './open-quota.ts';
import { recoverQuota } from './recover-quota.ts';
import { LEASE_MS, QuotaScene, type SceneDaemon, storm, UNIT } from './testing/quota-scene.ts';

let scene: QuotaScene;
let daemon: SceneDaemon;
let alice: UserId;
let plan: SubscriptionId;
let logged: string[];

const note = (_: LogFields, message: string): void => {
  logged.push(message);
};
const log = { info: note, warn: note, error: note };

beforeEach(async () => {
  logged = [];
  scene = await QuotaScene.open();
  daemon = await scene.daemon(log);
  alice = await scene.user(100 * UNIT);
  plan = await scene.subscribe(await scene.user(), { windowLimits: { '1d': (100 * UNIT) as UsdMicros } });
});
afterEach(async () => {
  await daemon.queue.flush();
  expect(await scene.violations()).toEqual([]);
  await scene.close();
});

const held = async (): Promise<number> => (await scene.balance(alice)).heldUsdMicros;
const all = { listUsdMicros: (100 * UNIT) as UsdMicros };

async function pass(ms: number, step = LEASE_MS / 3): Promise<void> {
  for (let passed = 0; passed < ms; passed += step) {
    scene.ctx.clock.advance(Math.min(step, ms - passed));
    await daemon.tick();
  }
}

describe('a lease that nobody uses', () => {
  test('goes back after two seconds when it is much of what there is', async () => {
    const half = { listUsdMicros: (50 * UNIT) as UsdMicros };
    daemon.settle(await daemon.reserved(alice, half), 10 * UNIT);
    scene.ctx.clock.advance(1_999);
    await daemon.tick();
    expect(await held()).toBeGreaterThan(0);
    scene.ctx.clock.advance(1);
    await daemon.tick();
    expect(await scene.balance(alice)).toMatchObject({ usdMicros: 90 * UNIT, heldUsdMicros: 0 });
    expect(await listLeases(scene.ctx)).toEqual([]);
    // And who holds nothing is nobody that could be taken for dead.
    expect(await scene.database.knex('quota_daemons')).toEqual([]);
    await pass(10 * LEASE_MS);
    daemon.release(await daemon.reserved(alice));
    expect(logged).toEqual([]);
  });

  test('stays half a minute when it is little, so that the next request finds it', async () => {
    daemon.release(await daemon.reserved(alice));
    expect(await held()).toBe(UNIT + (100 * UNIT) / 16);
    await pass(29_999, 1_000);
    expect(daemon.quota.reserve(scene.input(alice))).toMatchObject({ kind: 'reserved' });
    daemon.release(await daemon.reserved(alice));
    const [open] = daemon.quota.held();
    daemon.release(open as never);
    await pass(30_000, 1_000);
    expect(await held()).toBe(0);
  });

  test('goes back at once when its user wants to spend it otherwise', async () => {
    const running = await daemon.reserved(alice);
    await daemon.keeper.giveBackIdle(alice);
    expect(await held()).toBeGreaterThan(0);
    daemon.settle(running, 600);
    const bob = await scene.user(100 * UNIT);
    daemon.release(await daemon.reserved(bob));
    await daemon.keeper.giveBackIdle(alice);
    expect(await scene.balance(alice)).toMatchObject({ usdMicros: 100 * UNIT - 600, heldUsdMicros: 0 });
    expect((await scene.balance(bob)).heldUsdMicros).toBeGreaterThan(0);
  });

  test('does not go back while a request holds of it, and not when one came meanwhile', async () => {
    const running = await daemon.reserved(alice, all);
    await pass(60_000);
    expect(await held()).toBe(100 * UNIT);
    daemon.release(running);
    scene.ctx.clock.advance(2_000);
    const giving = daemon.tick();
    const again = daemon.quota.reserve(scene.input(alice));
    expect(again).toMatchObject({ kind: 'reserved' });
    await giving;
    expect(await held()).toBe(100 * UNIT);
    if (!(again instanceof Promise) && again.kind === 'reserved') daemon.settle(again.reservation, 5);
  });

  test('is tried again when the database was away', async () => {
    daemon.release(await daemon.reserved(alice, all));
    await scene.database.knex.raw('alter table quota_leases rename to elsewhere');
    await pass(4_000, 2_000);
    expect(logged).toContain('could not give back idle leases, will try again');
    await scene.database.knex.raw('alter table elsewhere rename to quota_leases');
    await pass(2_000);
    expect(await held()).toBe(0);
  });
});

describe('a daemon that lives', () => {
  test('keeps its leases, however long a request runs', async () => {
    const other = await scene.daemon(log);
    const running = await daemon.reserved(alice, all);
    for (let minute = 0; minute < 10; minute++) {
      await pass(60_000);
      await other.tick();
    }
    expect(await held()).toBe(100 * UNIT);
    await other.refused(alice);
    daemon.settle(running, 40 * UNIT);
    await daemon.queue.flush();
    expect(await scene.balance(alice)).toMatchObject({ usdMicros: 60 * UNIT, heldUsdMicros: 60 * UNIT });
    expect(logged).toEqual([]);
  });

  test('but was silent for too long loses them, notices, and leases anew; a late settle is charged in full', async () => {
    const other = await scene.daemon();
    const running = await daemon.reserved(alice, { listUsdMicros: (60 * UNIT) as UsdMicros });
    scene.ctx.clock.advance(LEASE_MS * 1.5);
    await other.tick();
    expect(await held()).toBeGreaterThan(0);
    scene.ctx.clock.advance(1 + LEASE_MS / 3);
    await other.tick();
    expect(await held()).toBe(0);
    // Memory must not be handed out any more: somebody else has it by now.
    const others = await other.reserved(alice, { listUsdMicros: (90 * UNIT) as UsdMicros });
    await daemon.refused(alice, { listUsdMicros: (6 * UNIT) as UsdMicros });
    expect(logged).toContain('leases were swept while this process lived; leasing anew');
    const small = await daemon.reserved(alice, { listUsdMicros: UNIT as UsdMicros });
    daemon.settle(running, 50 * UNIT);
    daemon.settle(small, UNIT);
    other.settle(others, 30 * UNIT);
    await daemon.queue.flush();
    await other.queue.flush();
    expect(await scene.balance(alice)).toMatchObject({ usdMicros: 19 * UNIT });
  });

  test('notices at its next sign of life too', async () => {
    const other = await scene.daemon();
    await daemon.reserved(alice, all);
    scene.ctx.clock.advance(LEASE_MS * 2);
    await other.tick();
    await daemon.tick();
    expect(logged).toContain('leases were swept while this process lived; leasing anew');
    daemon.settle(await daemon.reserved(alice, all), UNIT);
  });

  test('hands nothing out once its word is too old, until the database has heard it again', async () => {
    await daemon.reserved(alice);
    scene.ctx.clock.advance(LEASE_MS);
    const answer = daemon.quota.reserve(scene.input(alice));
    expect(answer).toBeInstanceOf(Promise);
    expect(await answer).toMatchObject({ kind: 'reserved' });
    expect(daemon.quota.reserve(scene.input(alice))).toMatchObject({ kind: 'reserved' });
    expect(logged).toEqual([]);
  });

  test('gives everything back when it stops', async () => {
    const other = await scene.daemon();
    await other.reserved(alice);
    await daemon.reserved(alice);
    const [owner] = await scene.database.knex('user_subscriptions').where({ id: plan }).pluck('user_id');
    await daemon.reserved(owner);
    expect(await listLeases(scene.ctx)).toHaveLength(3);
    await daemon.end();
    expect(await listLeases(scene.ctx)).toMatchObject([{ userId: alice, payerKind: 'balance', payerId: alice }]);
    expect(await scene.windows(plan)).toMatchObject([{ heldUsdMicros: 0 }]);
  });
});

test('a database that does not answer refuses for now, and nothing is held', async () => {
  await scene.database.knex.raw('alter table quota_daemons rename to elsewhere');
  const waiting = [daemon.reserve(alice), daemon.reserve(alice)];
  for (const answer of waiting) await expect(answer).rejects.toMatchObject({ code: 'overloaded' });
  await scene.database.knex.raw('alter table elsewhere rename to quota_daemons');
  expect(daemon.quota.held()).toEqual([]);
  await daemon.reserved(alice, all);
});

test('a payment that arrives while others are refused counts for who comes after it', async () => {
  const poor = await scene.user();
  for (let i = 0; i < 20; i++) {
    const before = daemon.reserve(poor);
    await scene.adjust(poor, UNIT);
    const answers = [await before, await daemon.reserve(poor)];
    // Whether the first of them saw the payment is chance; that one of them did is not.
    const reserved = answers.flatMap((answer) => (answer.kind === 'reserved' ? [answer.reservation] : []));
    expect(reserved).toHaveLength(1);
    for (const reservation of reserved) daemon.settle(reservation, UNIT);
    await daemon.queue.flush();
  }
});

describe('a start after a kill', () => {
  const folder = (name: string): string => mkdtempSync(join(tmpdir(), `realms-${name}-`));
  const recover = async (of: SceneDaemon | null): Promise<void> => {
    await recoverQuota(scene.ctx, { folder: of?.folder ?? 'none', isAlone: of === null, floorUsdMicros: 0 });
  };

  test('gives back what the folder’s last process held, and leaves other daemons alone', async () => {
    const other = await scene.daemon();
    await daemon.reserved(alice);
    await other.reserved(alice);
    await recover(daemon);
    expect(await listLeases(scene.ctx)).toHaveLength(1);
    expect(other.quota.reserve(scene.input(alice))).toMatchObject({ kind: 'reserved' });
    await recover(null);
    expect(await listLeases(scene.ctx)).toEqual([]);
  });

  test('writes off what there was no time for, once', async () => {
    const capped = { listUsdMicros: (200 * UNIT) as UsdMicros, minimumUsdMicros: UNIT as UsdMicros };
    daemon.settle(await daemon.reserved(alice, capped), 150 * UNIT);
    await daemon.queue.flush();
    await recover(daemon);
    await recover(daemon);
    expect(await scene.balance(alice)).toMatchObject({ usdMicros: 0, heldUsdMicros: 0 });
    expect(await scene.database.knex('ledger_transfers').where({ kind: 'writeoff' })).toHaveLength(1);
    await daemon.tick();
    expect(await scene.database.knex('ledger_transfers').where({ kind: 'writeoff' })).toHaveLength(1);
  });

  test('knows its folder again by a file in it', () => {
    const place = folder('id');
    const id = folderId(place, scene.ctx.random);
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(folderId(place, scene.ctx.random)).toBe(id);
    writeFileSync(join(place, 'file'), '');
    expect(() => folderId(join(place, 'file'), scene.ctx.random)).toThrow(
      expect.objectContaining({ code: 'config_invalid' }),
    );
    rmSync(place, { recursive: true });
  });
});

test('an opened quota step recovers, ticks by itself, and gives everything back when it is closed', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'realms-open-'));
  const config = () => ({
    'billing.pay_as_you_go': true,
    'billing.payg_multiplier_ppm': 1_000_000,
    'billing.balance_floor_usd_micros': 0,
  });
  const facts = { isFree: () => false, config, subscriptions: () => scene.snapshot };
  const { queue } = daemon;
  const ctx = { ...scene.ctx, log: silentLog };
  const open = async (): Promise<OpenQuota> =>
    await openQuota({ ctx, queue, facts, dataDir, leaseMs: LEASE_MS, isAlone: false });
  const first = await open();
  await first.provider.reserve(scene.input(alice));
  // Killed: nobody closes it. The next one finds what it held.
  const second = await open();
  expect(await held()).toBe(0);
  const answer = await second.provider.reserve(scene.input(alice, all));
  if (answer.kind === 'refused') throw new Error(answer.code);
  const settled = second.provider.settle(answer.reservation, (150 * UNIT) as UsdMicros, scene.ctx.clock.now());
  queue.addAll(settled.rows, { durable: true });
  // Rows of usage events are the relay's; here there is none, and the check would say so.
  await queue.flush();
  const [{ id } = { id: '' }] = await scene.database.knex('ledger_transfers').where({ kind: 'usage' });
  expect(id).toBe(`usage:${answer.reservation.requestId}`);
  expect((await scene.violations()).map((text) => text.split(' ')[1])).toEqual([id]);
  await second.close(true);
  expect(await scene.balance(alice)).toMatchObject({ usdMicros: 0, heldUsdMicros: 0 });
  await first.close(false);
  expect(await listLeases(ctx)).toEqual([]);
  // So that the books of this test end as those of the others do.
  await scene.database.knex('usage_pruned').insert({ id: 'usage_events', through_id: 'req_z' });
  rmSync(dataDir, { recursive: true });
});

test('a storm of requests on two daemons that pass and fail leaves the books whole', async () => {
  const daemons = [daemon, await scene.daemon()];
  for (let round = 0; round < 5; round++) {
    const winners = await storm(daemons, alice, 60, { listUsdMicros: (3 * UNIT) as UsdMicros });
    winners.forEach(({ daemon: own, reservation }, i) => {
      if (i % 3 === 0) own.release(reservation);
      else own.settle(reservation, (i % 5) * 700);
    });
    scene.ctx.clock.advance(700);
    await Promise.all(daemons.map((own) => own.tick()));
  }
  for (const own of daemons) await own.queue.flush();
});
