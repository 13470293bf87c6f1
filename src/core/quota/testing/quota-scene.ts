import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, WriteJournal, WriteQueue } from '../../database/index.ts';
import { createUser } from '../../identity/index.ts';
import { type KeyId, newId, type SubscriptionId, type UserId } from '../../ids.ts';
import { adjustBalance, type Balance, LEDGER_CHECKS, readBalance } from '../../ledger/index.ts';
import type { Log } from '../../log.ts';
import { silentLog } from '../../log.ts';
import type { UsdMicros } from '../../money.ts';
import { createPlan, type NewPlan } from '../../plans/index.ts';
import {
  grantSubscription,
  loadSubscriptions,
  readWindows,
  SUBSCRIPTION_CHECKS,
  type SubscriptionSnapshot,
  type SubscriptionWindow,
} from '../../subscriptions/index.ts';
import { type TestCtx, testCtx, testDatabase } from '../../testing/test-database.ts';
import { USAGE_TABLE, usageRow } from '../../usage/index.ts';
import { sampleEvent } from '../../usage/testing/sample-event.ts';
import { LeaseDesk } from '../lease-desk.ts';
import { LeaseKeeper } from '../lease-keeper.ts';
import { LeasedQuota } from '../leased-quota.ts';
import { Overruns } from '../overruns.ts';
import type { Refused, Reservation, ReserveAnswer, ReserveInput, Settled } from '../quota.ts';
import { QUOTA_CHECKS } from '../quota-checks.ts';

export const LEASE_MS = 30_000;
/** What a scene's requests cost unless they say otherwise; the round number makes sums readable. */
export const UNIT = 1_000;

/** What the quota step decides by, to be changed by a test at will. */
export interface SceneFacts {
  isFree: boolean;
  payAsYouGo: boolean;
  multiplierPpm: number;
  floor: number;
}

/** Users, plans and daemons on a database of their own, with a clock that a test turns. */
export class QuotaScene {
  readonly database: Database;
  readonly ctx: TestCtx;
  readonly facts: SceneFacts = { isFree: false, payAsYouGo: true, multiplierPpm: 1_000_000, floor: 0 };
  snapshot: SubscriptionSnapshot = { of: () => [], userIds: [] };
  readonly #daemons: SceneDaemon[] = [];
  #serial = 0;

  private constructor(database: Database) {
    this.database = database;
    this.ctx = testCtx(database);
  }

  static async open(): Promise<QuotaScene> {
    return new QuotaScene(await testDatabase());
  }

  async close(): Promise<void> {
    for (const daemon of this.#daemons) await daemon.end();
    await this.database.close();
  }

  /** Another daemon on the same database; what it queues is written so long after, or when somebody waits for it. */
  async daemon(log: Log = silentLog, flushIntervalMs = 1): Promise<SceneDaemon> {
    const daemon = await SceneDaemon.open(this, log, flushIntervalMs);
    this.#daemons.push(daemon);
    return daemon;
  }

  async user(balanceUsdMicros = 0): Promise<UserId> {
    this.#serial += 1;
    const { id } = await createUser(this.ctx, { name: `user${this.#serial}` });
    if (balanceUsdMicros > 0) await this.adjust(id, balanceUsdMicros);
    return id;
  }

  async adjust(userId: UserId, amountUsdMicros: number): Promise<void> {
    await adjustBalance(this.ctx, {
      userId,
      amountUsdMicros: amountUsdMicros as UsdMicros,
      reason: 'test',
      actor: 'test',
    });
  }

  /** A plan of its own for the user, running from now on. */
  async subscribe(userId: UserId, terms: Partial<NewPlan> = {}): Promise<SubscriptionId> {
    this.#serial += 1;
    const code = terms.code ?? `plan${this.#serial}`;
    const plan = await createPlan(this.ctx, { code, priceMinor: 100, currency: 'USD', ...terms } as NewPlan);
    const { subscription } = await grantSubscription(this.ctx, {
      userId,
      planVersionId: plan.version.id,
      source: `grant:${this.#serial}`,
      at: this.ctx.clock.now(),
    });
    await this.refresh();
    return subscription.id;
  }

  /** What a daemon does when it sees that subscriptions have changed. */
  async refresh(): Promise<void> {
    this.snapshot = await loadSubscriptions(this.ctx, this.ctx.clock.now());
  }

  input(userId: UserId, changes: Partial<ReserveInput> = {}): ReserveInput {
    const now = this.ctx.clock.now();
    return {
      requestId: newId('req', now, this.ctx.random),
      userId,
      keyId: 'key_1' as KeyId,
      model: 'gpt-x',
      asked: 'gpt-x',
      groups: [null],
      listUsdMicros: UNIT as UsdMicros,
      minimumUsdMicros: (changes.listUsdMicros ?? UNIT) as UsdMicros,
      now,
      ...changes,
    };
  }

  async balance(userId: UserId): Promise<Balance> {
    return await readBalance(this.ctx, userId);
  }

  async windows(id: SubscriptionId): Promise<readonly SubscriptionWindow[]> {
    return (await readWindows(this.ctx, [id], this.ctx.clock.now())).get(id) ?? [];
  }

  /** Everything that breaks a rule of the books, as `check: subject`. */
  async violations(): Promise<string[]> {
    const found: string[] = [];
    for (const check of [...LEDGER_CHECKS, ...SUBSCRIPTION_CHECKS, ...QUOTA_CHECKS]) {
      for (const { subject, detail } of await check.find(this.ctx)) found.push(`${check.name}: ${subject} ${detail}`);
    }
    return found;
  }
}

/** The quota step of one process. Its timers do not run: `tick` does what is due. */
export class SceneDaemon {
  readonly scene: QuotaScene;
  readonly queue: WriteQueue;
  readonly desk: LeaseDesk;
  readonly keeper: LeaseKeeper;
  readonly quota: LeasedQuota;
  readonly #folder: string;

  private constructor(scene: QuotaScene, folder: string, queue: WriteQueue, log: Log) {
    const { facts } = scene;
    const ctx = { ...scene.ctx, log };
    const overruns = new Overruns();
    const asked = {
      isFree: () => facts.isFree,
      config: () => ({
        'billing.pay_as_you_go': facts.payAsYouGo,
        'billing.payg_multiplier_ppm': facts.multiplierPpm,
        'billing.balance_floor_usd_micros': facts.floor,
      }),
      subscriptions: () => scene.snapshot,
    };
    this.scene = scene;
    this.#folder = folder;
    this.queue = queue;
    this.desk = new LeaseDesk(ctx, { folder, leaseMs: LEASE_MS });
    this.keeper = new LeaseKeeper({ ctx, desk: this.desk, queue, overruns, facts: asked, leaseMs: LEASE_MS });
    this.quota = new LeasedQuota(this.desk, asked, overruns);
  }

  static async open(scene: QuotaScene, log: Log, flushIntervalMs: number): Promise<SceneDaemon> {
    const folder = mkdtempSync(join(tmpdir(), 'realms-quota-'));
    const journal = await WriteJournal.open(join(folder, 'journal'), scene.database, log);
    const queue = new WriteQueue(scene.database, { flushIntervalMs, maxRows: 100_000 }, log, journal);
    return new SceneDaemon(scene, folder, queue, log);
  }

  get folder(): string {
    return this.#folder;
  }

  async reserve(userId: UserId, changes: Partial<ReserveInput> = {}): Promise<ReserveAnswer> {
    return await this.quota.reserve(this.scene.input(userId, changes));
  }

  /** Fails when it is refused. */
  async reserved(userId: UserId, changes: Partial<ReserveInput> = {}): Promise<Reservation> {
    const answer = await this.reserve(userId, changes);
    if (answer.kind === 'refused') throw new Error(`refused: ${answer.code}: ${answer.message}`);
    return answer.reservation;
  }

  /** Fails when it is not refused. */
  async refused(userId: UserId, changes: Partial<ReserveInput> = {}): Promise<Refused> {
    const answer = await this.reserve(userId, changes);
    if (answer.kind !== 'refused') throw new Error(`${answer.reservation.payer.kind} pays`);
    return answer;
  }

  /** Closes the books of a request as the relay does. */
  settle(reservation: Reservation, costUsdMicros: number | null): Settled {
    const now = this.scene.ctx.clock.now();
    return this.#record(
      reservation,
      this.quota.settle(reservation, costUsdMicros as UsdMicros | null, now),
      costUsdMicros,
    );
  }

  release(reservation: Reservation): Settled {
    return this.#record(reservation, this.quota.release(reservation, this.scene.ctx.clock.now()), null);
  }

  async tick(): Promise<void> {
    await this.keeper.tick();
  }

  /** As a process ends that is not killed; safe to call twice. */
  async end(): Promise<void> {
    await this.queue.close(5_000);
    await this.desk.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #record(reservation: Reservation, settled: Settled, costUsdMicros: number | null): Settled {
    const { requestId, userId } = reservation;
    const { payment, rows } = settled;
    const event = sampleEvent({ id: requestId, userId, payment, costUsdMicros: costUsdMicros as UsdMicros | null });
    this.queue.addAll([{ table: USAGE_TABLE, row: usageRow(event) }, ...rows], { durable: rows.length > 0 });
    return settled;
  }
}

/** The requests of one user that are let through, of so many at the same moment. */
export async function storm(
  daemons: readonly SceneDaemon[],
  userId: UserId,
  requests: number,
  changes: Partial<ReserveInput> = {},
): Promise<readonly { readonly daemon: SceneDaemon; readonly reservation: Reservation }[]> {
  const answers = await Promise.all(
    Array.from({ length: requests }, async (_, i) => {
      const daemon = daemons[i % daemons.length] as SceneDaemon;
      return { daemon, answer: await daemon.reserve(userId, changes) };
    }),
  );
  return answers.flatMap(({ daemon, answer }) =>
    answer.kind === 'reserved' ? [{ daemon, reservation: answer.reservation }] : [],
  );
}
