import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { setPrice } from '../../core/models/index.ts';
import { createPlan, type NewPlan } from '../../core/plans/index.ts';
import { grantSubscription, readWindows } from '../../core/subscriptions/index.ts';
import { addGroup } from '../../core/upstreams/index.ts';
import { type BootedDaemon, bootDaemon, until } from '../testing/boot-daemon.ts';
import { fault, reply } from '../testing/fake-upstream.ts';
import { COST, DOLLAR, give, openShop, settled, transfersOf } from '../testing/paid-scene.ts';
import { at, errorOf, openScene, type Scene, type SceneOptions } from '../testing/relay-scene.ts';

let boot: BootedDaemon;
beforeAll(async () => {
  boot = await bootDaemon({ settings: { 'self_mode.enable': false } });
});
afterEach(async () => await boot.resetSettings());
afterAll(async () => await boot.stop());

const shop = (options?: SceneOptions) => openShop(boot, options);

/** A key that reaches the scene's upstream through a group of its own. */
async function keyOfGroup(scene: Scene, name: string, multiplierPpm: number, upstream = 0): Promise<string> {
  const members = [{ upstreamId: at(scene.upstreams, upstream).id }];
  await boot.change((ctx) => addGroup(ctx, { name, members, multiplierPpm }));
  return await scene.addKey({ groups: [name] });
}

let plans = 0;
async function subscribe(scene: Scene, terms: Partial<NewPlan> = {}): Promise<string> {
  return await boot.change(async (ctx) => {
    const plan = await createPlan(ctx, { code: `plan-${plans++}`, priceMinor: 100, currency: 'USD', ...terms });
    const now = ctx.clock.now();
    const input = { userId: scene.user.id, planVersionId: plan.version.id, source: `grant:test-${plans}`, at: now };
    return (await grantSubscription(ctx, input)).subscription.id;
  });
}

const WAYS = ['chat', 'chatStream', 'responses', 'responsesStream'] as const;

describe('a request that the balance pays for', () => {
  test.each(WAYS)('is charged once, by %s', async (way) => {
    const scene = await shop();
    await give(scene, DOLLAR);
    expect((await scene[way]()).status).toBe(200);
    const event = await scene.onlyEvent();
    expect(event).toMatchObject({ costUsdMicros: COST, usageSource: 'upstream' });
    expect(event.payment).toMatchObject({ payerKind: 'balance', payerId: scene.user.id, chargedUsdMicros: COST });
    expect(event.payment.reservedUsdMicros).toBeGreaterThanOrEqual(COST);
    expect(await settled(scene)).toEqual({ balance: DOLLAR - COST, held: 0 });
    expect(await transfersOf(scene)).toMatchObject([{ id: `usage:${event.id}`, amount_usd_micros: COST }]);
    expect((await scene.lastDecision()).quota.payer).toBe('balance');
  });

  test('is refused without a balance, and nobody is asked', async () => {
    const scene = await shop();
    const answer = await scene.chat();
    expect([answer.status, errorOf(answer)['code']]).toEqual([402, 'insufficient_balance']);
    expect(scene.asked).toEqual([0]);
    expect((await scene.onlyEvent()).outcome).toBe('refused');
  });

  test('may take the last of it, and a little more; the next one may not', async () => {
    await boot.set({ 'billing.balance_floor_usd_micros': 0 });
    const scene = await shop();
    await give(scene, 300);
    expect((await scene.chat()).status).toBe(200);
    await boot.house.queue.flush();
    expect((await scene.chat()).status).toBe(402);
    expect((await at(await scene.events(2), 0)).payment.chargedUsdMicros).toBe(COST);
    await until('the over-run is written off', async () => {
      await boot.daemon.quota.tick();
      return (await settled(scene)).balance === 0;
    });
  });

  test('costs nothing when it failed, and what was held is free again', async () => {
    const scene = await shop();
    await give(scene, DOLLAR);
    scene.up.when({}, fault.status(500));
    expect((await scene.chat()).status).toBeGreaterThanOrEqual(500);
    expect((await scene.onlyEvent()).payment).toMatchObject({ payerKind: 'balance', chargedUsdMicros: 0 });
    expect(await settled(scene)).toEqual({ balance: DOLLAR, held: 0 });
  });

  test('is refused for a model without a price', async () => {
    const scene = await openScene(boot);
    await give(scene, DOLLAR);
    const answer = await scene.chat();
    expect([answer.status, errorOf(answer)['code']]).toEqual([403, 'model_not_priced']);
  });

  test('costs the price of its own moment, though the price is gone when it ends', async () => {
    const scene = await shop();
    await give(scene, DOLLAR);
    scene.up.when({}, fault.slowHeaders(150));
    const answering = scene.chat();
    await scene.up.arrived(1);
    await boot.change((ctx) => setPrice(ctx, scene.modelRow.id, { standard: { input: 0, output: 0 } as never }));
    expect((await answering).status).toBe(200);
    expect((await scene.onlyEvent()).payment.chargedUsdMicros).toBe(COST);
  });

  test('is charged by the multipliers of its group and of pay-as-you-go together, rounded once', async () => {
    await boot.set({ 'billing.payg_multiplier_ppm': 1_100_000 });
    const scene = await shop();
    await give(scene, DOLLAR);
    const headers = { authorization: `Bearer ${await keyOfGroup(scene, `dear-${scene.tag}`, 1_500_001)}` };
    expect((await scene.chat({}, { headers })).status).toBe(200);
    // 390 × 1.500001 × 1.1 = 643.500429: rounded after the first factor it would be 643.5 and then 644.
    expect(await scene.onlyEvent()).toMatchObject({
      multiplierPpm: 1_500_001,
      costUsdMicros: 644,
      payment: { payerMultiplierPpm: 1_100_000, chargedUsdMicros: 644 },
    });
  });

  test('with an Idempotency-Key is answered again though there is no money left, and nobody else is', async () => {
    const scene = await shop();
    await give(scene, DOLLAR);
    const headers = { 'idempotency-key': 'spent' };
    const first = await scene.chat({}, { headers });
    await settled(scene);
    await give(scene, COST - DOLLAR);
    const again = await scene.chat({}, { headers });
    expect([again.status, again.text, again.headers['idempotent-replayed']]).toEqual([200, first.text, 'true']);
    expect((await scene.chat({ seed: 1 }, { headers })).status).toBe(409);
    // A new one is refused, and may be tried under its key again when there is money.
    const other = { headers: { 'idempotency-key': 'poor' } };
    expect((await scene.chat({}, other)).status).toBe(402);
    expect((await scene.chat({}, other)).status).toBe(402);
    await give(scene, DOLLAR);
    expect((await scene.chat({}, other)).headers['idempotent-replayed']).toBeUndefined();
    expect(scene.asked).toEqual([2]);
    expect(await settled(scene)).toEqual({ balance: DOLLAR - COST, held: 0 });
  });

  test('with an Idempotency-Key is charged once, however often it is repeated', async () => {
    const scene = await shop();
    await give(scene, DOLLAR);
    for (let i = 0; i < 3; i++) {
      const answer = await scene.chat({}, { headers: { 'idempotency-key': 'one' } });
      expect(answer.status).toBe(200);
    }
    expect(scene.asked).toEqual([1]);
    expect(await settled(scene)).toEqual({ balance: DOLLAR - COST, held: 0 });
    expect(await transfersOf(scene)).toHaveLength(1);
  });

  test.each([
    ['cancel', 0],
    ['drain', COST],
  ] as const)('is charged by the policy %s when its client leaves', async (policy, charged) => {
    await boot.set({ 'relay.disconnect_policy': policy });
    const scene = await shop();
    await give(scene, DOLLAR);
    scene.up.when({}, fault.slowChunks(20));
    await scene.responsesStream({}, { onData: (seen, leave) => (seen.includes('output_text.delta') ? leave() : null) });
    expect((await scene.onlyEvent()).payment.chargedUsdMicros).toBe(charged);
    expect(await settled(scene)).toEqual({ balance: DOLLAR - charged, held: 0 });
  });

  test('settles by what it held when billing is switched off under it, and back on', async () => {
    const scene = await shop();
    await give(scene, DOLLAR);
    scene.up.when({}, fault.slowHeaders(200));
    const first = scene.chat();
    await scene.up.arrived(1);
    await boot.set({ feature_disable_billing: true });
    const second = scene.chat();
    await scene.up.arrived(2);
    await boot.set({ feature_disable_billing: false });
    expect([(await first).status, (await second).status]).toEqual([200, 200]);
    const kinds = (await scene.events(2)).map(({ payment }) => [payment.payerKind, payment.chargedUsdMicros]);
    expect(kinds).toEqual([
      ['balance', COST],
      ['free', 0],
    ]);
    expect(await settled(scene)).toEqual({ balance: DOLLAR - COST, held: 0 });
  });
});

describe('many at once', () => {
  test('never spend more than there is', async () => {
    const scene = await shop();
    // Ten tokens of output at the most, and the input: each holds the same.
    const held = (await probe(scene)).reservedUsdMicros ?? 0;
    await give(scene, held * 10);
    // What each costs is what it held, so that none leaves room for another.
    scene.up.when({}, reply({ usage: { input: (held - 400) / 10, output: 10 } }));
    const answers = await Promise.all(Array.from({ length: 100 }, () => scene.chat({ max_tokens: 10 })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 402)).toHaveLength(90);
    expect((await settled(scene)).balance).toBe(0);
  });

  async function probe(scene: Scene) {
    await give(scene, DOLLAR);
    await scene.chat({ max_tokens: 10 });
    const { payment } = await scene.onlyEvent();
    await settled(scene);
    await give(scene, -(await settled(scene)).balance);
    return payment;
  }
});

describe('a request that a plan pays for', () => {
  const WINDOWS = { '5h': 1_000_000, '1d': null, '7d': 2_000_000, '30d': null } as never;

  test.each(WAYS)('counts in each of its windows, by %s', async (way) => {
    const scene = await shop();
    const id = await subscribe(scene, { windowLimits: WINDOWS, multiplierPpm: 500_000 });
    expect((await scene[way]()).status).toBe(200);
    const { payment } = await scene.onlyEvent();
    expect(payment).toMatchObject({ payerKind: 'subscription', payerId: id, chargedUsdMicros: COST / 2 });
    await boot.house.queue.flush();
    const windows = (await readWindows(boot.ctx, [id as never], boot.ctx.clock.now())).get(id as never) ?? [];
    expect(windows.map(({ usedUsdMicros }) => usedUsdMicros)).toEqual(windows.map(() => COST / 2));
    expect((await scene.lastDecision()).quota.payer).toContain(id);
    expect(await transfersOf(scene)).toEqual([]);
  });

  test('is refused with the end of the window when it is used up', async () => {
    const scene = await shop();
    await give(scene, DOLLAR);
    await subscribe(scene, { windowLimits: { ...(WINDOWS as object), '5h': 300 } as never, allowsOverage: false });
    expect((await scene.chat()).status).toBe(200);
    await boot.house.queue.flush();
    const answer = await scene.chat();
    expect([answer.status, errorOf(answer)['code']]).toEqual([402, 'plan_window_exhausted']);
    expect(JSON.stringify(errorOf(answer))).toContain('resets_at');
  });

  test('goes on from the balance where the plan allows it', async () => {
    const scene = await shop();
    await give(scene, DOLLAR);
    await subscribe(scene, { windowLimits: { ...(WINDOWS as object), '5h': 300 } as never, allowsOverage: true });
    for (let i = 0; i < 3; i++) {
      expect((await scene.chat()).status).toBe(200);
      await boot.house.queue.flush();
    }
    const kinds = (await scene.events(3)).map(({ payment }) => payment.payerKind);
    expect(kinds).toEqual(['subscription', 'balance', 'balance']);
  });

  test('is not one for a model that the plan does not open', async () => {
    await boot.set({ 'billing.pay_as_you_go': false });
    const scene = await shop();
    await give(scene, DOLLAR);
    await subscribe(scene, { models: ['another-*'] });
    const answer = await scene.chat();
    expect([answer.status, errorOf(answer)['code']]).toEqual([403, 'not_granted']);
  });

  test('is limited as the plan says', async () => {
    const scene = await shop();
    await subscribe(scene, { limits: { rpm: 2, tpm: null, concurrency: null } });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await scene.chat()).status);
    expect(statuses).toEqual([200, 200, 429]);
  });

  test('runs in the groups that the plan opens, and in no other', async () => {
    const scene = await shop({ upstreams: 2 });
    const groups = [`first-${scene.tag}`, `second-${scene.tag}`];
    for (const [i, name] of groups.entries()) await keyOfGroup(scene, name, 1_000_000 * (i + 1), i);
    const key = await scene.addKey({ groups });
    await subscribe(scene, { groups: groups.slice(1) });
    const answer = await scene.chat({}, { headers: { authorization: `Bearer ${key}` } });
    expect(answer.status).toBe(200);
    expect(scene.asked).toEqual([0, 1]);
    expect((await scene.onlyEvent()).payment).toMatchObject({ payerKind: 'subscription', chargedUsdMicros: 2 * COST });
  });
});

describe('the books are closed before the last byte', () => {
  test.each(['chatStream', 'responsesStream'] as const)('of %s: who has its end finds it charged', async (way) => {
    const scene = await shop();
    await give(scene, DOLLAR);
    // The upstream says everything and then keeps the connection open.
    scene.up.when({}, fault.stall({ events: 1_000 }));
    let charged: string | null = null;
    const isEnd = (seen: string) => seen.includes('[DONE]') || seen.includes('event: response.completed');
    await scene[way](
      {},
      {
        onData: (seen, leave) => {
          if (!isEnd(seen)) return;
          charged = journalOf(scene);
          leave();
        },
      },
    );
    expect(charged).toContain(scene.user.id);
    expect((await scene.onlyEvent()).payment.chargedUsdMicros).toBe(COST);
  });
});

/** What the journal has on disk of a user's charges, or the row that took their place. */
function journalOf({ user, boot: { folder } }: Scene): string {
  const journal = join(folder, 'journal');
  const files = readdirSync(journal).filter((name) => name.endsWith('.segment'));
  return files
    .flatMap((name) => readFileSync(join(journal, name), 'utf8').split('\n'))
    .filter((line) => line.includes(user.id) && line.includes('usage:req_'))
    .join('\n');
}
