import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Plan } from '../plans/index.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { DAY_MS, epochMs, HOUR_MS } from '../time.ts';
import {
  cancelSubscription,
  extendTo,
  type LiveSubscription,
  listGrants,
  listSubscriptions,
  restoreGrant,
  revokeGrant,
  standingOf,
} from './index.ts';
import { openShop, type Shop, windowLimits } from './testing/shop.ts';

let shop: Shop;
beforeEach(async () => {
  shop = await openShop();
});
afterEach(async () => {
  await shop.close();
});

const STEPS = 60;
const PATIENCE_MS = 60_000;
/** The checks read everything, so not after each step. */
const STEPS_PER_CHECK = 6;

/** What can happen to what one user has, in any order. */
async function live(seed: number, isQuiet: boolean): Promise<void> {
  const random = seededRandom(seed);
  const dice = (sides: number) => Math.floor(random.fraction() * sides);
  const limits = { windowLimits: windowLimits({ '5h': 500, '7d': 5_000 }) };
  const plans: Plan[] = [];
  for (const onRepurchase of ['extend', 'queue', 'stack'] as const) {
    const duration = isQuiet ? { count: 3, unit: 'day' as const } : { count: 1, unit: 'month' as const };
    plans.push(await shop.sell({ onRepurchase, duration, ...limits }));
  }
  const sources: string[] = [];
  const all = async () => (await listSubscriptions(shop.ctx, {}, { limit: 500 })).items;
  const pick = <T>(items: readonly T[]): T | undefined => items[dice(items.length)];
  for (let step = 0; step < STEPS; step++) {
    shop.ctx.clock.advance(dice(36) * HOUR_MS);
    const subscription = pick(await all());
    switch (dice(isQuiet ? 5 : 8)) {
      case 0:
      case 1:
      case 2: {
        const source = `order:${step}`;
        const { kind } = await shop.grant((pick(plans) as Plan).version, source);
        expect(kind).toBe('granted');
        sources.push(source);
        break;
      }
      case 3:
        await revokeGrant(shop.ctx, pick(sources) ?? 'none');
        break;
      case 4:
        if (!subscription) break;
        await shop.charge({ id: `req_${step}`, subscriptionId: subscription.id, usdMicros: dice(300) });
        break;
      case 5:
        await restoreGrant(shop.ctx, pick(sources) ?? 'none');
        break;
      case 6:
        if (subscription?.state !== 'active' || dice(2) === 0) break;
        await cancelSubscription(shop.ctx, { subscriptionId: subscription.id, reason: 'x' });
        break;
      case 7: {
        if (subscription?.state !== 'active') break;
        const endsAt = epochMs(Math.max(subscription.endsAt, shop.ctx.clock.now()) + DAY_MS);
        await extendTo(shop.ctx, { subscriptionId: subscription.id, endsAt, source: `extend:${step}` });
        break;
      }
    }
    if (step % STEPS_PER_CHECK === 5) expect(await shop.violations(), `seed ${seed}, step ${step}`).toEqual([]);
    if (isQuiet) expectNoOverlap(await all(), plans[1] as Plan);
  }
  await expectSoundGrants(await all());
}

/** What is queued never runs beside what it waits for, and begins when that ends. */
function expectNoOverlap(subscriptions: readonly LiveSubscription[], queued: Plan): void {
  const now = shop.ctx.clock.now();
  const line = subscriptions
    .filter(({ planId, state }) => planId === queued.id && state === 'active')
    .filter(({ endsAt }) => endsAt > now)
    .sort((a, b) => a.startsAt - b.startsAt);
  for (const [at, next] of line.entries()) {
    const before = line[at - 1];
    if (before) expect(next.startsAt).toBe(before.endsAt);
    else expect(standingOf(next, now)).toBe('active');
  }
}

async function expectSoundGrants(subscriptions: readonly LiveSubscription[]): Promise<void> {
  for (const subscription of subscriptions) {
    const grants = await listGrants(shop.ctx, subscription);
    for (const grant of grants) {
      expect(grant.endsAt).toBeGreaterThanOrEqual(grant.startsAt);
      expect(grant.endsAt).toBeLessThanOrEqual(subscription.endsAt);
      expect(grant.takenMs).toBeGreaterThanOrEqual(0);
    }
  }
}

test.each([1, 2, 3, 4])(
  'buying, taking back and using in any order keeps the rules (%i)',
  async (seed) => {
    await live(seed, true);
  },
  PATIENCE_MS,
);

test.each([5, 6, 7, 8])(
  'and so does giving back, canceling and extending (%i)',
  async (seed) => {
    await live(seed, false);
  },
  PATIENCE_MS,
);
