import { type Config, loadConfig } from '../../../core/config/index.ts';
import type { Database } from '../../../core/database/index.ts';
import type { UserId } from '../../../core/ids.ts';
import { silentLog } from '../../../core/log.ts';
import type { UsdMicros } from '../../../core/money.ts';
import { balanceProvider } from '../../../core/payments/balance-provider.ts';
import { addChannel, type Cashier, openCashier } from '../../../core/payments/index.ts';
import { manualProvider } from '../../../core/payments/manual-provider.ts';
import { createPlan, type Plan } from '../../../core/plans/index.ts';
import { QuotaScene, type SceneDaemon } from '../../../core/quota/testing/quota-scene.ts';
import { createCodes } from '../../../core/redemption/index.ts';
import { Secret } from '../../../core/secret.ts';
import type { TestCtx } from '../../../core/testing/test-database.ts';
import { testKeyring } from '../../../core/testing/test-keyring.ts';
import { MINUTE_MS } from '../../../core/time.ts';
import { Bank } from './bank.ts';
import { ModelBooks } from './model-books.ts';
import { ModelInbox } from './model-inbox.ts';
import { ModelSpending, type Rules } from './model-spending.ts';
import { CODES, DAEMONS, FLOOR, PLANS, USERS } from './money-cast.ts';

/** Rows wait until somebody waits for them: whoever forgets to is seen. */
const NEVER_MS = 10 * MINUTE_MS;
export const CHANNEL = { provider: 'fake', channel: 'main' };
export const BANK_KEY = 'test_key_1';

export interface WorldCode {
  readonly text: Secret;
  readonly cents: number | undefined;
  readonly plan: number | undefined;
  left: number;
  readonly leftOf: Map<UserId, number>;
}

/** Realms as it is, with two daemons on one database and a bank outside; beside it, what the model says of it. */
export class MoneyWorld {
  readonly scene: QuotaScene;
  readonly bank: Bank;
  readonly books = new ModelBooks();
  readonly inbox = new ModelInbox();
  readonly spending = new ModelSpending(this.books);
  readonly rules: Rules = { payAsYouGo: true, multiplierPpm: 1_000_000, isFree: false };
  readonly users: UserId[] = [];
  readonly daemons: SceneDaemon[] = [];
  readonly plans: Plan[] = [];
  readonly codes: WorldCode[] = [];
  /** When subscriptions were asked for room or charged since the last comparison: only then may a window begin. */
  readonly touched = new Map<string, number[]>();
  /** What has happened, and how often: a test that means to see something can tell whether it did. */
  readonly seen = new Map<string, number>();
  /** Subscriptions that were ended by hand. */
  readonly canceled = new Set<string>();
  cashier!: Cashier;
  /** Of the bank's channel. */
  channelAccount = '';

  private constructor(scene: QuotaScene) {
    this.scene = scene;
    this.bank = new Bank(scene.ctx.clock);
  }

  static async open(): Promise<MoneyWorld> {
    const world = new MoneyWorld(await QuotaScene.open());
    const { scene } = world;
    scene.facts.floor = FLOOR;
    for (let i = 0; i < USERS; i++) world.users.push(await scene.user());
    for (let i = 0; i < DAEMONS; i++) world.daemons.push(await scene.daemon(silentLog, NEVER_MS));
    await world.#openCashier();
    for (const { terms } of PLANS) world.plans.push(await createPlan(scene.ctx, terms));
    for (const code of CODES) world.codes.push(await world.#makeCode(code));
    return world;
  }

  get ctx(): TestCtx {
    return this.scene.ctx;
  }

  get database(): Database {
    return this.scene.database;
  }

  get now(): number {
    return this.ctx.clock.now();
  }

  /** Ids of different moments sort as they were made. */
  moment(ms = 1): void {
    this.ctx.clock.advance(ms);
  }

  user(at: number): UserId {
    return this.users[at] as UserId;
  }

  daemon(at: number): SceneDaemon {
    return this.daemons[at] as SceneDaemon;
  }

  sawThat(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }

  async close(): Promise<void> {
    await this.scene.close();
  }

  async #openCashier(): Promise<void> {
    const { ctx, scene } = this;
    const configOf = async (late: string): Promise<Config> =>
      (await loadConfig({ env: {}, overrides: { 'billing.late_payment': late } })).config;
    const configs = { credit: await configOf('credit'), refund: await configOf('refund') };
    const providers = [this.bank.provider(), balanceProvider(), manualProvider()];
    this.cashier = openCashier({
      ctx,
      keyring: await testKeyring(),
      config: () => configs[this.books.late],
      providers: new Map(providers.map((provider) => [provider.name, provider])),
      changed: async () => await scene.refresh(),
    });
    const settings = { settings: {}, allowPrivate: false };
    const secrets = { key: new Secret(BANK_KEY) };
    const main = await addChannel(this.cashier, { name: 'main', provider: 'fake', secrets, ...settings });
    await addChannel(this.cashier, { name: 'wallet', provider: 'balance', secrets: {}, ...settings });
    this.channelAccount = `channel:${main.id}`;
  }

  async #makeCode({ cents, plan, inAll, perUser }: (typeof CODES)[number]): Promise<WorldCode> {
    const planVersionId = plan === undefined ? undefined : this.plans[plan]?.version.id;
    const reward =
      planVersionId === undefined
        ? ({ kind: 'balance', amountUsdMicros: ((cents ?? 0) * 10_000) as UsdMicros } as const)
        : ({ kind: 'subscription', planVersionId } as const);
    const { codes } = await createCodes(this.ctx, {
      name: 'given away',
      reward,
      codes: 1,
      maxRedemptions: inAll,
      maxPerUser: perUser,
      createdBy: 'test',
    });
    const leftOf = new Map(this.users.map((user) => [user, perUser ?? Number.POSITIVE_INFINITY]));
    const text = codes[0]?.text ?? new Secret('');
    return { text, cents, plan, left: inAll ?? Number.POSITIVE_INFINITY, leftOf };
  }
}

/** The newest first: 0 is the last one. */
export function pick<T>(items: readonly T[], which: number): T | undefined {
  return items.at(-1 - (which % (items.length || 1)));
}
