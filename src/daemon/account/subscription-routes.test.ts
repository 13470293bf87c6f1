import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { setPrice } from '../../core/models/index.ts';
import { archivePlan, editPlan, findPlan } from '../../core/plans/index.ts';
import { type FakeEpay, startFakeEpay } from '../../core/testing/fake-epay.ts';
import {
  type Account,
  BUSINESS,
  callAs,
  openAccount,
  openChannelOf,
  openEpay,
  openPlan,
} from '../testing/account-scene.ts';
import { type BootedDaemon, bootDaemon } from '../testing/boot-daemon.ts';
import { openScene } from '../testing/relay-scene.ts';

let boot: BootedDaemon;
let gateway: FakeEpay;
let alice: Account;

beforeAll(async () => {
  gateway = await startFakeEpay();
  boot = await bootDaemon({ settings: BUSINESS });
  await openEpay(boot, 'cn', gateway);
  await openChannelOf(boot, { name: 'wallet', provider: 'balance' });
  await openPlan(boot, {
    code: 'pro',
    name: 'Pro',
    duration: { count: 1, unit: 'month' },
    windowLimits: { '5h': 2_000_000, '7d': 9_000_000 } as never,
    multiplierPpm: 800_000,
    limits: { rpm: 60 },
    models: ['gpt-*'],
  });
});
beforeEach(async () => {
  alice = await openAccount(boot);
});
afterEach(async () => await boot.resetSettings());
afterAll(async () => {
  await boot.stop();
  await gateway.close();
});

test('plans on sale are shown with their terms, and nothing of one that is not sold any more', async () => {
  const old = await openPlan(boot, { code: 'old' });
  await boot.change((ctx) => archivePlan(ctx, old.id));
  const { status, json } = await alice.get('/subscription');
  expect(status).toBe(200);
  expect(json).toMatchObject({ user: alice.user.name, subscriptions: [], orders: [] });
  expect(json.channels.map(({ name }: { name: string }) => name)).toEqual(['cn', 'wallet']);
  expect(json.plans).toEqual([
    {
      code: 'pro',
      name: 'Pro',
      price: '10.00',
      currency: 'USD',
      duration: { count: 1, unit: 'month' },
      windows: [
        { span: '5h', limit_usd: '2' },
        { span: '7d', limit_usd: '9' },
      ],
      multiplier: '0.8',
      models: ['gpt-*'],
      groups: [],
      rpm: 60,
      tpm: null,
      concurrency: null,
      overage: expect.any(Boolean),
      on_repurchase: expect.any(String),
      renews: false,
    },
  ]);
  const refused = await alice.post('/subscription/purchase', { plan: 'old', channel: 'cn' });
  expect([refused.status, refused.code]).toEqual([409, 'conflict']);
});

test('a plan is bought in the money that the channel takes, and runs when it is paid', async () => {
  const bought = await alice.post('/subscription/purchase', { plan: 'pro', channel: 'cn', method: 'wxpay' });
  expect(bought).toMatchObject({
    status: 201,
    json: { kind: 'subscription', state: 'pending', amount: '72.00', currency: 'CNY', credit_usd: null },
  });
  const { outTradeNo, money } = await gateway.open(bought.json.pay_url);
  expect(money).toBe('72.00');
  expect((await alice.get('/subscription')).json.subscriptions).toEqual([]);
  await gateway.pay(outTradeNo);
  const { json } = await alice.get('/subscription');
  expect(json.orders).toMatchObject([{ order: bought.json.order, state: 'fulfilled' }]);
  expect(json.subscriptions).toMatchObject([
    {
      plan: 'pro',
      name: 'Pro',
      state: 'active',
      renews: false,
      windows: [
        { span: '5h', limit_usd: '2', used_usd: '0', left_usd: '2', resets_at: null },
        { span: '7d', limit_usd: '9', used_usd: '0', left_usd: '9', resets_at: null },
      ],
    },
  ]);
});

test('a plan is bought from the balance at once, exactly once, and not without enough of it', async () => {
  const poor = await alice.post('/subscription/purchase', { plan: 'pro', channel: 'wallet' });
  expect([poor.status, poor.code]).toEqual([409, 'conflict']);
  expect(poor.json.error.message).toContain('balance');
  await alice.give(15_000_000);
  const bought = await alice.post('/subscription/purchase', { plan: 'pro', channel: 'wallet' });
  expect(bought).toMatchObject({ status: 201, json: { state: 'fulfilled', pay_url: null, provider: 'balance' } });
  expect(await alice.balance()).toBe(5_000_000);
  expect((await alice.get('/subscription')).json.subscriptions).toMatchObject([{ state: 'active' }]);
});

test('what is put aside for requests and not used does not stand in the way of a plan', async () => {
  const scene = await openScene(boot);
  // A thousandth of a dollar for a token; 11 of them are used.
  await boot.change((ctx) =>
    setPrice(ctx, scene.modelRow.id, { standard: { input: 1_000_000_000, output: 0 } as never }),
  );
  const buyer = await openAccount(boot, scene.user);
  await buyer.give(10_011_000);
  expect((await scene.chat()).status).toBe(200);
  await boot.house.queue.flush();
  expect((await buyer.get('/topup')).json.balance.held_usd).not.toBe('0');
  const bought = await buyer.post('/subscription/purchase', { plan: 'pro', channel: 'wallet' });
  expect([bought.status, bought.json.state]).toEqual([201, 'fulfilled']);
  expect(await buyer.balance()).toBe(0);
});

test.each<[string, object, number, string]>([
  ['no plan', { channel: 'cn' }, 400, 'plan'],
  ['an unknown plan', { plan: 'nothing', channel: 'cn' }, 404, ''],
  ['no channel where several fit', { plan: 'pro' }, 400, 'channel'],
  ['a channel for other money', { plan: 'pro', channel: 'cn', currency: 'USD' }, 400, 'channel'],
])('%s makes no order', async (_, body, status, param) => {
  const answer = await alice.post('/subscription/purchase', body);
  expect([answer.status, answer.json.error.param ?? '']).toEqual([status, param]);
  expect((await alice.get('/subscription')).json.orders).toEqual([]);
});

test('an order keeps the price at which it was made', async () => {
  const plan = await openPlan(boot, { code: 'moving', priceMinor: 100 });
  const { json } = await alice.post('/subscription/purchase', { plan: 'moving', channel: 'cn' });
  await boot.change((ctx) => editPlan(ctx, plan.id, { priceMinor: 900 }));
  const page = await callAs(boot, 'GET', json.page_url, { headers: { accept: 'application/json' } });
  expect([page.json.amount, (await findPlan(boot.ctx, 'moving')).version.priceMinor]).toEqual(['7.20', 900]);
});
