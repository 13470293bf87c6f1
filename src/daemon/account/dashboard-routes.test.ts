import { afterAll, beforeAll, expect, test } from 'vitest';
import { setPrice } from '../../core/models/index.ts';
import type { UsdMicros } from '../../core/money.ts';
import { createPlan, type NewPlan } from '../../core/plans/index.ts';
import { grantSubscription } from '../../core/subscriptions/index.ts';
import { type BootedDaemon, bootDaemon } from '../testing/boot-daemon.ts';
import { give } from '../testing/paid-scene.ts';
import { openScene, type Scene } from '../testing/relay-scene.ts';

let boot: BootedDaemon;

beforeAll(async () => {
  boot = await bootDaemon({ settings: { 'self_mode.enable': false } });
});
afterAll(async () => await boot.stop());

/** A dollar for a thousand tokens of input: the fake's 11 of them cost 11,000 micro-dollars. */
const RATES = { input: 1_000_000_000, output: 0 } as never;

async function shop(): Promise<Scene> {
  const scene = await openScene(boot);
  await boot.change((ctx) => setPrice(ctx, scene.modelRow.id, { standard: RATES }));
  return scene;
}

async function subscribe(scene: Scene, windowLimits: NewPlan['windowLimits']): Promise<number> {
  return await boot.change(async (ctx) => {
    const plan = await createPlan(ctx, { code: `plan-${scene.tag}`, priceMinor: 100, currency: 'USD', windowLimits });
    const now = ctx.clock.now();
    const input = { userId: scene.user.id, planVersionId: plan.version.id, source: `grant:${scene.tag}`, at: now };
    return (await grantSubscription(ctx, input)).subscription.endsAt;
  });
}

async function shown(scene: Scene, query = '') {
  const [subscription, usage] = await Promise.all(
    ['subscription', `usage${query}`].map(async (path) => {
      const answer = await scene.call(`/v1/dashboard/billing/${path}`);
      expect([path, answer.status]).toEqual([path, 200]);
      return JSON.parse(answer.text);
    }),
  );
  return { subscription, usage };
}

test('what a client subtracts is what is left, before and after use', async () => {
  const scene = await shop();
  await give(scene, 2_000_000);
  const before = await shown(scene);
  expect(before.subscription).toMatchObject({ object: 'billing_subscription', hard_limit_usd: 2, access_until: 0 });
  expect(before.usage).toEqual({ object: 'list', daily_costs: [], total_usage: 0 });
  expect((await scene.chat()).status).toBe(200);
  const after = await shown(scene);
  expect(after.subscription.hard_limit_usd).toBe(2);
  // In hundredths of a dollar.
  expect(after.usage.total_usage).toBe(1.1);
  const today = Date.parse(new Date().toISOString().slice(0, 10)) / 1000;
  expect(after.usage.daily_costs).toEqual([{ timestamp: today, line_items: [{ name: 'usage', cost: 1.1 }] }]);
});

test('the days that are asked for decide about the days alone', async () => {
  const scene = await shop();
  await give(scene, 1_000_000);
  await scene.chat();
  const past = await shown(scene, '?start_date=2020-01-01&end_date=2020-01-31&utm=x');
  expect(past.usage).toEqual({ object: 'list', daily_costs: [], total_usage: 1.1 });
  const wrong = await scene.call('/v1/dashboard/billing/usage?start_date=lately');
  expect([wrong.status, JSON.parse(wrong.text).error.param]).toEqual([400, 'start_date']);
});

test('a plan adds what is left of its tightest window, and its end', async () => {
  const scene = await shop();
  await give(scene, 500_000);
  const endsAt = await subscribe(scene, { '5h': 3_000_000 as UsdMicros, '7d': 8_000_000 as UsdMicros });
  const before = await shown(scene);
  expect(before.subscription).toMatchObject({ hard_limit_usd: 3.5, access_until: Math.floor(endsAt / 1000) });
  await scene.chat();
  const { subscription, usage } = await shown(scene);
  expect(subscription.hard_limit_usd - usage.total_usage / 100).toBeCloseTo(3.489, 9);
});

test('a plan without windows has no limit, in the number that clients know', async () => {
  const scene = await shop();
  await subscribe(scene, {});
  expect((await shown(scene)).subscription.hard_limit_usd).toBe(100_000_000);
});

test('only a key opens it', async () => {
  const scene = await shop();
  for (const path of ['subscription', 'usage']) {
    const headers = { authorization: 'Bearer sk-wrong' };
    expect((await scene.call(`/v1/dashboard/billing/${path}`, { headers })).status).toBe(401);
  }
});
