import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createKey } from '../../core/identity/index.ts';
import { newId } from '../../core/ids.ts';
import { startFakeEpay } from '../../core/testing/fake-epay.ts';
import { DAY_MS, type EpochMs, HOUR_MS } from '../../core/time.ts';
import { BUSINESS, openAccount, openEpay } from '../testing/account-scene.ts';
import { type BootedDaemon, bootDaemon, until } from '../testing/boot-daemon.ts';
import { prune, startTimetable, touchUsedKeys } from './index.ts';

let boot: BootedDaemon;

beforeEach(async () => {
  boot = await bootDaemon();
});
afterEach(async () => await boot.stop());

const ago = (ms: number) => (boot.ctx.clock.now() - ms) as EpochMs;

async function newKey(name: string): Promise<string> {
  const { id } = await boot.owner();
  return (await boot.change((tx) => createKey(tx, { userId: id, name }))).key.id;
}

const lastUsed = async () =>
  (await boot.ctx.db('api_keys').orderBy('name').select('name', 'last_used_at')) as {
    name: string;
    last_used_at: number | null;
  }[];

describe('touching keys', () => {
  test('writes the last use of each, once', async () => {
    const [one] = [await newKey('a'), await newKey('b')];
    const at = ago(5_000);
    boot.house.usedKeys.set(one, at);
    await touchUsedKeys(boot.house);
    expect((await lastUsed()).map(({ last_used_at }) => last_used_at)).toEqual([at, null]);
    expect(boot.house.usedKeys.size).toBe(0);
  });

  test('that fails keeps what is to be written, with uses that came meanwhile', async () => {
    const id = await newKey('a');
    boot.house.usedKeys.set(id, ago(5_000));
    await boot.ctx.db.schema.renameTable('api_keys', 'out_of_reach');
    await expect(touchUsedKeys(boot.house)).rejects.toThrow();
    await boot.ctx.db.schema.renameTable('out_of_reach', 'api_keys');
    const later = ago(1_000);
    const touching = touchUsedKeys(boot.house);
    boot.house.usedKeys.set(id, later);
    await touching;
    expect(boot.house.usedKeys.get(id)).toBe(later);
    await touchUsedKeys(boot.house);
    expect((await lastUsed())[0]?.last_used_at).toBe(later);
  });
});

describe('pruning', () => {
  const idAt = (ms: number) => newId('req', ago(ms), boot.ctx.random);

  async function decide(...agesMs: readonly number[]): Promise<void> {
    await boot.ctx.db('request_decisions').insert(agesMs.map((ms) => ({ id: idAt(ms), document: '{}' })));
  }

  test('keeps decisions for as many days as are set, and all of them for 0', async () => {
    await decide(0, 29 * DAY_MS, 31 * DAY_MS, 400 * DAY_MS);
    await boot.set({ 'usage.decision_retention_days': 0 });
    await prune(boot.house);
    expect(await boot.rows('request_decisions')).toHaveLength(4);
    await boot.set({ 'usage.decision_retention_days': 30 });
    await prune(boot.house);
    expect(await boot.rows('request_decisions')).toHaveLength(2);
  });

  test('takes more rows than one portion has', async () => {
    const row = (i: number) => ({ id: idAt(31 * DAY_MS + i), document: '{}' });
    for (let i = 0; i < 13; i++) {
      await boot.ctx.db('request_decisions').insert(Array.from({ length: 400 }, (_, j) => row(i * 400 + j)));
    }
    await prune(boot.house);
    expect(await boot.rows('request_decisions')).toHaveLength(0);
  });

  test('deletes what ran out and keeps what did not', async () => {
    const { db } = boot.ctx;
    const binding = (name: string, ms: number) => ({ credential_id: 'cred_1', session_key: name, expires_at: ago(ms) });
    const object = (name: string, ms: number) => ({
      object_id: name,
      user_id: 'usr_1',
      credential_id: 'cred_1',
      expires_at: ago(ms),
    });
    await db('session_bindings').insert([binding('old', 1_000), binding('new', -HOUR_MS)]);
    await db('openai_object_refs').insert([object('old', 1_000), object('new', -HOUR_MS)]);
    const rest = {
      scope: 'endpoint',
      subject: 's',
      reason: 'server',
      evidence: '',
      source: 'default',
      rung: 0,
      created_at: 0,
    };
    await db('cooldowns').insert([
      { ...rest, id: 'cool_old', until: ago(8 * DAY_MS) },
      { ...rest, id: 'cool_new', until: ago(6 * DAY_MS) },
    ]);
    await prune(boot.house);
    expect(await db('session_bindings').pluck('session_key')).toEqual(['new']);
    expect(await db('openai_object_refs').pluck('object_id')).toEqual(['new']);
    expect(await db('cooldowns').pluck('id')).toEqual(['cool_new']);
  });
});

describe('orders and their payments', () => {
  test('move on by the clock, while billing is on and while it is off', async () => {
    const gateway = await startFakeEpay();
    const shop = await bootDaemon({ settings: BUSINESS });
    await openEpay(shop, 'cn', gateway);
    const alice = await openAccount(shop);
    const topup = async () => {
      const { json } = await alice.post('/topup/create', { amount: '20.00', currency: 'CNY', channel: 'cn' });
      return { number: json.order as string, ...(await gateway.open(json.pay_url)) };
    };
    const [paid, left] = [await topup(), await topup()];
    // The gateway has the money, and its callback is lost.
    await gateway.pay(paid.outTradeNo, { lost: true });
    const past = shop.ctx.clock.now() - 1_000;
    await shop.ctx.db('topup_orders').update({ expires_at: past });
    await shop.set({ feature_disable_billing: true });
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const stopJobs = startTimetable(shop.house, shop.daemon.account.cashier);
    await vi.advanceTimersByTimeAsync(30_000);
    vi.useRealTimers();
    const states = async () =>
      new Map((await shop.rows('topup_orders')).map(({ number, state }) => [number, state] as const));
    await until('both orders are over', async () => ![...(await states()).values()].includes('pending'));
    await stopJobs();
    expect(await states()).toEqual(
      new Map([
        [paid.number, 'fulfilled'],
        [left.number, 'expired'],
      ]),
    );
    await shop.stop();
    await gateway.close();
  });
});
