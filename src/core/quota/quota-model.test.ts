import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SubscriptionId, UserId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import { cancelSubscription } from '../subscriptions/index.ts';
import { HOUR_MS } from '../time.ts';
import type { Reservation } from './quota.ts';
import { LEASE_MS, QuotaScene, type SceneDaemon, UNIT } from './testing/quota-scene.ts';

const USERS = 2;
const DAEMONS = 2;
const WINDOW = 12 * UNIT;
const FLOOR = -3 * UNIT;
const RUNS = 40;

type Step =
  | { readonly kind: 'reserve'; readonly user: number; readonly daemon: number; readonly units: number }
  | { readonly kind: 'storm'; readonly user: number; readonly count: number }
  | { readonly kind: 'settle'; readonly which: number; readonly percent: number }
  | { readonly kind: 'release'; readonly which: number }
  | { readonly kind: 'topUp'; readonly user: number; readonly units: number }
  | { readonly kind: 'take'; readonly user: number; readonly units: number }
  | { readonly kind: 'subscribe'; readonly user: number }
  | { readonly kind: 'cancel'; readonly which: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'silence'; readonly daemon: number }
  | { readonly kind: 'flip' };

const user = fc.nat(USERS - 1);
const daemon = fc.nat(DAEMONS - 1);
const which = fc.nat(50);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('reserve'), user, daemon, units: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('storm'), user, count: fc.integer({ min: 2, max: 20 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('settle'), which, percent: fc.constantFrom(0, 10, 50, 100, 250) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('release'), which }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('topUp'), user, units: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('take'), user, units: fc.integer({ min: 1, max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('subscribe'), user }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel'), which }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('wait'), ms: fc.constantFrom(100, 2_500, 12_000, 5 * HOUR_MS) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('silence'), daemon }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('flip') }) },
) as fc.Arbitrary<Step>;

interface OpenRequest {
  readonly daemon: SceneDaemon;
  readonly reservation: Reservation;
}

/** What the books must say, worked out the simple way: every charge is counted where it was made. */
interface Model {
  readonly balances: Map<UserId, number>;
  readonly used: Map<SubscriptionId, { startedAt: number | null; used: number; charged: number }>;
}

/**
 * Random lives of two users with plans at two daemons on one database. After each step the books break no rule and say
 * what the model says, and what was let through was there.
 */
test('whatever happens in whatever order, the books agree with the simple model', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const life = await Life.begin();
      try {
        for (const next of steps) {
          await life.take(next);
          await life.check(next);
        }
        await life.finish();
      } finally {
        await life.scene.close();
      }
    }),
    { numRuns: RUNS },
  );
});

class Life {
  readonly scene: QuotaScene;
  readonly #users: UserId[] = [];
  readonly #daemons: SceneDaemon[] = [];
  readonly #model: Model = { balances: new Map(), used: new Map() };
  #open: OpenRequest[] = [];

  private constructor(scene: QuotaScene) {
    this.scene = scene;
  }

  static async begin(): Promise<Life> {
    const life = new Life(await QuotaScene.open());
    life.scene.facts.floor = FLOOR;
    for (let i = 0; i < USERS; i++) {
      const id = await life.scene.user();
      life.#users.push(id);
      life.#model.balances.set(id, 0);
    }
    for (let i = 0; i < DAEMONS; i++) life.#daemons.push(await life.scene.daemon());
    return life;
  }

  async take(next: Step): Promise<void> {
    const { scene } = this;
    switch (next.kind) {
      case 'reserve':
        return await this.#reserve([this.#daemon(next.daemon)], this.#user(next.user), 1, next.units);
      case 'storm':
        return await this.#reserve(this.#daemons, this.#user(next.user), next.count, 1);
      case 'settle': {
        const request = this.#pick(next.which);
        const cost = request && Math.floor((Math.max(UNIT, request.reservation.heldUsdMicros) * next.percent) / 100);
        return request ? await this.#settle(request, cost ?? 0) : undefined;
      }
      case 'release':
        this.#pick(next.which, (request) => request.daemon.release(request.reservation));
        return;
      case 'topUp':
      case 'take': {
        const amount = next.units * UNIT * (next.kind === 'topUp' ? 1 : -1);
        await scene.adjust(this.#user(next.user), amount);
        return this.#addToBalance(this.#user(next.user), amount);
      }
      case 'subscribe': {
        const id = await scene.subscribe(this.#user(next.user), {
          windowLimits: { '5h': WINDOW as UsdMicros },
          duration: { count: 1, unit: 'day' },
        });
        this.#model.used.set(id, { startedAt: null, used: 0, charged: 0 });
        return;
      }
      case 'cancel': {
        const subscriptionId = [...this.#model.used.keys()].at(next.which % (this.#model.used.size || 1));
        if (subscriptionId === undefined) return;
        await cancelSubscription(scene.ctx, { subscriptionId, reason: 'test' }).catch(() => {});
        return await scene.refresh();
      }
      case 'wait':
        return await this.#wait(next.ms);
      case 'silence': {
        // It does nothing while the other one buries it.
        for (let i = 0; i < 8; i++) {
          scene.ctx.clock.advance(LEASE_MS / 4);
          for (const own of this.#daemons) if (own !== this.#daemon(next.daemon)) await own.tick();
        }
        return;
      }
      case 'flip':
        scene.facts.isFree = !scene.facts.isFree;
    }
  }

  async check(after: Step): Promise<void> {
    for (const own of this.#daemons) await own.queue.flush();
    expect([after, await this.scene.violations()]).toEqual([after, []]);
    for (const [userId, usdMicros] of this.#model.balances) {
      const balance = await this.scene.balance(userId);
      expect([after, balance.usdMicros]).toEqual([after, usdMicros]);
      expect(balance.heldUsdMicros).toBeGreaterThanOrEqual(0);
    }
    for (const [id, { used }] of this.#model.used) {
      const [window] = await this.scene.windows(id);
      const now = this.scene.ctx.clock.now();
      const isOver = this.#isOver(id, now);
      expect([after, id, window?.usedUsdMicros]).toEqual([after, id, isOver ? 0 : used]);
    }
  }

  /** Every request ends, idle leases go back, and nothing is held of anybody. */
  async finish(): Promise<void> {
    this.scene.facts.isFree = false;
    for (const { daemon: own, reservation } of this.#open.splice(0)) own.release(reservation);
    for (let i = 0; i < 10; i++) await this.#wait(4_000);
    for (const userId of this.#users) expect(await this.scene.balance(userId)).toMatchObject({ heldUsdMicros: 0 });
    for (const own of this.#daemons) expect(own.quota.held()).toEqual([]);
    expect(await this.scene.database.knex('quota_leases')).toEqual([]);
    expect(await this.scene.violations()).toEqual([]);
  }

  async #reserve(daemons: readonly SceneDaemon[], userId: UserId, count: number, units: number): Promise<void> {
    const amount = { listUsdMicros: (units * UNIT) as UsdMicros, minimumUsdMicros: UNIT as UsdMicros };
    const before = await this.#room(userId);
    const answers = await Promise.all(
      Array.from({ length: count }, async (_, i) => {
        const own = daemons[i % daemons.length] as SceneDaemon;
        return { daemon: own, answer: await own.reserve(userId, amount) };
      }),
    );
    let taken = 0;
    for (const { daemon: own, answer } of answers) {
      if (answer.kind === 'refused') continue;
      const { reservation } = answer;
      this.#open.push({ daemon: own, reservation });
      taken += reservation.heldUsdMicros;
      const isPaid = reservation.payer.kind !== 'free';
      expect(isPaid).toBe(!this.scene.facts.isFree);
      if (isPaid) expect(reservation.heldUsdMicros).toBeGreaterThanOrEqual(UNIT);
      expect(reservation.heldUsdMicros).toBeLessThanOrEqual(amount.listUsdMicros);
    }
    // However many daemons hand it out, more than there was is never held.
    expect(taken).toBeLessThanOrEqual(before);
  }

  /** All that a user could spend: what is available, and what daemons have leased and not given to anybody. */
  async #room(userId: UserId): Promise<number> {
    const leased = this.#daemons.flatMap((own) => [...own.desk.accounts].map(({ lease }) => lease));
    const free = leased.reduce((sum, lease) => sum + (lease?.userId === userId ? lease.freeUsdMicros : 0), 0);
    let room = Math.max(0, (await this.scene.balance(userId)).availableUsdMicros) + free;
    for (const { id } of this.scene.snapshot.of(userId)) {
      const [window] = await this.scene.windows(id);
      if (window) room += Math.max(0, WINDOW - window.usedUsdMicros - window.heldUsdMicros);
    }
    return room;
  }

  async #settle(request: OpenRequest, cost: number): Promise<void> {
    const { daemon: own, reservation } = request;
    this.#open = this.#open.filter((other) => other !== request);
    const { payment } = own.settle(reservation, cost);
    expect(payment.chargedUsdMicros).toBe(reservation.payer.kind === 'free' ? 0 : cost);
    if (reservation.payer.kind === 'subscription') this.#addToWindow(reservation.payer.id, cost);
    if (reservation.payer.kind !== 'balance') return;
    const { userId } = reservation;
    this.#addToBalance(userId, -cost);
    // The write-off happens at the daemon's next tick; here at once, so that the model needs no second clock.
    await own.tick();
    const below = FLOOR - (this.#model.balances.get(userId) ?? 0);
    const over = cost - reservation.heldUsdMicros;
    if (below > 0 && over > 0) this.#addToBalance(userId, Math.min(below, over));
  }

  #addToBalance(userId: UserId, amount: number): void {
    this.#model.balances.set(userId, (this.#model.balances.get(userId) ?? 0) + amount);
  }

  #addToWindow(id: SubscriptionId, cost: number): void {
    const window = this.#model.used.get(id);
    if (!window || cost === 0) return;
    const now = this.scene.ctx.clock.now();
    if (this.#isOver(id, now)) Object.assign(window, { startedAt: now, used: 0 });
    window.used += cost;
  }

  /** A window begins with a lease, too; when it does the database says so, and the model follows. */
  #isOver(id: SubscriptionId, now: number): boolean {
    const window = this.#model.used.get(id);
    return window?.startedAt == null || now >= window.startedAt + 5 * HOUR_MS;
  }

  async #wait(ms: number): Promise<void> {
    const stepMs = LEASE_MS / 3;
    for (let passed = 0; passed < ms; passed += stepMs) {
      // Hours are jumped over, with a sign of life before and after: nobody is taken for dead.
      this.scene.ctx.clock.advance(ms > 60_000 ? ms : Math.min(stepMs, ms - passed));
      for (const own of this.#daemons) await own.desk.beat();
      for (const own of this.#daemons) await own.tick();
      if (ms > 60_000) return;
    }
  }

  #pick(at: number, use?: (request: OpenRequest) => void): OpenRequest | undefined {
    const request = this.#open[at % (this.#open.length || 1)];
    if (request && use) {
      this.#open = this.#open.filter((other) => other !== request);
      use(request);
    }
    return request;
  }

  #user(at: number): UserId {
    return this.#users[at] as UserId;
  }

  #daemon(at: number): SceneDaemon {
    return this.#daemons[at] as SceneDaemon;
  }
}
