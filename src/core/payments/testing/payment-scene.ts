import { type Config, loadConfig } from '../../config/index.ts';
import type { Database } from '../../database/index.ts';
import { createUser, type User } from '../../identity/index.ts';
import { LEDGER_CHECKS, readBalance, runCheck } from '../../ledger/index.ts';
import { findOrder, ORDER_CHECKS, type Order } from '../../orders/index.ts';
import { createPlan, type Plan, type PlanPatch } from '../../plans/index.ts';
import { Secret } from '../../secret.ts';
import { SUBSCRIPTION_CHECKS } from '../../subscriptions/index.ts';
import { type TestCtx, testCtx, testDatabase } from '../../testing/test-database.ts';
import { testKeyring } from '../../testing/test-keyring.ts';
import { balanceProvider } from '../balance-provider.ts';
import { type Cashier, openCashier } from '../cashier.ts';
import type { PaymentChannel } from '../channel.ts';
import { PAYMENT_CHECKS } from '../check-store.ts';
import { addChannel } from '../manage-channels.ts';
import { manualProvider } from '../manual-provider.ts';
import { createTopupOrder } from '../open-order.ts';
import type { Payment } from '../payment.ts';
import { readPaymentsOf } from '../payment-store.ts';
import type { PaymentFact } from '../provider.ts';
import { startPayment } from '../start-payment.ts';
import { type FakeProvider, fakeProvider } from './fake-provider.ts';

export type PaidFact = Extract<PaymentFact, { kind: 'paid' }>;

/** A database with a user, a channel of a fake provider, and what tests do with them again and again. */
export interface PaymentScene {
  readonly database: Database;
  readonly ctx: TestCtx;
  readonly cashier: Cashier;
  readonly provider: FakeProvider;
  readonly user: User;
  readonly channel: PaymentChannel;
  /** Every line of the log. */
  readonly said: string[];
  config: Config;
  set(overrides: Record<string, string>): Promise<void>;
  /** A top-up of 20.00 CNY unless said otherwise, started. */
  topup(input?: { amount?: string; currency?: string; channel?: string }): Promise<{ order: Order; payment: Payment }>;
  plan(patch?: PlanPatch & { code?: string; priceMinor?: number; currency?: string }): Promise<Plan>;
  begin(order: Order): Promise<Payment>;
  now(order: Order): Promise<Order>;
  payments(order: Order): Promise<Payment[]>;
  balance(): Promise<number>;
  /** Names of the checks that found something. */
  violations(): Promise<string[]>;
  close(): Promise<void>;
}

export const BEGIN = { payerIp: '203.0.113.7', baseUrl: 'https://realms.example', actor: 'test' };

export async function paymentScene(): Promise<PaymentScene> {
  const database = await testDatabase();
  const said: string[] = [];
  const record = (fields: unknown, message: string) => {
    said.push(`${message} ${JSON.stringify(fields)}`);
  };
  const ctx = testCtx(database, { log: { info: record, warn: record, error: record } });
  const provider = fakeProvider(ctx.clock);
  const keyring = await testKeyring();
  const { config } = await loadConfig({ env: {} });
  const scene = { config } as PaymentScene;
  const all = [provider, manualProvider(), balanceProvider()];
  const cashier = openCashier({
    ctx,
    keyring,
    config: () => scene.config,
    providers: new Map(all.map((each) => [each.name, each])),
  });
  const user = await createUser(ctx, { name: 'alice' });
  const channel = await addChannel(cashier, {
    name: 'main',
    provider: 'fake',
    settings: {},
    secrets: { key: new Secret('test_key_1') },
    allowPrivate: false,
  });
  return Object.assign(scene, {
    database,
    ctx,
    cashier,
    provider,
    user,
    channel,
    said,
    async set(overrides: Record<string, string>) {
      scene.config = (await loadConfig({ env: {}, overrides })).config;
    },
    async topup(input: { amount?: string; currency?: string; channel?: string } = {}) {
      const { amount = '20.00', currency = 'CNY', channel: name = 'main' } = input;
      const order = await createTopupOrder(cashier, { userId: user.id, amount, currency, channel: name });
      return { order, payment: await scene.begin(order) };
    },
    plan: async (patch: Parameters<PaymentScene['plan']>[0] = {}) =>
      await createPlan(ctx, { code: 'pro', priceMinor: 1_000, currency: 'USD', ...patch }),
    async begin(order: Order) {
      ctx.clock.advance(1);
      await startPayment(cashier, order, BEGIN);
      const payment = (await readPaymentsOf(ctx, order.id)).at(-1);
      if (!payment) throw new Error('nothing was started');
      return payment;
    },
    now: async (order: Order) => await findOrder(ctx, order.id),
    payments: async (order: Order) => await readPaymentsOf(ctx, order.id),
    balance: async () => (await readBalance(ctx, user.id)).usdMicros,
    async violations() {
      const checks = [...LEDGER_CHECKS, ...SUBSCRIPTION_CHECKS, ...ORDER_CHECKS, ...PAYMENT_CHECKS];
      const results = await Promise.all(checks.map((check) => runCheck(ctx, check)));
      return results.flatMap(({ check, violations }) =>
        violations.map(({ subject, detail }) => `${check.name}: ${subject} ${detail}`),
      );
    },
    close: async () => await database.close(),
  });
}

export function paidFact(payment: Payment, changes: Partial<PaidFact> = {}): PaidFact {
  const { reference, amountMinor, currency, id } = payment;
  return {
    kind: 'paid',
    reference,
    paymentRef: `pi_${id}`,
    amountMinor,
    currency,
    method: 'card',
    subscriptionRef: null,
    ...changes,
  };
}
